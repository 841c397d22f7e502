"""Arms against a control."""

import json

import numpy as np
import pytest

from packshot.errors import UnknownNameError
from packshot.rollout.errors import DesignError
from packshot.rollout.experiment import AlwaysValid, GroupSequential, Refusal, analyse
from packshot.rollout.srm import Assigned
from packshot.rollout.summary import Summary

LAST = GroupSequential((0.25, 0.5, 0.75, 1.0), look=4)
FIRST = GroupSequential((0.25, 0.5, 0.75, 1.0), look=1)


def _rate(n: int, share: float) -> Summary:
    return Summary(n, float(round(n * share)), float(round(n * share)))


def _arms(control: float = 0.70, other: float = 0.76, n: int = 4_000) -> dict[str, dict[str, Summary]]:
    random = np.random.default_rng(1)
    seconds = {arm: Summary.of(random.normal(mean, 0.4, n)) for arm, mean in (("a", 1.0), ("b", 0.9))}
    return {
        "a": {"approval": _rate(n, control), "latency": seconds["a"]},
        "b": {"approval": _rate(n, other), "latency": seconds["b"]},
    }


@pytest.mark.parametrize("design", [AlwaysValid(), LAST])
def test_a_real_difference_is_found_with_an_interval_around_it(design) -> None:
    analysis = analyse(_arms(), "a", design)
    approval, latency = analysis.overall
    assert approval.differs
    assert approval.lower < approval.effect < approval.upper
    assert approval.effect == pytest.approx(0.06)
    assert latency.differs
    assert latency.effect == pytest.approx(0.095, abs=0.02)  # a tenth faster
    assert json.loads(json.dumps(analysis.as_dict()))["overall"][0]["differs"] is True


def test_planned_looks_are_closer_than_looks_at_any_time_and_late_looks_closer_than_early() -> None:
    widths = [
        analyse(_arms(), "a", design).overall[0].upper - analyse(_arms(), "a", design).overall[0].lower
        for design in (LAST, AlwaysValid(), FIRST)
    ]
    assert widths[0] < widths[1]
    assert widths[0] < widths[2]


def test_the_risk_is_shared_out_over_arms_and_metrics_and_then_categories() -> None:
    arms = _arms() | {"c": _arms()["b"]}
    analysis = analyse(arms, "a", AlwaysValid(0.05), categories={"knit": arms, "lamps": arms})
    assert analysis.alpha_overall == pytest.approx(0.05 / 4)
    assert analysis.alpha_by_category == pytest.approx(0.05 / 8)
    assert {(part.category, part.arm) for part in analysis.by_category} == {
        (category, arm) for category in ("knit", "lamps") for arm in ("b", "c")
    }
    assert analysis.overall[0].upper < analysis.by_category[0].upper


@pytest.mark.parametrize(
    ("control", "other", "design", "refusal"),
    [
        (Summary(), _rate(10, 0.5), LAST, Refusal.NO_PHOTOS),
        (_rate(1, 1.0), _rate(10, 0.5), LAST, Refusal.TOO_FEW),
        (_rate(100, 0.5), _rate(100, 0.01), LAST, Refusal.TOO_FEW_EVENTS),
    ],
)
def test_what_is_undefined_is_refused_with_its_reason(control, other, design, refusal) -> None:
    analysis = analyse({"a": {"approval": control}, "b": {"approval": other}}, "a", design)
    assert analysis.overall[0].refusal is refusal
    assert analysis.overall[0].lower is None
    assert not analysis.overall[0].differs
    assert json.loads(json.dumps(analysis.as_dict()))["overall"][0]["refusal"] == refusal.value


def test_equal_values_and_few_values_of_a_ratio_are_refused() -> None:
    equal = {arm: {"latency": Summary.of([1.0] * 50)} for arm in "ab"}
    assert analyse(equal, "a", LAST).overall[0].refusal is Refusal.NO_VARIANCE
    few = {arm: {"latency": Summary.of([1.0, 1.1, 1.2])} for arm in "ab"}
    assert analyse(few, "a", AlwaysValid()).overall[0].refusal is Refusal.TOO_FEW


def test_a_metric_that_one_arm_lacks_is_refused_not_dropped() -> None:
    analysis = analyse({"a": {"approval": _rate(10, 0.5)}, "b": {"pass_rate": _rate(10, 0.5)}}, "a", LAST)
    assert [part.refusal for part in analysis.overall] == [Refusal.NO_PHOTOS] * 2


def test_products_that_are_not_spread_as_planned_leave_no_interval() -> None:
    uneven = Assigned({"a": 3_000, "b": 4_000}, {"a": 0.5, "b": 0.5})
    analysis = analyse(_arms(), "a", AlwaysValid(), assigned=uneven)
    assert analysis.ratio.mismatch
    assert {part.refusal for part in analysis.overall} == {Refusal.MISMATCH}
    assert analysis.overall[0].effect is not None


@pytest.mark.parametrize(
    "design", [GroupSequential((0.5, 1.0), 1), GroupSequential((0.5, 1.0), 2), AlwaysValid()]
)
def test_equal_arms_are_rarely_called_different(design) -> None:
    random, wrong = np.random.default_rng(8), 0
    for _ in range(200):
        arms = {arm: {"pass_rate": _rate(500, random.binomial(500, 0.8) / 500)} for arm in "ab"}
        wrong += analyse(arms, "a", design).overall[0].differs
    assert wrong / 200 <= 0.08


def test_a_design_that_cannot_be_is_refused() -> None:
    with pytest.raises(DesignError, match="control 'z'"):
        analyse(_arms(), "z", LAST)
    with pytest.raises(DesignError, match="another arm"):
        analyse({"a": {}}, "a", LAST)
    with pytest.raises(DesignError, match="Look 3"):
        GroupSequential((0.5, 1.0), look=3)
    with pytest.raises(DesignError, match="Looks must increase"):
        analyse(_arms(), "a", GroupSequential((1.0, 0.5), look=1))
    with pytest.raises(DesignError, match="alpha"):
        AlwaysValid(0.0)
    with pytest.raises(UnknownNameError, match="sharpness"):
        analyse({"a": {"sharpness": Summary()}, "b": {}}, "a", LAST)
