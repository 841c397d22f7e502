"""Masks as pictures: what people paint, and what was edited."""

from __future__ import annotations

from io import BytesIO

from PIL import Image

from packshot.edges.decode import open_photo
from packshot.finding import Mask


def mask_png(mask: Mask) -> bytes:
    """A mask (H, W) as a one-bit PNG, white where it is set."""
    buffer = BytesIO()
    Image.fromarray(mask).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def decode_mask(data: bytes) -> Mask:
    """A mask from a picture: set where it is bright and opaque.

    Raises:
        UndecodableError, UnsupportedFormatError, TooLargeError: it is no readable picture.
    """
    picture = open_photo(data, name="mask")
    mask: Mask = picture.pixels.max(2) >= 128
    return mask if picture.alpha is None else mask & (picture.alpha >= 128)
