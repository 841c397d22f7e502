"""Scores and decisions."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from packshot.finding import Finding, Severity
from packshot.verdict import Verdict, decide, passes, quality_score

SCORES = st.floats(0, 1)
FINDINGS = st.lists(
    st.builds(lambda s, score: Finding("x", s, score, "x"), st.sampled_from(Severity), SCORES), max_size=6
)


def test_nothing_found_is_perfect() -> None:
    assert quality_score([]) == 1.0
    assert decide([], 0.8).verdict is Verdict.PUBLISH


@given(FINDINGS, SCORES)
def test_an_error_never_passes_and_the_score_stays_in_range(findings: list[Finding], strength: float) -> None:
    error = Finding("blurry", Severity.ERROR, strength, "blurred")
    assert not passes([*findings, error], 0.0)
    assert quality_score([*findings, error]) <= 0.75
    assert 0.0 <= quality_score(findings) <= 1.0


@given(FINDINGS, SCORES)
def test_another_finding_never_raises_the_score(findings: list[Finding], strength: float) -> None:
    warning = Finding("dark", Severity.WARNING, strength, "dark")
    assert quality_score([*findings, warning]) <= quality_score(findings)


def test_warnings_alone_can_fail_the_threshold_and_then_say_so() -> None:
    warnings = [Finding(code, Severity.WARNING, 1.0, f"{code}!") for code in ("dark", "noisy", "blurry")]
    decision = decide(warnings, 0.8)
    assert decision.verdict is Verdict.REVIEW
    assert decision.reasons[0].startswith("score 0.73 is below")
    assert "noisy!" in decision.reasons


def test_what_only_a_new_photo_can_cure_is_rejected() -> None:
    broken = Finding("undecodable", Severity.ERROR, 1.0, "a.jpg: truncated")
    assert decide([broken], 0.8).verdict is Verdict.REJECT
    assert decide([broken], 0.8).reasons == ("a.jpg: truncated",)
