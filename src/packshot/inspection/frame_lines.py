"""Finding a frame that was drawn around a photo, without taking a studio backdrop for one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from packshot.photo import Pixels

_REACH = 0.12  # of the side: a deeper band is a backdrop or a layout
_SAMPLES = 64  # points looked at along a side
_MIDDLE = 0.1  # of the side left out at each end, where the neighbouring sides' frame crosses
_UNIFORM = 10  # levels: nine tenths of a drawn line stay within this of its mean, even after JPEG
_STEP = 24  # levels between a frame and what it encloses
_SHARP = 2  # px in which the step must happen; a studio's vignette takes far longer
_FULL_LENGTH = 0.9  # of the side along which a band must end at the same depth
_WHITE = 244  # a band as bright as this is backdrop
_EQUAL = 2  # px by which the insets of a drawn line may differ


def frame_depths(pixels: Pixels) -> tuple[int, int, int, int]:
    """How deep a drawn frame reaches into the photo from (left, top, right, bottom), in pixels; 0 for none.

    A frame is a band of one colour that is not white and ends sharply along nearly the whole side, or a thin
    line inside a margin at the same inset on all four sides. It counts only on opposite sides together: one
    straight edge alone is a table or a wall. A white band is backdrop, whatever it surrounds.

    Args:
        pixels: RGB uint8 (H, W, 3).
    """
    across = pixels.swapaxes(0, 1)
    sides = (across, pixels, across[::-1], pixels[::-1])
    bands = [_band(side) for side in sides]
    pairs = [min(bands[0], bands[2]) > 0, min(bands[1], bands[3]) > 0]
    if any(pairs):
        left, top, right, bottom = (band if pairs[place % 2] else 0 for place, band in enumerate(bands))
        return left, top, right, bottom
    lines = [_line(side) for side in sides]
    if min(lines) > 0 and max(lines) - min(lines) <= _EQUAL:
        return lines[0], lines[1], lines[2], lines[3]
    return 0, 0, 0, 0


def _band(side: Pixels) -> int:
    """Depth of the uniform band at the first rows of ``side``; 0 when it is no frame."""
    rows = _sampled(side)
    colours, uniform = _lines_of(rows)
    depth = _first(~uniform | (np.abs(colours - colours[0]).max(1) > _UNIFORM))
    if not 0 < depth < len(rows) - _SHARP or colours[0].min() >= _WHITE:
        return 0
    inner = np.abs(rows[depth + _SHARP - 1].astype(np.int16) - colours[0]).max(1)
    return depth + 1 if (inner > _STEP).mean() >= _FULL_LENGTH else 0


def _line(side: Pixels) -> int:
    """Depth at which a thin uniform line inside a uniform margin ends; 0 when there is none."""
    rows = _sampled(side)
    colours, uniform = _lines_of(rows)
    differs = np.abs(colours - colours[0]).max(1) > _STEP
    begin = _first(differs)
    thickness = _first(~differs[begin:])
    end = begin + thickness
    thin = 0 < thickness <= max(3, round(_REACH * len(rows)))
    if begin == 0 or end >= len(rows) or not thin or not uniform[:end].all():
        return 0
    return end + 1


def _sampled(side: Pixels) -> NDArray[np.uint8]:
    depth, length = max(4, round(_REACH * side.shape[0])), side.shape[1]
    points = np.linspace(_MIDDLE * length, (1 - _MIDDLE) * (length - 1), _SAMPLES).astype(int)
    return np.asarray(side[:depth, points])


def _lines_of(rows: NDArray[np.uint8]) -> tuple[NDArray[np.int16], NDArray[np.bool_]]:
    """The mean colour of each row, and whether the row is nearly all of it."""
    signed = rows.astype(np.int16)
    colours = np.rint(signed.mean(1)).astype(np.int16)
    strays = (np.abs(signed - colours[:, None]) > _UNIFORM).any(2)
    return colours, strays.mean(1) <= 1 - _FULL_LENGTH


def _first(flags: NDArray[np.bool_]) -> int:
    return int(flags.argmax()) if flags.any() else len(flags)
