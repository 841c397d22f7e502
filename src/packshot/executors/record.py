"""What is kept of one photo once its pixels are gone: a line of ``trail.jsonl``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

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
    def from_dict(cls, line: Mapping[str, Any]) -> Record:
        """The record that a line of ``trail.jsonl`` holds.

        Raises:
            KeyError: the line lacks a key.
        """
        own = [f.name for f in fields(cls) if f.name not in ("trail", "resumed")]
        values = {name: line[name] for name in own}
        for name in ("size_before", "size_after"):
            values[name] = tuple(values[name]) if values[name] else None
        trail = {name: value for name, value in line.items() if name not in own}
        return cls(**values, trail=trail)
