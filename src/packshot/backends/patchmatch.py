"""PatchMatch inpainting: copies patches from around the hole, so that texture stays texture."""

from __future__ import annotations

import threading

import numpy as np
from patchmatch import patch_match

from packshot.backend import Card
from packshot.finding import Mask
from packshot.photo import Pixels

_PATCH_RADIUS = 3  # px: larger patches follow larger structures but blur thin strokes' holes

# The library keeps one process-wide random state: one call at a time keeps results repeatable.
_LOCK = threading.Lock()


class PatchMatch:
    """Barnes, Shechtman, Finkelstein, Goldman, SIGGRAPH 2009. A :class:`packshot.backend.Filler`."""

    card = Card(name="patchmatch", version="1", licence="MIT")

    def fill(self, pixels: Pixels, hole: Mask) -> Pixels:
        """``pixels`` (H, W, 3) with ``hole`` (H, W) replaced."""
        with _LOCK:
            patch_match.set_random_seed(0)
            filled: Pixels = patch_match.inpaint(
                np.ascontiguousarray(pixels), hole.astype(np.uint8), patch_size=_PATCH_RADIUS
            )
        return filled
