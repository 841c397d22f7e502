"""How strongly a photo's own file compressed it, read from the file's quantisation tables."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from packshot.photo import Photo

# Luminance divisors at quality 50 (ITU-T T.81, table K.1); their order does not matter for the sum.
_STANDARD_SUM = 3688


def jpeg_quality(photo: Photo) -> float | None:
    """Quality on the scale of the Independent JPEG Group, 1 to 100; None for a photo that is no JPEG file.

    Nothing is decoded. Tables that are not the standard's get the quality whose divisors have the same sum.
    """
    if photo.origin.format != "jpeg" or not photo.origin.data:
        return None
    with Image.open(io.BytesIO(photo.origin.data)) as header:
        tables: dict[int, list[int]] = header.quantization  # type: ignore[attr-defined]
    percent = 100 * float(np.sum(tables[0])) / _STANDARD_SUM
    return max(1.0, (200 - percent) / 2 if percent < 100 else 5000 / percent)
