"""Back-projection: a photo that was enlarged must, when it is reduced again, be the photo it was made from.

Irani and Peleg, "Improving Resolution by Image Registration", CVGIP 1991, used once and with a wide kernel.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from packshot.finding import Finding, Mask, Severity
from packshot.photo import Photo, Pixels

_STRIP = 128  # rows of the small photo a step: floats of a whole enlarged photo would take gigabytes
_DRIFT_SIGMA = 2.0  # px of the small photo: below this lie detail and the noise that a denoiser took out
_MAX_DRIFT = 8.0  # levels


def back_project(large: Pixels, small: Pixels, sigma: float) -> Pixels:
    """Make the area average of ``large`` follow ``small``: ``large += up(blur(small - down(large)))``.

    Args:
        large: the enlarged photo, (s * H, s * W, 3).
        small: what it was made from, (H, W, 3).
        sigma: standard deviation of the blur in pixels of ``small``. Wide corrects colour drift alone; narrow
            holds the detail to the input too, with the input's noise and JPEG artefacts.
    """
    height, width = small.shape[:2]
    scale = large.shape[0] // height
    drift = cv2.GaussianBlur(_difference(large, small), (0, 0), sigma)
    corrected = np.empty_like(large)
    for top in range(0, height, _STRIP):
        bottom = min(top + _STRIP, height)
        # Two rows of neighbours make the strip interpolate as the whole would.
        first, last = max(0, top - 2), min(height, bottom + 2)
        size = (width * scale, (last - first) * scale)
        upscaled = cv2.resize(drift[first:last], size, interpolation=cv2.INTER_LINEAR)
        rows = slice(top * scale, bottom * scale)
        correction = upscaled[(top - first) * scale : (bottom - first) * scale]
        corrected[rows] = np.clip(large[rows] + correction + np.float32(0.5), 0, 255).astype(np.uint8)
    return corrected


def back_projection_error(before: Photo, after: Photo, mask: Mask | None) -> Finding | None:
    """No-harm check of an enlargement: colour and light may drift nowhere.

    The enlarged photo is averaged back to the input's size, and the difference blurred with sigma 2. Over 24
    photos its 99.9th percentile is at most 2.0 levels for SPAN, 5.7 for the denoising chain on photos with
    blur, noise and JPEG 60 (both after :func:`back_project`), and at least 27 for a shift by one pixel.
    """
    del mask
    drift = cv2.GaussianBlur(_difference(after.pixels, before.pixels), (0, 0), _DRIFT_SIGMA)
    worst = float(np.quantile(np.abs(drift), 0.999))
    if worst <= _MAX_DRIFT:
        return None
    return Finding(
        code="back_projection_error",
        severity=Severity.ERROR,
        score=min(1.0, worst / (4 * _MAX_DRIFT)),
        message=f"The enlarged photo drifts {worst:.1f} levels from its input; {_MAX_DRIFT:g} is the limit.",
        evidence={"drift_levels": round(worst, 2), "limit": _MAX_DRIFT},
    )


def _difference(large: Pixels, small: Pixels) -> NDArray[np.float32]:
    """``small - down(large)`` in levels, float32 (H, W, 3), where down is the area average."""
    size = (small.shape[1], small.shape[0])
    reduced: Pixels = cv2.resize(large, size, interpolation=cv2.INTER_AREA)
    difference: NDArray[np.float32] = small.astype(np.float32) - reduced
    return difference
