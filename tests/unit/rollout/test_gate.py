"""Verdicts."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packshot.errors import UnknownNameError
from packshot.rollout.errors import DesignError
from packshot.rollout.gate import Check, Goal, Guardrail, Judgement, Outcome, Verdict, judge
from packshot.rollout.srm import Assigned
from packshot.rollout.summary import Observed, Paired, Split, Summary

PASSING = Guardrail("pass_rate", 0.02)
ARTEFACTS = Guardrail("artifact_rate", 0.03)


def _signs(worse: int, better: int, n: int) -> Paired:
    """Pairs of a metric that is better when higher."""
    return Paired(Summary(n, float(better - worse), float(better + worse)))


def _judged(observed: dict[str, Observed], *conditions: Guardrail | Goal, **options) -> Judgement:
    guards = [condition for condition in conditions if isinstance(condition, Guardrail)]
    goals = [condition for condition in conditions if isinstance(condition, Goal)]
    return judge(guards, goals, observed, **({"least": 50} | options))


def test_a_recipe_that_always_makes_artefacts_is_rolled_back_within_15_pairs() -> None:
    judgement = _judged({"artifact_rate": Paired(Summary(15, 14.0, 14.0))}, ARTEFACTS, *[PASSING] * 4)
    assert judgement.verdict is Verdict.ROLL_BACK
    assert "artifact_rate: 93.3 points worse on 15 photos" in judgement.reasons[0]
    assert "3 points worse allowed" in judgement.reasons[0]


def test_a_recipe_that_always_fails_is_rolled_back_though_nothing_else_could_be_measured() -> None:
    observed: dict[str, Observed] = {"failure_rate": Paired(Summary(14, 14.0, 14.0))}
    judgement = _judged(observed, PASSING, Guardrail("failure_rate", 0.01), least=10)
    assert judgement.verdict is Verdict.ROLL_BACK


def test_equal_recipes_advance_once_there_are_enough_photos() -> None:
    assert _judged({"pass_rate": _signs(2, 2, 100)}, PASSING).verdict is Verdict.HOLD
    judgement = _judged({"pass_rate": _signs(30, 30, 3_000)}, PASSING)
    assert judgement.verdict is Verdict.ADVANCE
    assert judgement.evidence[0].outcome is Outcome.PASS
    assert judgement.evidence[0].paired


def test_least_photos_are_awaited_whatever_the_bounds_say() -> None:
    judgement = _judged({"pass_rate": _signs(30, 30, 3_000)}, PASSING, least=5_000)
    assert judgement.verdict is Verdict.HOLD
    assert judgement.reasons == ("3,000 of at least 5,000 photos seen.",)


def test_a_goal_must_be_reached_as_well() -> None:
    observed: dict[str, Observed] = {"pass_rate": _signs(30, 30, 3_000)}
    judgement = _judged(observed, PASSING, Goal("pass_rate", 0.01))
    assert judgement.verdict is Verdict.HOLD
    assert "1 point better wanted" in judgement.reasons[0]
    better: dict[str, Observed] = {"pass_rate": _signs(30, 180, 3_000)}
    assert _judged(better, PASSING, Goal("pass_rate", 0.01)).verdict is Verdict.ADVANCE


def test_missing_a_goal_rolls_nothing_back() -> None:
    judgement = _judged({"pass_rate": _signs(300, 30, 3_000)}, Goal("pass_rate", 0.01))
    assert judgement.verdict is Verdict.HOLD


def test_an_open_question_at_the_limit_is_inconclusive() -> None:
    judgement = _judged({"pass_rate": _signs(3, 3, 100)}, PASSING, exhausted=True)
    assert judgement.verdict is Verdict.INCONCLUSIVE


def test_a_metric_that_is_never_measured_is_an_error_not_a_pass() -> None:
    observed: dict[str, Observed] = {"pass_rate": _signs(30, 30, 3_000), "artifact_rate": Paired(Summary())}
    judgement = _judged(observed, PASSING, ARTEFACTS, Guardrail("latency", 0.2))
    assert judgement.verdict is Verdict.ERROR
    assert judgement.reasons == ("Not measured in 3,000 photos: artifact_rate, latency.",)
    assert _judged({"pass_rate": _signs(1, 1, 40)}, PASSING, ARTEFACTS).verdict is Verdict.HOLD
    assert _judged({}, PASSING).verdict is Verdict.HOLD


def test_products_that_are_not_spread_as_planned_hold_but_never_shield_a_breach() -> None:
    uneven = Assigned({"live": 700, "canary": 300}, {"live": 0.9, "canary": 0.1})
    judgement = _judged({"pass_rate": _signs(30, 30, 3_000)}, PASSING, assigned=uneven, exhausted=True)
    assert judgement.verdict is Verdict.HOLD
    assert "canary 30.0% (planned 10.0%)" in judgement.reasons[0]
    broken: dict[str, Observed] = {"pass_rate": _signs(90, 0, 100)}
    assert _judged(broken, PASSING, assigned=uneven).verdict is Verdict.ROLL_BACK


@pytest.mark.parametrize(
    ("check", "outcome"),
    [
        (Check("a second pass changes nothing", 1_000, 0), Outcome.PASS),
        (Check("a second pass changes nothing", 1_000, 1), Outcome.BREACH),
        (Check("flips commute", 1_000, 20, allowed=0.05), Outcome.PASS),
        (Check("flips commute", 1_000, 60, allowed=0.05), Outcome.OPEN),
        (Check("flips commute", 1_000, 200, allowed=0.05), Outcome.BREACH),
        (Check("flips commute", 0, 0, allowed=0.05), Outcome.OPEN),
        (Check("flips commute", 4, 2, allowed=0.05), Outcome.OPEN),
    ],
)
def test_checks_need_no_label(check: Check, outcome: Outcome) -> None:
    judgement = _judged({"pass_rate": _signs(30, 30, 3_000)}, PASSING, checks=(check,))
    assert judgement.evidence[-1].outcome is outcome
    assert judgement.verdict is (Verdict.ROLL_BACK if outcome is Outcome.BREACH else Verdict.ADVANCE)


def test_twice_as_slow_is_a_breach_in_pairs_and_in_a_split() -> None:
    slow = Paired(Summary.of([0.6, 0.7, 0.8] * 8))
    judgement = _judged({"latency": slow}, Guardrail("latency", 0.2))
    assert judgement.verdict is Verdict.ROLL_BACK
    assert judgement.evidence[0].margin == -0.2
    assert judgement.evidence[0].effect == pytest.approx(-1.0137, abs=1e-3)
    lanes = Split(Summary.of([0.5, 1.0, 1.5] * 100), Summary.of([1.2, 1.7, 2.2] * 20))
    judgement = _judged({"latency": lanes}, Guardrail("latency", 0.2))
    assert judgement.verdict is Verdict.ROLL_BACK
    assert not judgement.evidence[0].paired


def test_the_risk_of_a_rollback_is_shared_out_over_guardrails_and_checks() -> None:
    observed: dict[str, Observed] = {"pass_rate": _signs(9, 0, 9)}
    flips = tuple(Check(f"check {number}", 9, 0) for number in range(30))
    assert _judged(observed, PASSING).verdict is Verdict.ROLL_BACK
    assert _judged(observed, PASSING, checks=flips).verdict is Verdict.HOLD
    assert _judged(observed, PASSING, *[ARTEFACTS] * 30).verdict is Verdict.HOLD


def test_manual_edits_are_judged_per_1000() -> None:
    edits = Paired(Summary(1_000, 60.0, 60.0))
    evidence = _judged({"manual_edits": edits}, Guardrail("manual_edits", 5.0)).evidence[0]
    assert evidence.outcome is Outcome.BREACH
    assert evidence.effect == pytest.approx(-60.0)
    assert "5 per 1,000 worse allowed" in evidence.sentence


def test_an_empty_bound_is_none_and_said_so() -> None:
    evidence = _judged({"latency": Paired(Summary.of([0.1, 0.2]))}, Guardrail("latency", 0.2)).evidence[0]
    assert evidence.lower is None
    assert evidence.upper is None
    assert "too few to say how sure" in evidence.sentence


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 3_000), st.integers(1, 400), st.booleans())
def test_every_judgement_is_json_and_says_why(
    worse: int, better: int, same: int, least: int, end: bool
) -> None:
    observed: dict[str, Observed] = {"pass_rate": _signs(worse, better, worse + better + same)}
    judgement = _judged(observed, PASSING, Goal("pass_rate", 0.0), least=least, exhausted=end)
    assert json.loads(json.dumps(judgement.as_dict()))["verdict"] == judgement.verdict.value
    assert judgement.reasons
    for evidence in judgement.evidence:
        if evidence.effect is not None:
            assert evidence.lower is not None
            assert evidence.upper is not None
            assert evidence.lower <= evidence.effect <= evidence.upper


@given(st.integers(0, 60), st.integers(1, 60), st.integers(0, 1_000))
def test_more_losses_never_make_a_verdict_kinder(worse: int, more: int, same: int) -> None:
    def verdict(losses: int) -> Verdict:
        return _judged({"pass_rate": _signs(losses, 0, 60 + 60 + same)}, PASSING).verdict

    order = [Verdict.ROLL_BACK, Verdict.HOLD, Verdict.ADVANCE]
    assert order.index(verdict(worse + more)) <= order.index(verdict(worse))


@pytest.mark.parametrize("margin", [0.0, -0.1, float("nan"), float("inf")])
def test_a_margin_that_guards_nothing_is_refused(margin: float) -> None:
    with pytest.raises(DesignError, match="margin of pass_rate"):
        Guardrail("pass_rate", margin)


def test_an_aim_that_cannot_be_is_refused() -> None:
    with pytest.raises(DesignError, match="aim for latency"):
        Goal("latency", 1.0)
    with pytest.raises(UnknownNameError, match="sharpness"):
        Goal("sharpness", 0.1)
    with pytest.raises(DesignError, match="2 failures of 1"):
        Check("flips commute", 1, 2)
