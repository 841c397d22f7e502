"""What the report says about one photo, taken from its line of ``trail.jsonl``."""

from __future__ import annotations

import base64
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import quote

from packshot.edges.report.standing import Facts, Line, is_reframed, overlap, repetitions, standing
from packshot.edges.report.wording import sentence, shortened
from packshot.finding import Severity
from packshot.trail import Outcome


class State(StrEnum):
    """What became of a photo; in this order they are shown, those that need somebody first."""

    REVIEW = "review"
    REJECTED = "rejected"
    REPAIRED = "repaired"
    PASSED = "passed"


class Tone(StrEnum):
    """How an entry of a card is shown; in this order: first what still matters."""

    ERROR = "error"
    WARNING = "warning"
    CURED = "cured"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Flaw:
    """A finding on the photo as it came, and whether it is gone from the photo as it leaves."""

    code: str
    severity: str
    message: str
    box: Sequence[int] | None
    cured: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a card's list; ``count`` is how many alike it stands for."""

    code: str
    message: str
    tone: Tone
    count: int = 1


@dataclass(frozen=True, slots=True)
class Card:
    """One photo in the report.

    Attributes:
        line: its line of the trail.
        state: what became of it.
        flaws: what was found on the photo as it came.
        notes: what treatments and the second inspection added.
        original, output: addresses of the files, relative to the page; ``output`` is None when there is none,
            or when it shows the same picture.
        aligned: whether before and after show the same section, so that one can be laid over the other.
    """

    line: Line
    state: State
    flaws: tuple[Flaw, ...]
    notes: tuple[Entry, ...]
    original: str
    output: str | None
    aligned: bool

    @property
    def name(self) -> str:
        """The file's name without its folders."""
        return Path(self.line["path"]).name

    @property
    def entries(self) -> list[Entry]:
        """Flaws and notes, those that still matter first."""
        flaws = [
            Entry(flaw.code, flaw.message, Tone.CURED if flaw.cured else Tone(flaw.severity))
            for flaw in self.flaws
        ]
        return sorted((*flaws, *self.notes), key=lambda entry: list(Tone).index(entry.tone))

    @property
    def reasons(self) -> list[str]:
        """Reasons of the verdict that are not among the entries already, being no findings."""
        said = {finding["message"] for finding in self.line["findings_after"]}
        return [reason for reason in self.line["reasons"] if reason not in said]

    @property
    def codes(self) -> list[str]:
        """Codes that the page can be filtered by."""
        after = [note.code for note in self.notes if note.tone is not Tone.INFO]
        return sorted({*(flaw.code for flaw in self.flaws), *after})

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
    flaws = tuple(
        Flaw(f["code"], f["severity"], sentence(f), f["box"], cured=not stands)
        for f, stands in zip(line["findings_before"], standing(line), strict=True)
        if f["severity"] != Severity.INFO
    )
    return Card(
        line=line,
        state=_state(line),
        flaws=flaws,
        notes=_grouped(_notes(line)),
        original=_address(os.path.relpath(line["path"], out)),
        output=_address(line["output"]) if line["output"] and line["changed"] else None,
        aligned=not is_reframed(line),
    )


def _state(line: Line) -> State:
    if line["verdict"] == "publish":
        return State.REPAIRED if line["changed"] else State.PASSED
    return State.REJECTED if line["verdict"] == "reject" else State.REVIEW


def _notes(line: Line) -> Iterator[Entry]:
    """Findings afterwards that say more than those before."""
    known = {finding["code"] for finding in line["findings_before"]}
    for finding, repeated in zip(line["findings_after"], repetitions(line), strict=True):
        mere_remark = finding["severity"] == Severity.INFO and finding["code"] in known
        if not repeated and not mere_remark:
            yield Entry(finding["code"], _message(finding, line), Tone(finding["severity"]))


def _message(note: Facts, line: Line) -> str:
    """The message of a note: with the text that it is about, and whether an erasure was taken back."""
    message, kind = sentence(note), note["evidence"].get("kind")
    if kind is not None:
        text = note["evidence"].get("text") or _text_at(note, line)
        named = f"{kind.replace('_', ' ')} '{shortened(text)}'" if text else kind.replace("_", " ")
        message = message.replace(kind, f"{named[0].upper()}{named[1:]}", 1)
    undone = (step for step in line["steps"] if step["outcome"] == Outcome.UNDONE)
    if note["code"] == "erased" and any(note in step["findings"] for step in undone):
        message = f"{message.rstrip('.')}, then put back."
    return message


def _text_at(note: Facts, line: Line) -> str:
    """What the overlay says that a note is about; empty when it was not read."""
    read = (finding for finding in line["findings_before"] if "kind" in finding["evidence"])
    nearest = max(read, key=lambda finding: overlap(finding, note), default=note)
    return str(nearest["evidence"].get("text", "")) if overlap(nearest, note) else ""


def _grouped(notes: Iterator[Entry]) -> tuple[Entry, ...]:
    """Equal notes as one with their count."""
    return tuple(Entry(note.code, note.message, note.tone, count) for note, count in Counter(notes).items())


def _address(path: str) -> str:
    """A relative address; quoting leaves no character that could end the attribute or name a scheme."""
    return "./" + quote(Path(path).as_posix(), errors="surrogateescape")
