"""One treatment asked for by name: the recipe that does just that, and what its result says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from packshot.finding import Severity
from packshot.inspection import INSPECTORS
from packshot.recipe import Recipe
from packshot.stages import STAGES
from packshot.stages.upscale import STEERED_BY
from packshot.verdict import Verdict


class Door:
    """A direct door to one stage. Only what the stage answers or is steered by is inspected.

    Args:
        stage: the stage's name.
        options: its options.
        channels: whose demands it is to meet; the recipe's default without any.

    Raises:
        RecipeError, UnknownNameError: an option or a channel is wrong.
    """

    def __init__(self, stage: str, options: Mapping[str, Any], channels: Sequence[str] = ()) -> None:
        looked_for = STEERED_BY if stage == "upscale" else STAGES[stage].treats
        looked_for |= {"damaged_metadata"}  # what every encoding would lose without a word
        inspectors = [name for name, kind in INSPECTORS.items() if kind.codes & looked_for]
        said = {"inspect": inspectors, "stages": [{stage: dict(options)}], "threshold": 0.0}
        self.recipe = Recipe.from_dict(said | ({"channels": tuple(channels)} if channels else {}))
        self._beside = frozenset[str]().union(*(INSPECTORS[name].codes for name in inspectors))
        self._beside -= STAGES[stage].treats

    def verdict(self, trail: Mapping[str, Any]) -> Verdict:
        """No judgement of the whole photo: whether what the stage answers is gone, and nothing left undone.

        Args:
            trail: as :meth:`packshot.trail.Trail.as_dict` gives it.
        """
        findings = trail["findings_after"]
        standing = any(f["severity"] == Severity.ERROR and f["code"] not in self._beside for f in findings)
        noted = [f["severity"] for step in trail["steps"] for f in step["findings"]]
        left_undone = any(severity != Severity.INFO for severity in noted)
        wanting = Verdict.REJECT if trail["verdict"] == Verdict.REJECT else Verdict.REVIEW
        return wanting if standing or left_undone else Verdict.PUBLISH
