"""Small pictures of a photo for the report: before, after, and where it was edited."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from packshot.edges.encode import write_atomically
from packshot.finding import Mask
from packshot.photo import Photo, Pixels
from packshot.trail import Trail

LONG_SIDE = 800
"""Longest side in pixels: strokes of a date stamp are still seen, and 100 photos stay near 20 MB."""
_QUALITY = 82
_MASK_COLOUR = (255, 0, 102)


def write_previews(photo: Photo, trail: Trail, folder: Path, name: str) -> dict[str, str]:
    """Write the previews of one photo to ``folder``.

    Args:
        photo: as it came.
        trail: what became of it.
        folder: where to; it must exist.
        name: beginning of the file names.

    Returns:
        ``before``, and where the photo was changed ``after`` and ``mask``, each with its file name.

    Raises:
        OSError: a file cannot be written.
    """
    pictures = {"before": _jpeg(photo.on_white())}
    if trail.changed and trail.photo is not None:
        pictures["after"] = _jpeg(trail.photo.on_white())
    if trail.mask is not None and trail.mask.any():
        pictures["mask"] = _mask_png(trail.mask)
    names = {kind: f"{name}-{kind}{'.png' if kind == 'mask' else '.jpg'}" for kind in pictures}
    for kind, data in pictures.items():
        write_atomically(folder / names[kind], data)
    return names


def _size(shape: tuple[int, ...]) -> tuple[int, int]:
    scale = min(1.0, LONG_SIDE / max(shape[:2]))
    return max(1, round(shape[1] * scale)), max(1, round(shape[0] * scale))


def _jpeg(pixels: Pixels) -> bytes:
    buffer = BytesIO()
    small = cv2.resize(pixels, _size(pixels.shape), interpolation=cv2.INTER_AREA)
    Image.fromarray(small).save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()


def _mask_png(mask: Mask) -> bytes:
    """Two palette entries, one transparent; a preview pixel is marked when any pixel under it was edited."""
    share = cv2.resize(mask.astype(np.float32), _size(mask.shape), interpolation=cv2.INTER_AREA)
    image = Image.fromarray((share > 0).astype(np.uint8), "P")
    image.putpalette([*(0, 0, 0), *_MASK_COLOUR])
    buffer = BytesIO()
    image.save(buffer, "PNG", bits=1, transparency=0, optimize=True)
    return buffer.getvalue()
