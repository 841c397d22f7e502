"""A part of the measurements: what it does to one photo, and how its outcomes add up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from packshot.quality.exhibits import Exhibit, Selection
from packshot.quality.figures import Column, Measurement, Row, rows
from packshot.quality.sets import Scene


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a part found on one photo."""

    scene: Scene
    measurements: tuple[Measurement, ...]
    exhibits: tuple[Exhibit, ...]


class Part(Protocol):
    """One table.

    Attributes:
        name: in JSON and in the names of sheets.
        title: over the table.
        columns: what it measures.
        sets: names of its sets, in the order of the table.
        caption: what a reader of its sheets must know.
        scenes: the photos to measure on.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    columns: ClassVar[tuple[Column, ...]]
    caption: ClassVar[str]
    sets: Sequence[str]
    scenes: Sequence[Scene]

    def measure(self, scene: Scene) -> Outcome:
        """Measure on one photo; may be called from several threads at once.

        Raises:
            BackendError: a backend breaks its contract.
            WeightsError: a model's weights are missing.
        """
        ...


@dataclass(frozen=True, slots=True)
class Table:
    """The figures of a part."""

    part: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON-compatible form."""
        return {"part": self.part, "title": self.title, "rows": [row.as_dict() for row in self.rows]}


class Gathered:
    """Outcomes of a part; the order in which they come does not matter.

    Attributes:
        part: the part.
    """

    def __init__(self, part: Part) -> None:
        self.part = part
        self._measurements: dict[int, tuple[Measurement, ...]] = {}
        self._selections: dict[str, Selection] = {}

    def add(self, outcome: Outcome) -> None:
        """Take the outcome of one photo; of its pictures only those that a sheet will show are kept."""
        self._measurements[outcome.scene.number] = outcome.measurements
        for exhibit in outcome.exhibits:
            self._selections.setdefault(exhibit.sheet, Selection()).add(exhibit)

    def table(self) -> Table:
        """All figures."""
        part = self.part
        ordered = [m for _, group in sorted(self._measurements.items()) for m in group]
        return Table(part.name, part.title, part.columns, rows(ordered, part.columns, part.sets))

    def sheets(self) -> Mapping[str, Selection]:
        """What is to be shown, by set."""
        return {name: self._selections[name] for name in self.part.sets if name in self._selections}
