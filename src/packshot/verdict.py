"""From findings to a score, and from a score to a decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from packshot.finding import Finding, Severity

HOPELESS = frozenset({"undecodable", "unsupported_format", "too_large", "exact_duplicate", "low_information"})
"""Codes that no treatment and no reviewer can repair: the merchant must send another photo."""

_WEIGHT = {Severity.INFO: 0.0, Severity.WARNING: 0.1, Severity.ERROR: 0.5}


class Verdict(StrEnum):
    """What happens to a photo."""

    PUBLISH = "publish"
    REVIEW = "review"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict with the messages of the findings that led to it."""

    verdict: Verdict
    reasons: tuple[str, ...] = ()


def quality_score(findings: Sequence[Finding]) -> float:
    """Score of a photo, 0 (unusable) to 1 (nothing found).

    ``product over findings of 1 - w * (1 + s) / 2``, where ``s`` is the finding's own score and ``w`` is 0
    for info, 0.1 for warning and 0.5 for error. So an error costs between a quarter and a half, a warning
    between 5 and 10 per cent, and no photo with an error reaches the default threshold of 0.8.
    """
    score = 1.0
    for finding in findings:
        score *= 1.0 - _WEIGHT[finding.severity] * (1.0 + finding.score) / 2.0
    return score


def passes(findings: Sequence[Finding], threshold: float) -> bool:
    """Whether a photo passes: no error stands, and its score reaches ``threshold`` (0..1)."""
    no_error = all(finding.severity is not Severity.ERROR for finding in findings)
    return no_error and quality_score(findings) >= threshold


def decide(findings: Sequence[Finding], threshold: float) -> Decision:
    """Publish what passes, reject what only a new photo can cure, and send the rest to a person."""
    if passes(findings, threshold):
        return Decision(Verdict.PUBLISH)
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if not errors:
        warnings = [finding for finding in findings if finding.severity is Severity.WARNING]
        summary = f"score {quality_score(findings):.2f} is below the threshold of {threshold:g}"
        return Decision(Verdict.REVIEW, (summary, *(finding.message for finding in warnings)))
    hopeless = any(finding.code in HOPELESS for finding in errors)
    verdict = Verdict.REJECT if hopeless else Verdict.REVIEW
    return Decision(verdict, tuple(finding.message for finding in errors))
