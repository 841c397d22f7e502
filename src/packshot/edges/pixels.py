"""From whatever a file stores to the one pixel convention: RGB uint8 sRGB, upright, with straight alpha."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image, ImageCms
from PIL.ImageFile import ImageFile
from PIL.TiffImagePlugin import TiffImageFile

from packshot.errors import UnsupportedFormatError
from packshot.photo import Pixels, Plane

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# Pillow's modes with 8 bits a channel or fewer, and the mode that holds the same without a palette.
_EIGHT_BIT = {
    "1": "L",
    "L": "L",
    "LA": "LA",
    "P": "RGB",
    "PA": "RGBA",
    "RGB": "RGB",
    "RGBX": "RGB",
    "RGBA": "RGBA",
    "YCbCr": "RGB",
    "CMYK": "CMYK",
}
_BITS_PER_SAMPLE, _PHOTOMETRIC = 258, 262
_WHITE_IS_ZERO = 0


def stored_depth(image: ImageFile, data: bytes) -> int:
    """Bits per channel as stored in the file."""
    if image.format == "PNG":
        return data[24]
    if isinstance(image, TiffImageFile):
        return int(image.tag_v2.get(_BITS_PER_SAMPLE, (1,))[0])
    if image.format == "AVIF" and (at := data.find(b"pixi")) >= 0:
        return data[at + 9]  # after version, flags and the number of channels (ISO/IEC 23008-12, 6.5.6)
    return 1 if image.mode == "1" else 8


def eight_bit(image: ImageFile, data: bytes, depth: int, name: str) -> Image.Image:
    """``image`` (loaded) with 8 bits a channel: mode L, LA, RGB, RGBA or CMYK.

    A sample of n bits becomes ``round(v * 255 / (2**n - 1))``, so black, white and grey stay where they were.

    Raises:
        UnsupportedFormatError: the samples are 32-bit integers, floating point or another rare kind.
    """
    mode = image.mode
    if mode.startswith("I;16"):
        return _deep_grey(image, depth)
    if depth == 16 and mode in ("RGB", "RGBA", "LA"):
        return _deep_colour(image, data)
    if mode in ("1", "L", "P", "PA", "RGB") and "transparency" in image.info:
        return image.convert("RGBA")
    if mode == "LAB":
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        return ImageCms.buildTransform(lab, srgb, "LAB", "RGB").apply(image)
    if mode not in _EIGHT_BIT:
        found = f"a {image.format} with samples of kind {mode}"
        raise UnsupportedFormatError(name=name, found=found, choices="8 and 16 bits per channel")
    return image if mode == _EIGHT_BIT[mode] else image.convert(_EIGHT_BIT[mode])


def upright(image: Image.Image, orientation: int) -> Image.Image:
    """``image`` turned and mirrored as its EXIF orientation (1 to 8) says it is to be shown."""
    return image if orientation == 1 else image.transpose(_UPRIGHT[orientation])


def to_arrays(image: Image.Image) -> tuple[Pixels, Plane | None]:
    """Pixels (H, W, 3) and alpha (H, W) of an RGB or RGBA image; alpha is None when opaque throughout."""
    if image.mode == "RGB":
        return np.asarray(image), None
    alpha = image.getchannel("A")
    if alpha.getextrema() == (255, 255):
        return np.asarray(image.convert("RGB")), None
    return np.asarray(image.convert("RGB")), np.asarray(alpha)


def _deep_grey(image: ImageFile, depth: int) -> Image.Image:
    """16-bit grey, by numpy: Pillow's own conversion clips or truncates."""
    samples = np.asarray(image).astype(np.uint16)
    levels = cv2.convertScaleAbs(samples, alpha=255 / (2**depth - 1))
    # Pillow inverts 'white is zero' for 8-bit TIFF only.
    if isinstance(image, TiffImageFile) and image.tag_v2.get(_PHOTOMETRIC) == _WHITE_IS_ZERO:
        levels = 255 - levels
    grey = Image.fromarray(levels)
    if "transparency" not in image.info:
        return grey
    cover = np.where(samples == image.info["transparency"], 0, 255).astype(np.uint8)
    return Image.merge("LA", (grey, Image.fromarray(cover)))


def _deep_colour(image: ImageFile, data: bytes) -> Image.Image:
    """16-bit colour, by OpenCV: Pillow keeps the high byte only."""
    samples = np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED))
    has_alpha = samples.shape[2] == 4
    ordered = cv2.cvtColor(samples, cv2.COLOR_BGRA2RGBA if has_alpha else cv2.COLOR_BGR2RGB)
    levels = cv2.convertScaleAbs(ordered, alpha=255 / 65535)
    if "transparency" in image.info and not has_alpha:
        cover = np.where((ordered == image.info["transparency"]).all(2), 0, 255).astype(np.uint8)
        levels = np.dstack((levels, cover))
    return Image.fromarray(levels)
