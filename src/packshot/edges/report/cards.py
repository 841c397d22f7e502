"""What the report says about one photo, taken from its line of ``trail.jsonl``."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import quote

Line = Mapping[str, Any]
"""A parsed line of ``trail.jsonl``."""


class State(StrEnum):
    """What became of a photo; in this order they are shown, those that need somebody first."""

    REVIEW = "review"
    REJECTED = "rejected"
    REPAIRED = "repaired"
    PASSED = "passed"


@dataclass(frozen=True, slots=True)
class Flaw:
    """A finding on the photo as it came, and whether it is gone from the photo as it leaves."""

    code: str
    severity: str
    message: str
    box: Sequence[int] | None
    cured: bool


@dataclass(frozen=True, slots=True)
class Card:
    """One photo in the report.

    Attributes:
        line: its line of the trail.
        state: what became of it.
        flaws: what was found on the photo as it came.
        notes: what treatments and the second inspection added.
        original, output: addresses of the files, relative to the page; ``output`` is None when there is none.
        aligned: whether before and after show the same section, so that one can be laid over the other.
    """

    line: Line
    state: State
    flaws: tuple[Flaw, ...]
    notes: tuple[Mapping[str, Any], ...]
    original: str
    output: str | None
    aligned: bool

    @property
    def name(self) -> str:
        """The file's name without its folders."""
        return Path(self.line["path"]).name

    @property
    def reasons(self) -> list[str]:
        """Reasons of the verdict that are not among the findings already."""
        said = {*(flaw.message for flaw in self.flaws), *(note["message"] for note in self.notes)}
        return [reason for reason in self.line["reasons"] if reason not in said]

    @property
    def codes(self) -> list[str]:
        """Codes that the page can be filtered by."""
        after = [note["code"] for note in self.notes if note["severity"] != "info"]
        return sorted({*(flaw.code for flaw in self.flaws if flaw.severity != "info"), *after})

    def pictures(self, previews: Path) -> dict[str, str | None]:
        """``before``, ``after`` and ``mask`` as data addresses, None where there is none."""
        kinds = {".jpg": "image/jpeg", ".png": "image/png"}
        found: dict[str, str | None] = dict.fromkeys(("before", "after", "mask"))
        for kind, name in self.line["previews"].items():
            path = previews / name
            if path.is_file():
                data = base64.b64encode(path.read_bytes()).decode()
                found[kind] = f"data:{kinds[path.suffix]};base64,{data}"
        return found


def card_of(line: Line, out: Path) -> Card:
    """The card of a line of the trail of the output folder ``out``."""
    before, after = line["findings_before"], line["findings_after"]
    standing = {finding["code"] for finding in after if finding["severity"] != "info"}
    known = {finding["code"] for finding in before}
    flaws = tuple(
        Flaw(f["code"], f["severity"], f["message"], f["box"], cured=f["code"] not in standing)
        for f in before
        if f["severity"] != "info"
    )
    sizes = line["size_before"], line["size_after"]
    return Card(
        line=line,
        state=_state(line),
        flaws=flaws,
        notes=tuple(f for f in after if f["code"] not in known),
        original=_address(os.path.relpath(line["path"], out)),
        output=_address(line["output"]) if line["output"] else None,
        aligned=None not in sizes and abs(_ratio(sizes[0]) / _ratio(sizes[1]) - 1) < 0.01,
    )


def _state(line: Line) -> State:
    if line["verdict"] == "publish":
        return State.REPAIRED if line["changed"] else State.PASSED
    return State.REJECTED if line["verdict"] == "reject" else State.REVIEW


def _ratio(size: Sequence[int]) -> float:
    return size[0] / size[1]


def _address(path: str) -> str:
    """A relative address; quoting leaves no character that could end the attribute or name a scheme."""
    return "./" + quote(Path(path).as_posix(), errors="surrogateescape")
