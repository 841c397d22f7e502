"""Stamping an overlay on a clean photo, with the truth kept."""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from packshot.finding import Box
from packshot.photo import Pixels
from packshot.simulate.canvas import Coverage
from packshot.simulate.overlays import OverlayKind, draw


@dataclass(frozen=True, slots=True)
class Stamped:
    """A photo with an overlay, and the truth about it.

    Attributes:
        pixels: the photo with the overlay, uint8 (H, W, 3).
        clean: the same photo without it: what a perfect removal gives back, uint8 (H, W, 3).
        alpha: opacity of the overlay per pixel, float32 (H, W), 0..1.
        kind: what was stamped.
        box: the smallest rectangle that holds every pixel with ``alpha`` above 0.
        text: what the overlay says.
    """

    pixels: Pixels = field(repr=False)
    clean: Pixels = field(repr=False)
    alpha: Coverage = field(repr=False)
    kind: OverlayKind
    box: Box
    text: str


def generator(seed: int, *names: str) -> np.random.Generator:
    """A random generator that depends on ``seed`` and ``names`` and on nothing else."""
    return np.random.Generator(np.random.PCG64([seed, *(zlib.crc32(name.encode()) for name in names)]))


def stamp(pixels: Pixels, kind: OverlayKind, seed: int, *, jpeg: int | None = None) -> Stamped:
    """Stamp an overlay of ``kind`` on a photo. Equal arguments and equal fonts give equal results.

    Args:
        pixels: a clean photo, uint8 (H, W, 3).
        kind: what to stamp.
        seed: chooses text, font, colour, size, place and opacity.
        jpeg: quality 1..100 that the stamped photo is compressed with afterwards; ``clean`` is compressed
            likewise, and pixels outside the overlay may then differ within the blocks that it touches.
    """
    overlay = draw(pixels, kind, generator(seed, kind))
    stamped, clean = overlay.over(pixels), pixels.copy()
    if jpeg is not None:
        stamped, clean = through_jpeg(stamped, jpeg), through_jpeg(clean, jpeg)
    return Stamped(stamped, clean, overlay.alpha, kind, Box.of_mask(overlay.alpha > 0), overlay.text)


def through_jpeg(pixels: Pixels, quality: int) -> Pixels:
    """``pixels`` as they come back from a JPEG of ``quality`` 1..100 with 4:2:0 chroma."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality, subsampling="4:2:0")
    return np.asarray(Image.open(buffer))
