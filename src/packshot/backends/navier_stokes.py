"""Navier-Stokes inpainting: continues isophotes into the hole. Right on flat areas, a smear on texture."""

from __future__ import annotations

import cv2
import numpy as np

from packshot.backend import Card
from packshot.finding import Mask
from packshot.photo import Pixels

_RADIUS = 3.0  # px: neighbourhood of each filled pixel


class NavierStokes:
    """OpenCV's ``INPAINT_NS`` (Bertalmio, Bertozzi, Sapiro, CVPR 2001): a ``Filler``."""

    card = Card(name="navier-stokes", version="1", licence="Apache-2.0")

    def fill(self, pixels: Pixels, hole: Mask) -> Pixels:
        """``pixels`` (H, W, 3) with ``hole`` (H, W) replaced."""
        filled: Pixels = cv2.inpaint(pixels, hole.astype(np.uint8), _RADIUS, cv2.INPAINT_NS)
        return filled
