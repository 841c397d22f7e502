"""What is usual, and the detectors that hold photos against it."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from packshot.rollout.changepoint import Detector, badness
from packshot.rollout.metric import METRICS
from packshot.rollout.usual import Baseline, level
from packshot.rollout.watched import SCOPES, WATCHED, Watched, threshold

FAILURES = WATCHED["validation_failures"]
LIMIT = 1e6


def judged(state: Watched, bad: list[float], ceilings: list[float], limit: float = LIMIT) -> tuple:
    times = np.arange(len(bad), dtype=float) + state.sums.n
    return state.judged(np.asarray(bad, float), np.asarray(ceilings, float), limit, times)


def same(one: Detector, other: Detector) -> bool:
    def known(values: tuple) -> list[float]:
        return [-1e300 if value is None else value for value in values]

    return (
        one.n == other.n
        and known(one.evidence) == pytest.approx(known(other.evidence), abs=1e-9)
        and one.run == pytest.approx(other.run, abs=1e-9)
    )


pairs = st.lists(st.tuples(st.floats(0.0, 1.0), st.floats(0.02, 0.9)), min_size=1, max_size=50)


@given(pairs, st.integers(0, 50))
def test_many_values_at_once_are_as_one_after_the_other(values: list[tuple[float, float]], at: int) -> None:
    from dataclasses import replace

    expected = Detector(values[0][1], LIMIT)
    for bad, ceiling in values:
        expected = replace(expected, baseline=ceiling).update(bad)
        if expected.alarm:
            break
    state, rest = Watched(None), values
    for part in (values[:at], values[at:]):
        if part and not state.alarm:
            state, _ = judged(state, *map(list, zip(*part, strict=True)))
            state = Watched.from_dict(json.loads(json.dumps(state.as_dict())))
    assert state.detector is not None
    assert rest
    assert same(state.detector, expected)


def test_an_alarm_stops_at_its_value_and_says_when_it_began() -> None:
    random = np.random.default_rng(3)
    calm = (random.random(1_000) < 0.04).astype(float).tolist()
    state, count = judged(Watched(None), calm, [0.06] * 1_000)
    assert (count, state.alarm) == (1_000, False)
    worse = (random.random(400) < 0.3).astype(float).tolist()
    state, count = judged(state, worse, [0.06] * 400)
    assert state.alarm
    assert count < 100
    assert abs(state.began.at - 1_000) <= 40
    assert state.sums.n == 1_000 + count


def test_it_recovers_when_photos_are_as_before() -> None:
    random = np.random.default_rng(4)
    state, _ = judged(Watched(None), [1.0] * 50, [0.06] * 50)
    state = state.alarmed("alr_1")
    assert not state.alarm  # an alert says so
    state, count = judged(state, (random.random(300) < 0.9).astype(float).tolist(), [0.06] * 300)
    assert (count, state.recovered) == (300, False)
    state, count = judged(state, (random.random(300) < 0.04).astype(float).tolist(), [0.06] * 300)
    assert state.recovered
    assert count < 50
    assert state.anew() == Watched(None)


def test_false_alarms_of_a_baseline_that_was_learnt_are_as_rare_as_stated() -> None:
    random, alarms, photos, stated = np.random.default_rng(5), 0, 0, 400.0
    for _ in range(60):
        state = Watched(Baseline(200)).learnt(FAILURES.metric, (random.random(200) < 0.05).astype(float))
        ceiling = state.baseline.ceiling(FAILURES)
        for _ in range(20):
            values = (random.random(500) < ceiling).astype(float).tolist()  # as bad as is still normal
            state, count = judged(state, values, [ceiling] * 500, stated)
            photos += count
            if state.alarm:
                alarms, state = alarms + 1, state.anew()
    assert 0 < alarms <= photos / stated


@given(st.integers(0, 199))
def test_the_limit_of_counts_is_above_their_mean(bad: int) -> None:
    found = Baseline(200).after(FAILURES.metric, [1.0] * bad + [0.0] * (200 - bad))
    assert bad / 200 < found.limit <= 1.0


def test_what_was_learnt_in_parts_is_what_was_learnt_at_once() -> None:
    values = np.random.default_rng(6).beta(9, 1, 3_000).tolist()
    metric = METRICS["edge_fidelity"]
    once, parts = Baseline(200).after(metric, values), Baseline(200)
    for start in range(0, 3_000, 70):
        parts = parts.after(metric, values[start : start + 70])
    assert parts.limit == pytest.approx(once.limit)
    assert parts.values.n == once.values.n == 3_000


def test_more_photos_sharpen_the_limit_and_worse_ones_do_not_raise_it() -> None:
    random = np.random.default_rng(7)
    few = Baseline(200).after(FAILURES.metric, (random.random(200) < 0.05).astype(float))
    many = few.after(FAILURES.metric, (random.random(6_200) < 0.05).astype(float))
    assert 0.05 < many.limit < few.limit
    poisoned = many.after(FAILURES.metric, [1.0] * 6_400)
    assert poisoned.limit == many.limit


def test_nothing_is_held_against_a_level_that_is_not_known_or_the_worst() -> None:
    assert Baseline(200).after(FAILURES.metric, [0.0] * 199).ceiling(FAILURES) is None
    assert Baseline(200).after(FAILURES.metric, [1.0] * 400).ceiling(FAILURES) is None
    assert level(None, ()) is None


def test_a_ratio_is_held_against_its_own_usual_value() -> None:
    measure, metric = WATCHED["latency"], METRICS["latency"]
    seconds = np.exp(np.random.default_rng(8).normal(math.log(3.0), 0.3, 3_000)).tolist()
    found = Baseline(200).after(metric, seconds)
    assert found.usual == pytest.approx(3.0, rel=0.1)
    allowed = badness(metric, 3.0 * 1.5, 3.0)
    assert found.ceiling(measure) == pytest.approx(allowed, abs=0.06)


def test_only_a_level_that_is_shown_to_be_higher_takes_the_place_of_a_wider_one() -> None:
    def of(rate: float, count: int) -> Baseline:
        bad = round(rate * count)
        return Baseline(200).after(FAILURES.metric, [1.0] * bad + [0.0] * (count - bad))

    shop, worse, alike, better = of(0.05, 6_400), of(0.2, 200), of(0.055, 200), of(0.01, 6_400)
    assert alike.limit > shop.limit  # only for want of photos
    assert level(shop, (alike, better, None)) is shop
    assert level(shop, (alike, worse)) is worse


def test_the_threshold_shares_one_false_alarm_among_all_detectors_of_a_photo() -> None:
    assert threshold(1_000.0) * (1.0 / 1_000.0) == len(WATCHED) * SCOPES


def test_every_tolerance_leaves_room_for_an_alarm() -> None:
    assert all(0.0 < measure.slack < 0.2 for measure in WATCHED.values())
