"""Filling a hole on a plain backdrop: the surface that the backdrop follows, fitted where it is known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from packshot.finding import Mask
from packshot.morphology import grown_round
from packshot.photo import Pixels

_NEAR = 24  # px around the hole in which the backdrop must be plain
_MOST_POINTS = 4000  # that the surface is fitted to
_ROUNDS = 4  # refits without what does not agree
_AGREES = 6.0  # grey levels
_PLAIN_SHARE = 0.92  # of the known pixels near the hole
_PLAIN_SPREAD = 2.5  # grey levels of standard deviation around the surface


def fill_plain(pixels: Pixels, hole: Mask, distrusted: Mask) -> Pixels | None:
    """``pixels`` with the hole filled by a smooth surface; None where the surroundings are not plain.

    A quadratic surface is fitted by iterated least squares to what is known around the hole. An interpolation
    from the hole's edge would take up what compression left there and draw it across.

    Args:
        pixels: the crop around the hole, (H, W, 3).
        hole: what to replace, (H, W).
        distrusted: what may not be learnt from, (H, W); holds ``hole``.
    """
    near = grown_round(hole, _NEAR) & ~distrusted
    rows, columns = np.nonzero(near)
    if len(rows) < _terms(np.zeros(1), np.zeros(1)).shape[1] * 10:
        return None
    step = max(1, len(rows) // _MOST_POINTS)
    terms = _terms(rows[::step] / hole.shape[0], columns[::step] / hole.shape[1])
    levels = pixels[near][::step].astype(np.float64)
    agrees = np.abs(levels - np.median(levels, 0)).max(1) <= 4 * _AGREES
    for _ in range(_ROUNDS):
        if agrees.mean() < _PLAIN_SHARE:
            return None
        surface = np.linalg.lstsq(terms[agrees], levels[agrees], rcond=None)[0]
        off = np.abs(levels - terms @ surface).max(1)
        agrees = off <= _AGREES
    if agrees.mean() < _PLAIN_SHARE or float((off[agrees] ** 2).mean()) > _PLAIN_SPREAD**2:
        return None
    filled = pixels.copy()
    rows, columns = np.nonzero(hole)
    values = _terms(rows / hole.shape[0], columns / hole.shape[1]) @ surface
    filled[rows, columns] = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return filled


def _terms(v: NDArray[np.float64], u: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack([np.ones_like(u), u, v, u * u, u * v, v * v], -1)
