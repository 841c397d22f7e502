"""What is kept of one photo once its pixels are gone: a line of ``trail.jsonl``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import PurePath
from typing import Any

from pydantic import TypeAdapter

from packshot.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Record:
    """One photo's result.

    Attributes:
        path: the input, as the user named it.
        target: what the input is called inside the output folder, without suffix; unique in a batch.
        output: the written file, relative to the output folder with forward slashes; None when none was.
        channels: files written for single channels, likewise relative.
        key: digest of all that decides the result: input bytes, recipe, options, identity, duplicates.
        changed: whether the output's pixels differ from the input's.
        seconds, cpu_seconds: wall and processor time of the worker's thread, from opening to written output.
        size_before, size_after: (width, height) in pixels; None when the input could not be read.
        previews: names of the pictures for the report, relative to the folder of previews.
        trail: :meth:`packshot.trail.Trail.as_dict`.
        source: the input as an absolute path without links.
        file_sizes: bytes of each written file, the output and those for channels, by its relative name.
        resumed: whether this was done by an earlier call and only found again; never written to a file.
    """

    path: str
    target: str
    output: str | None
    channels: list[str]
    key: str
    changed: bool
    seconds: float
    cpu_seconds: float
    size_before: tuple[int, int] | None
    size_after: tuple[int, int] | None
    previews: Mapping[str, str]
    trail: Mapping[str, Any] = field(repr=False)
    source: str = ""
    file_sizes: Mapping[str, int] = field(default_factory=dict)
    resumed: bool = False

    @property
    def verdict(self) -> Verdict:
        """Publish, review or reject."""
        return Verdict(self.trail["verdict"])

    @property
    def final(self) -> bool:
        """Whether doing the photo again would give the same: it was written, or rejected for good."""
        return self.output is not None or self.verdict is Verdict.REJECT

    @property
    def reasons(self) -> list[str]:
        """Why it was not published; empty when it was."""
        return list(self.trail["reasons"])

    def as_dict(self) -> dict[str, Any]:
        """JSON-compatible form; the inverse of :meth:`from_dict`."""
        own = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("trail", "resumed")}
        return {**own, **self.trail}

    @classmethod
    def from_dict(cls, line: object) -> Record:
        """The record that a line of ``trail.jsonl`` holds.

        Raises:
            KeyError: the line lacks a key.
            ValueError: it is nothing that :meth:`as_dict` writes, or a file lies outside the output folder.
        """
        if not isinstance(line, dict):
            raise ValueError("not an object")  # noqa: TRY004 - a value from a file, not a caller's mistake
        own = [f.name for f in fields(cls) if f.name not in ("trail", "resumed")]
        trail = {name: value for name, value in line.items() if name not in own}
        record = _RECORD.validate_python({name: line[name] for name in own} | {"trail": trail})
        Verdict(trail["verdict"])
        if any(PurePath(name).is_absolute() or ".." in PurePath(name).parts for name in record.file_sizes):
            raise ValueError("a file lies outside the output folder")
        return record


_RECORD = TypeAdapter(Record)
