"""Which of the findings on a photo as it came still stand on it as it leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from packshot.finding import Box, Severity
from packshot.stage import Geometry
from packshot.stages import STAGES
from packshot.trail import Outcome

Line = Mapping[str, Any]
"""A parsed line of ``trail.jsonl``."""

Facts = Mapping[str, Any]
"""A finding in such a line."""

_LEFT = frozenset(
    {
        "maybe_printed",
        "not_rebuildable",
        "strokes_unclear",
        "needs_rights",
        "residue",
        "agency_mark",
        "credit_line",
        "outside_hint",
    }
)
"""Codes by which a treatment notes that it left something as it was."""

_SOMEWHERE = 0.5  # likeness of two findings that cannot be compared by place
_ORDER = [severity.value for severity in Severity]


def is_reframed(line: Line) -> bool:
    """Whether the photo was cropped or extended: its pixels have other coordinates than they came with."""
    reframing = {name for name, stage in STAGES.items() if stage.geometry is Geometry.REFRAMES}
    done = (Outcome.APPLIED, Outcome.PARTLY_UNDONE)
    return any(step["stage"] in reframing and step["outcome"] in done for step in line["steps"])


def repetitions(line: Line) -> list[list[int]]:
    """For each finding afterwards, the positions of the findings before that it repeats.

    It repeats those that are most like it: of the same code, for the same channel, at the same place, and of
    no higher severity, because a photo that fails advice where it failed a demand is cured of the latter.
    """
    before = line["findings_before"]
    same_grid = line["size_before"] == line["size_after"] and not is_reframed(line)
    repeated = []
    for finding in line["findings_after"]:
        likenesses = [_likeness(earlier, finding, same_grid=same_grid) for earlier in before]
        best = max(likenesses, default=0.0)
        alike = [place for place, likeness in enumerate(likenesses) if likeness == best > 0]
        repeated.append([place for place in alike if _rank(finding) >= _rank(before[place])])
    return repeated


def standing(line: Line) -> list[bool]:
    """For each finding before, whether it still stands: it is repeated, or a treatment says it left it."""
    again = {place for places in repetitions(line) for place in places}
    return [
        place in again or _was_left(finding, line["steps"])
        for place, finding in enumerate(line["findings_before"])
    ]


def overlap(one: Facts, other: Facts) -> float:
    """Intersection over union of two findings' boxes; 0 where one has none."""
    if one["box"] is None or other["box"] is None:
        return 0.0
    box, second = Box(*one["box"]), Box(*other["box"])
    shared = box.intersection_area(second)
    return shared / (box.area + second.area - shared) if shared else 0.0


def _likeness(before: Facts, after: Facts, *, same_grid: bool) -> float:
    """How surely two findings are the same, 0..1."""
    channels = before["evidence"].get("channel"), after["evidence"].get("channel")
    if before["code"] != after["code"] or channels[0] != channels[1]:
        return 0.0
    if same_grid and before["box"] and after["box"]:
        return overlap(before, after)
    # Overlaid text is recognised by what it says: its contrast changes with what stands beside it.
    told = [finding["evidence"].get("text") or finding["evidence"] for finding in (before, after)]
    return 1.0 if told[0] == told[1] else _SOMEWHERE


def _was_left(finding: Facts, steps: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a stage that answers such findings noted that it left this one, or one that overlaps it."""
    kind = finding["evidence"].get("kind")
    return any(
        note["code"] in _LEFT and overlap(note, finding) > 0 and note["evidence"].get("kind", kind) == kind
        for step in steps
        if step["stage"] in STAGES and finding["code"] in STAGES[step["stage"]].treats
        for note in step["findings"]
    )


def _rank(finding: Facts) -> int:
    return _ORDER.index(finding["severity"])
