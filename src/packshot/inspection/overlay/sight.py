"""The stroke network's look at a photo, near and from afar."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from packshot.backend import StrokeMasker, Unit
from packshot.photo import Pixels

_AFAR = 0.5  # of the photo's size
_AFAR_SIDE = 512  # px: the long side is no longer than this


@dataclass(frozen=True, slots=True)
class Sight:
    """Stroke probability twice, each (H, W).

    Attributes:
        near: at the photo's own size: the outlines of letters.
        afar: seen at half the size and brought back: whether a line was laid over the photo. Large letters
            and signs are shapes there, and what a photo's own compression tells is gone.
    """

    near: Unit = field(repr=False)
    afar: Unit = field(repr=False)


def look(masker: StrokeMasker, pixels: Pixels) -> Sight:
    """Both looks at ``pixels`` (H, W, 3)."""
    height, width = pixels.shape[:2]
    scale = min(_AFAR, _AFAR_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = masker.strokes(np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)))
    afar: Unit = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    return Sight(masker.strokes(pixels), afar)
