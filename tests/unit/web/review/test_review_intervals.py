"""Effects in words and as places on a line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packshot.rollout.metric import METRICS
from packshot.web.review.intervals import Plot, between, conditions, effect, label, level, plots

_BOUND = st.none() | st.floats(-50, 50)


@given(effect=st.floats(-50, 50), lower=_BOUND, upper=_BOUND, reach=st.floats(0.001, 100))
def test_a_plot_stays_on_its_line_and_says_where_it_goes_on(
    effect: float, lower: float | None, upper: float | None, reach: float
) -> None:
    plot = Plot.of({"effect": effect, "lower": lower, "upper": upper}, reach, limit=-reach / 3)
    assert plot is not None
    assert 0 <= plot.low <= 100
    assert 0 <= plot.high <= 100
    assert plot.cut_low == (lower is None or lower < -reach)
    assert plot.cut_high == (upper is None or upper > reach)
    assert (plot.middle is None) == (abs(effect) > reach)
    assert plot.limit == pytest.approx(100 / 3, abs=0.01)
    if plot.middle is not None:
        assert (plot.middle > 50) <= (effect > 0)
        assert (plot.middle < 50) <= (effect < 0)


def test_nothing_measured_is_no_plot() -> None:
    assert Plot.of({"effect": None, "lower": None, "upper": None}, 1.0) is None


@pytest.mark.parametrize(
    ("metric", "value", "words"),
    [
        ("pass_rate", 0.021, "2.1 points better"),
        ("pass_rate", -0.021, "2.1 points worse"),
        ("pass_rate", 0.0, "no difference"),
        ("pass_rate", -0.0, "no difference"),
        ("cpu", -0.2, "20 % worse"),
        ("manual_edits", 4.0, "4 per 1,000 better"),
        ("latency", None, "not measured"),
    ],
)
def test_effects_in_words(metric: str, value: float | None, words: str) -> None:
    assert effect(metric, value) == words


@pytest.mark.parametrize(
    ("metric", "lower", "upper", "words"),
    [
        ("pass_rate", -0.01, 0.02, "\N{MINUS SIGN}1 to +2 points"),
        ("manual_edits", -4.0, 3.0, "\N{MINUS SIGN}4 to +3 per 1,000"),
        ("cpu", None, 0.2, "anything to +20 %"),
        ("cpu", -0.2, None, "\N{MINUS SIGN}20 % to anything"),
        ("cpu", 0.0, 0.2, "0 to +20 %"),
        ("pass_rate", None, None, "too few photos to say"),
    ],
)
def test_bounds_in_words(metric: str, lower: float | None, upper: float | None, words: str) -> None:
    assert between(metric, lower, upper) == words


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_has_words(metric: str) -> None:
    assert label(metric)[0].isupper()
    assert level(metric, None) == "\N{EN DASH}"
    assert level(metric, 0.5)
    assert effect(metric, 0.25).endswith("better")


def test_twice_as_slow_is_as_far_from_the_middle_as_twice_as_fast() -> None:
    one = {"metric": "cpu", "refusal": None}
    slow, fast = plots(
        [
            {**one, "effect": -1.0, "lower": -1.0, "upper": -1.0},
            {**one, "effect": 0.5, "lower": 0.5, "upper": 0.5},
        ]
    )
    assert slow is not None
    assert fast is not None
    assert slow.middle + fast.middle == pytest.approx(100)


def test_a_refused_interval_has_no_line() -> None:
    refused = {"metric": "cpu", "effect": 0.1, "lower": None, "upper": None, "refusal": "too few"}
    assert plots([refused]) == [None]


def test_what_is_judged_comes_before_what_is_only_measured() -> None:
    evidence = {
        "metric": "pass_rate",
        "kind": "guardrail",
        "n": 7,
        "effect": 0.0,
        "lower": None,
        "upper": None,
        "margin": -0.03,
        "outcome": "open",
        "paired": True,
        "sentence": "pass_rate: nothing yet.",
    }
    check = {
        **evidence,
        "metric": "second pass",
        "kind": "check",
        "margin": 0.02,
        "effect": 0.5,
        "paired": False,
    }
    found = conditions(
        {"evidence": [evidence, check], "levels": {"cpu": [1.0, 2.0], "pass_rate": [0.5, 1.0]}}
    )
    assert [(one.metric, one.kind) for one in found] == [
        ("pass_rate", "guardrail"),
        ("second pass", "check"),
        ("cpu", ""),
    ]
    assert [(one.live, one.candidate) for one in found][::2] == [("50 %", "100 %"), ("1.0 s", "2.0 s")]
    assert found[1].effect == "50 % failed"
    assert found[1].limit == "2 % may fail"
    assert found[1].plot is None
