"""All that happened to one photo in one lane. Nothing is dropped quietly: each photo ends in a trail."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from packshot.finding import Finding, Mask
from packshot.photo import Photo
from packshot.verdict import Decision, Verdict


class Outcome(StrEnum):
    """What became of one stage."""

    SKIPPED = "skipped"
    UNCHANGED = "unchanged"
    APPLIED = "applied"
    PARTLY_UNDONE = "partly_undone"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class Step:
    """One stage on one photo.

    Attributes:
        stage: name of the stage, or ``inspect``.
        outcome: what became of it.
        seconds, cpu_seconds: wall time, and processor time of the worker's thread; of a reused step, what
            it took when it was worked out.
        backends: ``name@version`` of each model the stage holds.
        changed_pixels: how many pixels differ afterwards; None when the pixel grid changed.
        untouched_digest: SHA-256 of the pixels outside the mask, equal before and after by construction.
        findings: what the stage and its no-harm checks noted.
        reused: whether another recipe's run had done it before, and nothing was worked out anew.
    """

    stage: str
    outcome: Outcome
    seconds: float
    cpu_seconds: float
    backends: tuple[str, ...] = ()
    changed_pixels: int | None = 0
    untouched_digest: str | None = None
    findings: tuple[Finding, ...] = ()
    reused: bool = False

    def as_dict(self) -> dict[str, Any]:
        """JSON-compatible form; ``reused`` is in it only where it is true."""
        return {
            "stage": self.stage,
            "outcome": self.outcome.value,
            "seconds": round(self.seconds, 4),
            "cpu_seconds": round(self.cpu_seconds, 4),
            "backends": list(self.backends),
            "changed_pixels": self.changed_pixels,
            "untouched_digest": self.untouched_digest,
            "findings": [finding.as_dict() for finding in self.findings],
            **({"reused": True} if self.reused else {}),
        }


@dataclass(frozen=True, slots=True)
class Trail:
    """The whole story of one photo.

    Attributes:
        name: the photo's name: usually its path.
        digest: SHA-256 of the input bytes; empty when they could not be read.
        recipe_digest: version of the recipe that was used.
        decision: verdict and reasons.
        findings_before, findings_after: what stood on the photo as it came, and as it leaves.
        score_before, score_after: :func:`packshot.verdict.quality_score` of the two.
        steps: every inspection and stage, in order.
        photo: the result; None when the input could not be read.
        mask: pixels of the input that were edited in place, (H, W) of the input; None when there are none.
        category: the category that chose the recipe's profile.
        attested_by: who stated the right to alter the photo.
    """

    name: str
    digest: str
    recipe_digest: str
    decision: Decision
    findings_before: tuple[Finding, ...] = ()
    findings_after: tuple[Finding, ...] = ()
    score_before: float = 0.0
    score_after: float = 0.0
    steps: tuple[Step, ...] = ()
    photo: Photo | None = field(default=None, repr=False)
    mask: Mask | None = field(default=None, repr=False)
    category: str | None = None
    attested_by: str | None = None

    @property
    def verdict(self) -> Verdict:
        """Publish, review or reject."""
        return self.decision.verdict

    @property
    def changed(self) -> bool:
        """Whether any stage changed a pixel."""
        return any(step.outcome in (Outcome.APPLIED, Outcome.PARTLY_UNDONE) for step in self.steps)

    @property
    def seconds(self) -> float:
        """Wall time of all steps."""
        return sum(step.seconds for step in self.steps)

    @property
    def cpu_seconds(self) -> float:
        """Processor time of all steps."""
        return sum(step.cpu_seconds for step in self.steps)

    def as_dict(self) -> dict[str, Any]:
        """JSON-compatible form, one line of ``trail.jsonl``."""
        return {
            "name": self.name,
            "digest": self.digest,
            "recipe_digest": self.recipe_digest,
            "category": self.category,
            "attested_by": self.attested_by,
            "verdict": self.verdict.value,
            "reasons": list(self.decision.reasons),
            "score_before": round(self.score_before, 4),
            "score_after": round(self.score_after, 4),
            "findings_before": [finding.as_dict() for finding in self.findings_before],
            "findings_after": [finding.as_dict() for finding in self.findings_after],
            "steps": [step.as_dict() for step in self.steps],
        }
