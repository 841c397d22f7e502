"""What is measured, added up to tables."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from packshot.finding import Mask
from packshot.photo import Pixels

Merge = Callable[[Sequence[float]], float]
"""Makes one value of the values of many photos."""


def mean(values: Sequence[float]) -> float:
    """Arithmetic mean."""
    return float(np.mean(values))


def median(values: Sequence[float]) -> float:
    """Middle value."""
    return float(np.median(values))


@dataclass(frozen=True, slots=True)
class Column:
    """One figure of a table.

    Attributes:
        key: its name in JSON.
        title: its heading.
        digits: decimals that are printed.
        percent: the values are shares 0..1 and printed in per cent.
        merge: how the photos' values become one.
    """

    key: str
    title: str
    digits: int = 1
    percent: bool = False
    merge: Merge = mean

    def cell(self, value: float | None) -> str:
        """``value`` as printed; a dash where it is not defined."""
        if value is None:
            return "-"
        return f"{100 * value if self.percent else value:.{self.digits}f}"


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one backend did on one photo.

    Attributes:
        sets: names of the sets that it counts in.
        backend: who did it.
        values: by the key of the column; None where a figure is not defined.
    """

    sets: tuple[str, ...]
    backend: str
    values: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Row:
    """One backend on one set: the number of photos, and a value for each column."""

    set: str
    backend: str
    photos: int
    values: Mapping[str, float | None]

    def as_dict(self) -> dict[str, Any]:
        """JSON-compatible form."""
        rounded = {key: None if v is None else round(v, 4) for key, v in self.values.items()}
        return {"set": self.set, "backend": self.backend, "photos": self.photos, **rounded}


def rows(
    measurements: Iterable[Measurement], columns: Sequence[Column], order: Sequence[str]
) -> tuple[Row, ...]:
    """One row for each set of ``order`` that has photos, and each backend in the order of its name."""
    grouped: dict[tuple[int, str], list[Measurement]] = {}
    for measurement in measurements:
        for name in measurement.sets:
            grouped.setdefault((order.index(name), measurement.backend), []).append(measurement)
    return tuple(
        Row(order[place], backend, len(group), {c.key: _merged(c, group) for c in columns})
        for (place, backend), group in sorted(grouped.items())
    )


def mean_squared_error(first: Pixels, second: Pixels, where: Mask) -> float:
    """Over the pixels ``where`` (H, W), not empty, and all channels; in grey levels squared."""
    return float(((first[where].astype(np.float64) - second[where]) ** 2).mean())


def decibels(error: float, ceiling: float) -> float:
    """PSNR of a mean squared error on 255 levels; ``ceiling`` at most, and where there is no error."""
    return min(ceiling, 10 * math.log10(255**2 / error)) if error else ceiling


def _merged(column: Column, group: Sequence[Measurement]) -> float | None:
    values = [value for m in group if (value := m.values.get(column.key)) is not None]
    return column.merge(values) if values else None
