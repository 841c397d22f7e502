"""What was seen on a photo, or done to it: a code, how bad, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
"""Boolean array of shape (H, W): True where something applies."""


class Severity(StrEnum):
    """How much a finding matters: only ``error`` keeps a photo from passing by itself."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Box:
    """An axis-aligned rectangle in pixels of the oriented photo, half-open: x0 <= x < x1, y0 <= y < y1."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def width(self) -> int:
        """Width in pixels."""
        return self.x1 - self.x0

    @property
    def height(self) -> int:
        """Height in pixels."""
        return self.y1 - self.y0

    @property
    def area(self) -> int:
        """Area in square pixels."""
        return self.width * self.height

    @property
    def slices(self) -> tuple[slice, slice]:
        """Index of an (H, W, ...) array that cuts this box out."""
        return slice(self.y0, self.y1), slice(self.x0, self.x1)

    def grown(self, margin: int, shape: tuple[int, ...]) -> Box:
        """The box widened by ``margin`` pixels on each side, clipped to a photo of ``shape`` (H, W, ...)."""
        return Box(
            max(0, self.x0 - margin),
            max(0, self.y0 - margin),
            min(shape[1], self.x1 + margin),
            min(shape[0], self.y1 + margin),
        )

    def union(self, other: Box) -> Box:
        """The smallest box that holds both."""
        return Box(
            min(self.x0, other.x0), min(self.y0, other.y0), max(self.x1, other.x1), max(self.y1, other.y1)
        )

    def intersection_area(self, other: Box) -> int:
        """Square pixels that both boxes cover."""
        width = min(self.x1, other.x1) - max(self.x0, other.x0)
        height = min(self.y1, other.y1) - max(self.y0, other.y0)
        return max(0, width) * max(0, height)

    def as_list(self) -> list[int]:
        """``[x0, y0, x1, y1]`` for JSON."""
        return [self.x0, self.y0, self.x1, self.y1]

    @classmethod
    def of_mask(cls, mask: Mask) -> Box:
        """The bounding box of the True pixels of ``mask`` (H, W); an empty mask gives an empty box."""
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        if not len(rows):
            return cls(0, 0, 0, 0)
        return cls(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a photo: a box and, where the shape matters, the mask inside it (box.height, box.width)."""

    box: Box
    mask: Mask | None = None

    def full_mask(self, shape: tuple[int, ...]) -> Mask:
        """The region as a mask of the whole photo of ``shape`` (H, W, ...)."""
        full = np.zeros(shape[:2], bool)
        full[self.box.slices] = True if self.mask is None else self.mask
        return full

    @classmethod
    def of_mask(cls, mask: Mask) -> Region:
        """The region that a mask of the whole photo covers."""
        box = Box.of_mask(mask)
        return cls(box, mask[box.slices].copy())


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing seen on a photo or noted by a treatment.

    Attributes:
        code: what it is, stable and lower case (``blurry``, ``overlay_text``).
        severity: how much it matters.
        score: strength from 0 (barely) to 1 (as bad as it gets, or certain).
        message: one sentence for a person, with the measured value and what was expected.
        region: where, in pixels of the oriented photo; None means the whole photo.
        evidence: the measured values behind the finding, JSON-compatible.
    """

    code: str
    severity: Severity
    score: float
    message: str
    region: Region | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0.0 <= self.score <= 1.0:
            raise ValueError(f"score of {self.code} must lie in 0..1, got {self.score}")
        object.__setattr__(self, "evidence", MappingProxyType(dict(self.evidence)))

    def as_dict(self) -> dict[str, Any]:
        """JSON-compatible form; ``box`` is ``[x0, y0, x1, y1]`` or null."""
        return {
            "code": self.code,
            "severity": self.severity.value,
            "score": round(self.score, 4),
            "message": self.message,
            "box": self.region.box.as_list() if self.region else None,
            "evidence": dict(self.evidence),
        }


def worst(findings: tuple[Finding, ...] | list[Finding]) -> Severity | None:
    """The highest severity among ``findings``, None when there are none."""
    order = [Severity.INFO, Severity.WARNING, Severity.ERROR]
    return max((f.severity for f in findings), key=order.index, default=None)
