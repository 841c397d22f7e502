"""Lanczos resampling: the yardstick of every trained upscaler, and a cheap stand-in for one."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from PIL import Image

from packshot.backend import Card
from packshot.photo import Pixels


class _Lanczos:
    """Pillow's filter with three lobes (Duchon, "Lanczos Filtering in One and Two Dimensions", 1979)."""

    card: ClassVar[Card]

    def upscale(self, pixels: Pixels) -> Pixels:
        """``pixels`` (H, W, 3) enlarged by the card's scale."""
        size = (pixels.shape[1] * self.card.scale, pixels.shape[0] * self.card.scale)
        return np.array(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))


class LanczosX2(_Lanczos):
    """Lanczos, x2."""

    card = Card(name="lanczos-x2", version="1", licence="HPND", scale=2, cpu_seconds_per_megapixel=0.1)


class LanczosX4(_Lanczos):
    """Lanczos, x4."""

    card = Card(name="lanczos-x4", version="1", licence="HPND", scale=4, cpu_seconds_per_megapixel=0.3)
