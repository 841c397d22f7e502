"""A smooth filling by a pyramid: what the filling network starts from.

Gortler et al., "The Lumigraph", SIGGRAPH 1996: push the known pixels down a pyramid, pull the gaps back up.
"""

from __future__ import annotations

import cv2
import numpy as np

from packshot.finding import Mask
from packshot.photo import Pixels


def push_pull(pixels: Pixels, hole: Mask) -> Pixels:
    """``pixels`` (H, W, 3) with the True pixels of ``hole`` (H, W) filled smoothly from around them."""
    known = (~hole).astype(np.float32)[..., None]
    levels = [(pixels.astype(np.float32) * known, known)]
    while min(levels[-1][1].shape[:2]) > 2:
        colour, weight = levels[-1]
        levels.append((cv2.pyrDown(colour), cv2.pyrDown(weight)[..., None]))
    colour, weight = levels[-1]
    filled = colour / np.maximum(weight, 1e-4)
    for colour, weight in reversed(levels[:-1]):
        height, width = weight.shape[:2]
        below = cv2.pyrUp(filled, dstsize=(width, height))
        sure = np.minimum(weight, 1.0)
        filled = colour / np.maximum(weight, 1e-4) * sure + below * (1 - sure)
    return np.where(hole[..., None], np.clip(np.rint(filled), 0, 255).astype(np.uint8), pixels)
