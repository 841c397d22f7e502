"""What a photo's page shows of its trail: pictures, findings in words and in place, steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packshot.edges.report.cards import Card, card_of
from packshot.edges.report.standing import is_reframed
from packshot.edges.report.wording import sentence
from packshot.ledger.tables import Item, TrailRow


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture: the artefact's digest, and its size in pixels."""

    digest: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A finding's place: ``side`` says in whose pixels, ``before`` or ``after``; x, y, width, height."""

    side: str
    number: int
    label: str
    tone: str
    box: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is shown of one attempt.

    Attributes:
        line: the trail.
        card: it in the words of the report.
        before: the photo as it came; None when it could not be read.
        after: as it leaves; None when there is none, or when nothing was changed.
        aligned: whether both show the same section, so that one can be laid over the other.
        mask: digest of the mask of what was edited in place.
        marks: where findings are.
    """

    line: Mapping[str, Any]
    card: Card
    before: Frame | None
    after: Frame | None
    aligned: bool
    mask: str | None
    marks: Sequence[Mark]


def evidence_of(item: Item, row: TrailRow) -> Evidence:
    """What there is to see of an attempt at an item."""
    line = {**row.body, "path": item.name, "output": None}
    card = card_of(line, Path())
    before = after = None
    if item.photo is not None and line["size_before"]:
        before = Frame(item.photo, *line["size_before"])
    if line["changed"] and row.files:
        main = row.files[0]
        after = Frame(main["digest"], main["width"], main["height"])
    return Evidence(
        line=line,
        card=card,
        before=before,
        after=after,
        aligned=not is_reframed(line),
        mask=row.mask,
        marks=[*_before(card), *_after(line)],
    )


def _before(card: Card) -> list[Mark]:
    marks = []
    for number, flaw in enumerate(card.flaws):
        if flaw.box is not None:
            tone = "cured" if flaw.cured else flaw.severity
            marks.append(Mark("before", number, f"{flaw.code}: {flaw.message}", tone, _corner(flaw.box)))
    return marks


def _after(line: Mapping[str, Any]) -> list[Mark]:
    """Where findings stand on the result; where nothing was changed, that is where they stood before."""
    if not line["changed"]:
        return []
    return [
        Mark("after", number, f"{found['code']}: {sentence(found)}", found["severity"], _corner(found["box"]))
        for number, found in enumerate(line["findings_after"])
        if found["box"] is not None and found["severity"] != "info"
    ]


def _corner(box: Sequence[int]) -> tuple[int, int, int, int]:
    left, top, right, bottom = box
    return left, top, right - left, bottom - top
