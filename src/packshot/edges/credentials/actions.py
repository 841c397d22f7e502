"""What was done to a photo in the words of C2PA 2.x (Technical Specification, section on actions)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from packshot.stage import Geometry
from packshot.stages import STAGES
from packshot.trail import Outcome, Step

OPENED = "c2pa.opened"
EDITED = "c2pa.edited"
TRANSCODED = "c2pa.transcoded"

# Erasing is 'edited': 'removed' speaks of a whole ingredient that was placed before.
_OF_GEOMETRY = {
    Geometry.IN_PLACE: EDITED,
    Geometry.ENLARGES: "c2pa.resized",
    Geometry.REFRAMES: "c2pa.cropped",
}


@dataclass(frozen=True, slots=True)
class Action:
    """One action: its C2PA name and a sentence for a person."""

    name: str
    description: str = ""

    def as_dict(self) -> dict[str, Any]:
        """As an actions assertion holds it."""
        return {"action": self.name} | ({"description": self.description} if self.description else {})


def actions_of(steps: Iterable[Step], *, opened_as: str, written_as: str) -> list[Action]:
    """The actions of a trail's steps, in order, without the opening, which :func:`sign` adds.

    A change of format, both in packshot's names (``jpeg``, ``png``, ...), comes last as a transcoding.
    """
    done = (Outcome.APPLIED, Outcome.PARTLY_UNDONE)
    applied = [step for step in steps if step.outcome in done and step.stage in STAGES]
    actions = [
        Action(_OF_GEOMETRY[STAGES[step.stage].geometry], f"packshot {step.stage}") for step in applied
    ]
    if opened_as != written_as:
        actions.append(Action(TRANSCODED, f"{opened_as} to {written_as}"))
    return actions
