"""How strongly a JPEG file was compressed, read from its quantisation tables."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import numpy as np
from PIL.JpegImagePlugin import JpegImageFile, get_sampling

# fmt: off
# ITU-T T.81, table K.1: luminance, which libjpeg scales by its quality setting.
_LUMINANCE = np.array(
    [
        16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55,
        14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
        18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
        49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
    ]
)
# fmt: on
_ORIENTATION = 0x0112  # EXIF tag
_QUALITIES = np.arange(1, 101)
_SCALES = np.where(_QUALITIES < 50, 5000 // _QUALITIES, 200 - 2 * _QUALITIES)
_TABLES = np.clip((_LUMINANCE * _SCALES[:, None] + 50) // 100, 1, 255)
Tables = dict[int, list[int]]
"""Quantisation steps, 64 a table, by the table's number in the file."""
_SUBSAMPLINGS = {0: "4:4:4", 1: "4:2:2", 2: "4:2:0"}


def estimate_quality(luminance: Sequence[int]) -> int:
    """The libjpeg quality, 1 to 100, whose luminance table is nearest to ``luminance`` (64 steps, any order).

    Exact for files of libjpeg and its descendants. For other tables (Photoshop, cameras) it is the quality
    that quantises about as strongly: the least sum of absolute differences between the sorted steps, so that
    the order in which a reader hands them out does not matter.
    """
    steps = np.sort(np.asarray(luminance, np.int64))
    distance = np.abs(np.sort(_TABLES, axis=1) - steps).sum(1)
    return int(_QUALITIES[len(distance) - 1 - np.argmin(distance[::-1])])


def quantisation_of(data: bytes, size: tuple[int, int]) -> Tables | None:
    """The quantisation tables of a JPEG file, for writing its pixels again.

    Blocks that were not touched then fall on the very steps that they came from. None where they would not:
    the file's pixels are not those of a photo of ``size`` (width, height) from the same corner, or it has
    no colours.
    """
    image = JpegImageFile(BytesIO(data))
    upright = image.getexif().get(_ORIENTATION, 1) == 1
    if image.size != size or not upright or image.mode != "RGB":
        return None
    return dict(image.quantization)


def compression_of(data: bytes) -> tuple[int, str]:
    """Estimated quality (1 to 100) and chroma subsampling (``4:4:4``, ``4:2:2``, ``4:2:0``) of a JPEG file.

    A layout that libjpeg's encoder is not asked for by name, such as 4:1:1 or grey, counts as 4:2:0.
    """
    image = JpegImageFile(BytesIO(data))
    return estimate_quality(image.quantization[0]), _SUBSAMPLINGS.get(get_sampling(image), "4:2:0")
