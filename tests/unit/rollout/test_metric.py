"""Values, signs and units of metrics."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packshot.errors import UnknownNameError
from packshot.rollout.errors import MeasuredValueError
from packshot.rollout.metric import METRICS, Better, Scale, metric_named

names = st.sampled_from(sorted(METRICS))


@given(names, st.floats(-3.0, 3.0))
def test_what_is_shown_has_the_same_sign_and_an_inverse(name: str, effect: float) -> None:
    metric = METRICS[name]
    shown = metric.shown(effect)
    assert math.copysign(1.0, shown) == math.copysign(1.0, effect) or effect == 0.0
    assert metric.inside(shown) == pytest.approx(effect, abs=1e-9)


def test_a_candidate_that_takes_twice_as_long_is_100_percent_worse() -> None:
    latency = METRICS["latency"]
    raw = latency.transformed(4.0) - latency.transformed(2.0)
    assert latency.shown(latency.effect(raw)) == pytest.approx(-1.0)
    assert latency.inside(-0.2) == pytest.approx(-math.log(1.2))
    assert latency.inside(0.2) == pytest.approx(-math.log(0.8))


def test_manual_edits_are_shown_per_1000_and_kept_as_a_share() -> None:
    edits = METRICS["manual_edits"]
    assert edits.inside(-5.0) == -0.005
    assert edits.words(edits.shown(-0.005)) == "5 per 1,000"


def test_words_speak_points_and_per_cent() -> None:
    assert METRICS["pass_rate"].words(-0.031) == "3.1 points"
    assert METRICS["cpu"].words(-0.2) == "20 %"


@pytest.mark.parametrize("name", ["latency", "cpu", "memory", "time_to_publish"])
def test_a_ratio_does_not_tell_apart_what_is_below_its_floor(name: str) -> None:
    metric = METRICS[name]
    assert metric.transformed(0.0) == metric.transformed(metric.floor) == math.log(metric.floor)
    assert metric.transformed(metric.floor * 2) > metric.transformed(metric.floor)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("pass_rate", 0.5),
        ("pass_rate", math.nan),
        ("edge_fidelity", 1.01),
        ("edge_fidelity", -0.01),
        ("edge_fidelity", math.nan),
        ("latency", -1.0),
        ("latency", math.inf),
        ("latency", math.nan),
    ],
)
def test_a_value_that_cannot_be_is_refused(name: str, value: float) -> None:
    with pytest.raises(MeasuredValueError, match=name):
        METRICS[name].transformed(value)


def test_an_effect_that_cannot_be_reached_is_infinite() -> None:
    assert METRICS["latency"].inside(1.0) == math.inf
    assert math.isfinite(METRICS["latency"].shown(-1e6))


def test_an_unknown_metric_lists_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match=r"sharpness.*pass_rate.*approval"):
        metric_named("sharpness")


def test_which_way_is_better() -> None:
    higher = {name for name, metric in METRICS.items() if metric.better is Better.HIGHER}
    assert higher == {"pass_rate", "edge_fidelity", "automation", "approval"}
    assert all(metric.spread > 0.0 for metric in METRICS.values() if not metric.binary)
    assert all(metric.floor > 0.0 for metric in METRICS.values() if metric.scale is Scale.RATIO)


def test_words_have_no_powers_of_ten_and_one_point_is_one() -> None:
    assert METRICS["cpu"].words(-27.7) == "2,770 %"
    assert METRICS["pass_rate"].words(0.01) == "1 point"
    assert METRICS["pass_rate"].words(0.0123) == "1.23 points"
