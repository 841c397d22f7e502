"""The detector: when it fires, how rarely it does so for nothing, and that it can be put away."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from packshot.rollout.changepoint import BETS, Detector, badness, baseline_limit
from packshot.rollout.errors import DesignError, MeasuredValueError
from packshot.rollout.metric import METRICS


def _fed(detector: Detector, values: list[float]) -> Detector:
    for value in values:
        detector = detector.update(value)
    return detector


@given(st.lists(st.floats(0.0, 1.0), max_size=60), st.integers(0, 60))
def test_a_detector_goes_on_where_it_was_put_away(values: list[float], at: int) -> None:
    start = Detector(0.1, 100.0)
    kept = json.loads(json.dumps(_fed(start, values[:at]).as_dict()))
    assert _fed(Detector.from_dict(kept), values[at:]) == _fed(start, values)


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=40))
def test_the_statistic_is_that_of_shiryaev_and_roberts(values: list[float]) -> None:
    expected = 0.0
    for bet in BETS:
        gains = [1.0 + bet * (value - 0.2) / 0.2 for value in values]
        expected += sum(math.prod(gains[start:]) for start in range(len(gains)))
    assert _fed(Detector(0.2, 100.0), values).statistic == pytest.approx(expected / len(BETS))


def test_a_jump_is_noticed_and_dated() -> None:
    random = np.random.default_rng(2)
    calm = _fed(Detector(0.07, 10_000.0), (random.random(1_000) < 0.05).astype(float).tolist())
    assert not calm.alarm
    after = _fed(calm, (random.random(400) < 0.25).astype(float).tolist())
    assert after.alarm
    assert abs(after.began - 1_000) <= 40
    assert after.reset() == Detector(0.07, 10_000.0)


def test_false_alarms_are_as_far_apart_as_stated() -> None:
    random, lengths = np.random.default_rng(4), []
    for _ in range(150):
        detector = Detector(0.1, 200.0)
        while not detector.alarm:
            detector = detector.update(float(random.random() < 0.1))
        lengths.append(detector.n)
    assert np.mean(lengths) >= 200.0


def test_an_alarm_that_nobody_resets_does_not_overflow() -> None:
    detector = _fed(Detector(0.01, 100.0), [1.0] * 1_000)
    assert detector.alarm
    assert math.isfinite(detector.statistic)


@pytest.mark.parametrize("value", [-0.1, 1.1, math.nan])
def test_a_value_outside_0_to_1_is_refused(value: float) -> None:
    with pytest.raises(MeasuredValueError):
        Detector(0.1, 100.0).update(value)


@pytest.mark.parametrize(("baseline", "threshold"), [(0.0, 100.0), (1.0, 100.0), (0.1, 1.0), (0.1, math.inf)])
def test_a_detector_that_could_not_work_is_refused(baseline: float, threshold: float) -> None:
    with pytest.raises(DesignError):
        Detector(baseline, threshold)


def test_a_detector_of_another_version_is_refused() -> None:
    kept = Detector(0.1, 100.0).as_dict() | {"run": [0.0]}
    with pytest.raises(DesignError, match="begin a new one"):
        Detector.from_dict(kept)


def test_the_limit_is_that_of_clopper_and_pearson() -> None:
    assert baseline_limit(100, 0, 0.95) == pytest.approx(1.0 - 0.05 ** (1 / 100))
    assert baseline_limit(100, 5, 0.95) == pytest.approx(0.1023, abs=1e-3)
    with pytest.raises(DesignError):
        baseline_limit(0, 0, 0.95)
    with pytest.raises(DesignError):
        baseline_limit(10, 10, 0.95)


def test_badness_is_bounded_and_knows_which_way_is_bad() -> None:
    assert badness(METRICS["pass_rate"], 1.0) == 0.0
    assert badness(METRICS["artifact_rate"], 1.0) == 1.0
    latency = METRICS["latency"]
    assert badness(latency, 2.0, usual=2.0) == 0.5
    assert badness(latency, 8.0, usual=2.0) == badness(latency, 900.0, usual=2.0) == 1.0
    assert badness(latency, 0.5, usual=2.0) == 0.0
    with pytest.raises(DesignError, match="latency"):
        badness(latency, 2.0)


def test_a_ratio_that_grows_by_half_is_noticed() -> None:
    random, latency = np.random.default_rng(6), METRICS["latency"]

    def worse(factor: float, n: int) -> list[float]:
        return [badness(latency, factor * v, usual=1.0) for v in random.lognormal(0.0, 0.4, n)]

    normal = worse(1.0, 1_000)
    calm = _fed(Detector(baseline_limit(1_000, sum(normal), 0.95), 10_000.0), worse(1.0, 1_000))
    assert not calm.alarm
    assert _fed(calm, worse(1.5, 300)).alarm
