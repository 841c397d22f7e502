"""Frequency-selective reconstruction: regular structure from a sparse Fourier model around the hole."""

from __future__ import annotations

import cv2
import numpy as np

from packshot.backend import Card
from packshot.finding import Mask
from packshot.photo import Pixels


class FrequencySelective:
    """OpenCV xphoto's ``INPAINT_FSR_FAST`` (Genser, Seiler, Jaeger, Kaup, VCIP 2018). A ``Filler``."""

    card = Card(name="fsr", version="1", licence="Apache-2.0")

    def fill(self, pixels: Pixels, hole: Mask) -> Pixels:
        """``pixels`` (H, W, 3) with ``hole`` (H, W) replaced; colours stay in the range of the surroundings.

        The sparse model can ring far outside the colours around wide holes, hence the clip.
        """
        filled = np.zeros_like(pixels)
        known = np.where(hole, 0, 255).astype(np.uint8)
        cv2.xphoto.inpaint(pixels, known, filled, cv2.xphoto.INPAINT_FSR_FAST)
        outside = pixels[~hole]
        clipped = np.clip(filled, outside.min(0), outside.max(0)).astype(np.uint8)
        return np.where(hole[..., None], clipped, pixels)
