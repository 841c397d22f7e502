"""Strokes that may be an overlay and belong to no line of text: a logo, a script that no reader knows.

They are no verdict: they are noted, so that whoever publishes without a person can hold such a photo back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from packshot.backend import TextBox, Unit
from packshot.finding import Box, Mask
from packshot.inspection.overlay.traits import STROKE_LEVEL

NOTED = 0.1
"""``Strokes.strongest`` from which they are worth a word; a third of good photos has so much texture."""

_GRID = 256  # cells on the photo's long side: letters still show, and it costs next to nothing
_ROOM = 2  # cells around a line in which its own strokes end
_SPREAD = 2.0  # cells: a single one is texture, a word covers many
_RIM = 0.12  # of the short side: where stamps, marks and addresses are put
_PLACE = 0.5  # of the strongest response: what belongs to the same place


@dataclass(frozen=True, slots=True)
class Strokes:
    """Strokes of overlays that were seen outside of all lines that can be read.

    Attributes:
        strongest: highest mean response around a place, 0..1.
        beside_edge: the same where it is near the photo's edge.
        share: of the photo that looks like strokes, 0..1.
        box: where they are strongest, in pixels of the photo.
    """

    strongest: float
    beside_edge: float
    share: float
    box: Box


def strokes_beside(strokes: Unit, lines: Iterable[TextBox]) -> Strokes:
    """What the network saw beside ``lines``; ``strokes`` are its probabilities on the whole photo, (H, W)."""
    height, width = strokes.shape
    scale = max(1.0, max(height, width) / _GRID)
    size = max(1, round(width / scale)), max(1, round(height / scale))
    cells = np.asarray(cv2.resize(strokes, size, interpolation=cv2.INTER_AREA))
    cells[_covered(size, (size[0] / width, size[1] / height), lines)] = 0.0
    around = _around(cells)
    rim = max(2, round(_RIM * min(size)))
    beside = cells.copy()
    beside[rim:-rim, rim:-rim] = 0.0
    return Strokes(
        strongest=float(around.max()),
        beside_edge=float(_around(beside).max()),
        share=float((cells > STROKE_LEVEL).mean()),
        box=_strongest(around, (width, height)),
    )


def _covered(size: tuple[int, int], scale: tuple[float, float], lines: Iterable[TextBox]) -> Mask:
    """The cells (h, w) that lines cover, with some room; ``size`` and ``scale`` are given as (x, y)."""
    covered = np.zeros(size[::-1], np.uint8)
    for line in lines:
        cv2.fillPoly(covered, [np.round(line.corners * np.array(scale, np.float32)).astype(np.int32)], 1)
    side = 2 * _ROOM + 1
    return np.asarray(cv2.dilate(covered, np.ones((side, side), np.uint8))).view(np.bool_)


def _around(cells: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each cell's mean with those around it."""
    return np.asarray(cv2.GaussianBlur(cells, (0, 0), _SPREAD), np.float32)


def _strongest(cells: NDArray[np.float32], size: tuple[int, int]) -> Box:
    """What hangs together around the highest cell, in pixels of a photo of ``size`` (x, y)."""
    high = (cells >= _PLACE * cells.max()).view(np.uint8)
    _, labels, statistics, _ = cv2.connectedComponentsWithStats(high)
    label = labels[np.unravel_index(cells.argmax(), cells.shape)]
    x, y, width, height = (int(value) for value in statistics[label, :4])
    across, down = size[0] / cells.shape[1], size[1] / cells.shape[0]
    end = round((x + width) * across), round((y + height) * down)
    return Box(int(x * across), int(y * down), *end)
