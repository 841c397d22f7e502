"""A mask of edited pixels as text, and the digest of all that lies outside it."""

from __future__ import annotations

import base64
import hashlib
from io import BytesIO

import numpy as np
from PIL import Image

from packshot.edges.receipt.canonical import from_base64
from packshot.edges.receipt.errors import ReceiptError
from packshot.finding import Mask
from packshot.photo import Pixels

_SIGNATURE = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"


def pack(mask: Mask) -> str:
    """``mask`` (H, W) as a 1-bit PNG in base64; white is True."""
    written = BytesIO()
    Image.fromarray(mask).save(written, "PNG", optimize=True)
    return base64.b64encode(written.getvalue()).decode()


def unpack(text: str, size: tuple[int, int]) -> Mask:
    """The mask that :func:`pack` wrote for a photo of ``size`` (width, height), as (H, W).

    Raises:
        ReceiptError: it is no 1-bit PNG of that size. The size is read before a pixel is decoded.
    """
    data = from_base64(text)
    header = size[0].to_bytes(4, "big") + size[1].to_bytes(4, "big") + b"\x01\0"  # one bit, grey
    if not data.startswith(_SIGNATURE + header):
        raise ReceiptError(detail="its mask is no 1-bit PNG of the input's size")
    try:
        image = Image.open(BytesIO(data), formats=["PNG"])
        image.load()
    except Exception as error:  # a decoder raises anything on broken bytes
        raise ReceiptError(detail="its mask is damaged") from error
    return np.array(image, bool)


def outside_digest(pixels: Pixels, mask: Mask | None) -> str:
    """SHA-256 of the pixels (H, W, 3) where ``mask`` is False, row by row; of all pixels without a mask.

    The pipeline computes the same for each stage that edits in place.
    """
    outside = pixels if mask is None else pixels[~mask]
    return hashlib.sha256(np.ascontiguousarray(outside).data).hexdigest()
