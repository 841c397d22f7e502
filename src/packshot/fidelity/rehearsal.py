"""How well a filling method will do on a hole, measured where the truth is known.

The hole's own shape is moved to known pixels beside it, filled there, and compared with what was there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from packshot.finding import Mask
from packshot.morphology import grown
from packshot.photo import Pixels

Fill = Callable[[Pixels, Mask], Pixels]
"""Replaces the True pixels of a mask: ``Filler.fill``."""

_GAP = 3  # px between the hole and the place it is moved to
_REHEARSALS = 2


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a method did on hidden known pixels.

    Attributes:
        error: mean squared error over the hidden pixels and channels, in grey levels squared.
        texture: texture energy of the filling over that of the truth; 1 is right, below 1 is blur.
    """

    error: float
    texture: float


def rehearse(pixels: Pixels, hole: Mask, places: list[Mask], fill: Fill) -> Rehearsal:
    """Fill each of ``places`` as if it were unknown.

    Args:
        pixels: the crop around the hole, (H, W, 3).
        hole: the pixels that are really unknown, (H, W).
        places: from :func:`hiding_places`; not empty.
        fill: the method.
    """
    errors, textures = [], []
    for place in places:
        filled = fill(pixels, hole | place)
        difference = filled[place].astype(np.float32) - pixels[place]
        errors.append(float((difference**2).mean()))
        truth = texture_energy(pixels, place)
        textures.append((texture_energy(filled, place) + 1.0) / (truth + 1.0))
    return Rehearsal(float(np.mean(errors)), float(np.mean(textures)))


def hiding_places(pixels: Pixels, hole: Mask) -> list[Mask]:
    """The hole moved to where the surroundings look most like its own, at most two places.

    The moves are along the axes and diagonals, just far enough to clear the hole, so that light and texture
    are those of the neighbourhood. Empty when nothing known is large enough.
    """
    rows, columns = np.flatnonzero(hole.any(1)), np.flatnonzero(hole.any(0))
    tall, wide = int(rows[-1] - rows[0]) + 1 + _GAP, int(columns[-1] - columns[0]) + 1 + _GAP
    steps = {(dy, dx) for dy in (-tall, 0, tall) for dx in (-wide, 0, wide)}
    keep_out = grown(hole, _GAP)
    ring = _ring(hole)
    if not ring.any():
        return []
    own = _statistics(pixels, ring)
    candidates = []
    for dy, dx in sorted(steps - {(0, 0)}):
        place = _moved(hole, dy, dx)
        if place is None or (place & keep_out).any():
            continue
        around = _ring(place) & ~keep_out
        if around.sum() >= ring.sum() // 2:
            distance = float(np.abs(_statistics(pixels, around) - own).sum())
            candidates.append((distance, dy, dx, place))
    candidates.sort(key=lambda candidate: candidate[:3])
    return [candidate[3] for candidate in candidates[:_REHEARSALS]]


def texture_energy(pixels: Pixels, part: Mask) -> float:
    """Mean squared Laplacian of luma over ``part`` (H, W), in grey levels squared."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    detail = cv2.Laplacian(grey, cv2.CV_32F)
    return float((detail[part] ** 2).mean())


def _ring(mask: Mask) -> Mask:
    return grown(mask, 4) & ~mask


def _statistics(pixels: Pixels, part: Mask) -> np.ndarray:
    """Mean and spread per channel."""
    values = pixels[part].astype(np.float32)
    return np.concatenate([values.mean(0), 2.0 * values.std(0)])


def _moved(mask: Mask, dy: int, dx: int) -> Mask | None:
    """``mask`` shifted by (dy, dx), None when a pixel would leave the frame."""
    rows, columns = np.nonzero(mask)
    rows, columns = rows + dy, columns + dx
    height, width = mask.shape
    if rows.min() < 0 or columns.min() < 0 or rows.max() >= height or columns.max() >= width:
        return None
    moved = np.zeros_like(mask)
    moved[rows, columns] = True
    return moved
