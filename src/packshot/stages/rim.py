"""How far around its strokes an overlay left traces: soft edges everywhere, compression on flat ground."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from packshot.finding import Mask
from packshot.morphology import grown_round
from packshot.photo import Pixels

TRACES = {"lossless": 4, "lossy": 8}
"""Pixels that an overlay's traces reach on flat ground: a soft edge; the block of 8 that a stroke touches."""
_BLEED = 6  # px beyond: colours are stored at half resolution, and bleed through blocks of 16
_GAP = 60  # square px: a hole of the mask that is no larger is closed
_WINDOWS = (41, 81, 161)  # px in which the known surroundings are measured
_KNOWN = 0.04  # share of the window that must be known
_FLAT = 3.0  # grey levels of standard deviation: below, a filling is as good as the truth


def with_rim(pixels: Pixels, strokes: Mask, reach: int, traces: int) -> Mask:
    """``strokes`` (H, W) grown by ``reach`` px, and on flat ground by as much as its ``traces`` reach.

    On texture every pixel more is one that must be invented; on a plain backdrop a ghost of the letters would
    stay, and nothing is lost.
    """
    tight, wide = grown_round(strokes, reach), grown_round(strokes, max(reach, traces))
    return _without_gaps(tight | (wide & (_spread(pixels, ~wide) < _FLAT)))


def distrusted(pixels: Pixels, hole: Mask) -> Mask:
    """``hole`` (H, W) and the flat ground right beside it, whose colour compression mixed with the overlay's.

    A filling that begins from there would spread it. Nothing there is changed.
    """
    return hole | (grown_round(hole, _BLEED) & (_spread(pixels, ~hole) < _FLAT))


def _without_gaps(mask: Mask) -> Mask:
    """``mask`` with its small holes closed: what lies between strokes that touch is mostly stroke."""
    count, labels, statistics, _ = cv2.connectedComponentsWithStats((~mask).view(np.uint8), connectivity=4)
    small = np.flatnonzero(statistics[:, cv2.CC_STAT_AREA] <= _GAP)
    return mask | np.isin(labels, small[(small > 0) & (small < count)])


def _spread(pixels: Pixels, known: Mask) -> NDArray[np.float32]:
    """Standard deviation of the ``known`` luma (H, W) around a pixel; infinite where too little is known.

    Measured in the smallest of the windows that holds enough: between large letters that is a wide one.
    """
    luma = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    weight = known.astype(np.float32)
    spread = np.full(known.shape, np.inf, np.float32)
    for side in reversed(_WINDOWS):
        share = cv2.boxFilter(weight, -1, (side, side))
        mean = cv2.boxFilter(luma * weight, -1, (side, side)) / np.maximum(share, 1e-6)
        square = cv2.boxFilter(luma * luma * weight, -1, (side, side)) / np.maximum(share, 1e-6)
        enough = share >= _KNOWN
        spread[enough] = np.sqrt(np.maximum(square - mean * mean, 0))[enough]
    return spread
