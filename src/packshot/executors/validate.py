"""Checks photos without changing or writing anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from packshot.edges.decode import open_photo
from packshot.executors.duplicates import repeated
from packshot.executors.failures import ENDS_THE_BATCH, failure
from packshot.executors.local import Crew, stream
from packshot.executors.sources import Item
from packshot.finding import Finding
from packshot.inspection.duplicates import Fingerprint, fingerprint
from packshot.inspection.view import View
from packshot.pipeline import Pipeline
from packshot.verdict import passes, quality_score


@dataclass(frozen=True, slots=True)
class Checked:
    """One photo as it stands.

    Attributes:
        path: as the user named it.
        passed: no error stands and the score reaches the threshold.
        score: 0 (unusable) to 1 (nothing found); see :func:`packshot.verdict.quality_score`.
        findings: what was seen.
    """

    path: str
    passed: bool
    score: float
    findings: tuple[Finding, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON-compatible form."""
        return {
            "path": self.path,
            "passed": self.passed,
            "score": round(self.score, 4),
            "findings": [finding.as_dict() for finding in self.findings],
        }


def validate(pipeline: Pipeline, items: Sequence[Item], crew: Crew) -> list[Checked]:
    """Check ``items`` one by one and against each other, in their order; fewer when ``crew`` was stopped.

    Raises:
        WeightsError: a model's weights are missing.
    """
    threshold = pipeline.recipe.threshold

    def look(item: Item) -> tuple[Item, tuple[Finding, ...], Fingerprint | None]:
        try:
            photo = open_photo(item.path, name=str(item.path), category=item.identity.category)
            return item, pipeline.inspect(photo), fingerprint(View(photo))
        except ENDS_THE_BATCH:
            raise
        except Exception as error:  # noqa: BLE001 - one broken photo never ends a batch
            return item, (failure(error),), None

    crew.watcher.begin("Checking", len(items))
    seen: dict[str, tuple[Finding, ...]] = {}
    prints: dict[str, Fingerprint] = {}
    for item, findings, found in stream(look, items, crew):
        seen[item.target] = findings
        if found is not None:
            prints[item.target] = found
        crew.watcher.done(str(item.path), "pass" if passes(findings, threshold) else "fail")
    again = repeated(items, prints)
    checked = []
    for item in items:
        if item.target in seen:
            extra = (again[item.target],) if item.target in again else ()
            findings = (*seen[item.target], *extra)
            passed, score = passes(findings, threshold), quality_score(findings)
            checked.append(Checked(str(item.path), passed, score, findings))
    return checked
