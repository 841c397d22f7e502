"""How much two results of one photo differ, and where most."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from packshot.photo import Pixels

_BLOCK = 32  # pixels a side: about what an eye takes in at once at 100 %
_SAME_FRAME = 0.02  # by so much may the shapes differ, as rounding of sides makes them


@dataclass(frozen=True, slots=True)
class Gap:
    """The widest difference between two pictures.

    Attributes:
        size: 0 (equal) to 1 (as far apart as can be, or not the same frame).
        centre: (x, y) of the block where it is found, as shares of width and height; None where the two are
            equal or show different frames.
    """

    size: float
    centre: tuple[float, float] | None


def widest_gap(one: Pixels, other: Pixels) -> Gap:
    """The largest mean absolute difference, over full range, of any block of 32 x 32 pixels.

    The larger picture is reduced to the smaller one's size by area average first. Pictures of another shape
    show another frame, and differ by 1.
    """
    if abs(one.shape[0] * other.shape[1] / (one.shape[1] * other.shape[0]) - 1) > _SAME_FRAME:
        return Gap(1.0, None)
    width, height = min(one, other, key=lambda pixels: pixels.shape[0]).shape[1::-1]
    first, second = (
        cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA) for pixels in (one, other)
    )
    apart = cv2.absdiff(first, second).sum(axis=2, dtype=np.uint16).astype(np.float32)
    across, down = max(1, -(-width // _BLOCK)), max(1, -(-height // _BLOCK))
    blocks = cv2.resize(apart, (across, down), interpolation=cv2.INTER_AREA) / (3 * 255)
    row, column = np.unravel_index(blocks.argmax(), blocks.shape)
    size = float(min(1.0, blocks[row, column]))
    return Gap(size, ((column + 0.5) / across, (row + 0.5) / down) if size else None)


def pixel_difference(one: Pixels, other: Pixels) -> float:
    """The size of :func:`widest_gap`, 0..1."""
    return widest_gap(one, other).size
