"""How photos become small: what an enlargement has to undo."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import cv2
import numpy as np
from PIL import Image

from packshot.photo import Origin, Photo, Pixels

_QUALITY = 60  # of the JPEG
_BLUR = 1.0  # px of the truth
_NOISE = 3.0  # levels


def bicubic(truth: Pixels, scale: int) -> Photo:
    """Reduced as super-resolution benchmarks do: antialiased bicubic."""
    return Photo.from_array(
        np.array(Image.fromarray(truth).resize(_size(truth, scale), Image.Resampling.BICUBIC))
    )


def area(truth: Pixels, scale: int) -> Photo:
    """Reduced as shop software does: area average."""
    return Photo.from_array(cv2.resize(truth, _size(truth, scale), interpolation=cv2.INTER_AREA))


def degraded(truth: Pixels, scale: int) -> Photo:
    """Blurred, reduced by area average, noisy, and saved as JPEG."""
    small = area(cv2.GaussianBlur(truth, (0, 0), _BLUR), scale).pixels
    noise = np.random.default_rng(0).normal(0, _NOISE, small.shape)
    noisy = np.clip(np.rint(small + noise), 0, 255).astype(np.uint8)
    data = cv2.imencode(".jpg", noisy[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes()
    pixels: Pixels = np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB))
    return Photo(pixels, None, Origin("degraded.jpg", "jpeg", data, "", lossless=False))


REDUCTIONS: Mapping[str, Callable[[Pixels, int], Photo]] = MappingProxyType(
    {"bicubic": bicubic, "area": area, "degraded": degraded}
)
"""By name; each makes a photo (H, W, 3) smaller by a whole number per side, which must divide H and W."""


def _size(truth: Pixels, scale: int) -> tuple[int, int]:
    return truth.shape[1] // scale, truth.shape[0] // scale
