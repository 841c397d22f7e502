"""Two photos of one size, pixel against pixel, outside a mask."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from packshot.finding import Mask
from packshot.photo import Photo, Pixels, Plane

Levels = NDArray[Any]
"""A plane (H, W) of numbers."""

BLOCK = 16
"""Pixels a side of the blocks whose brightness a codec must keep: a JPEG's unit at 4:2:0."""

# What a codec may do to a block's mean luma, in levels. Measured over ten patterns in JPEG, WebP and AVIF at
# quality 50: by 2 on noise, gradients and knit; more only where colours alternate from pixel to pixel, which
# 4:2:0 cannot hold (14 on stripes of red and black, whose chroma steps by 87 levels on average).
_ANYWHERE = 4.0
_A_LEVEL_OF_CHROMA_STEP = 0.25

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601, as in JFIF


@dataclass(frozen=True, slots=True)
class Loss:
    """What a lossy codec did outside a mask.

    Attributes:
        largest, mean: difference of a channel, in levels of 255.
        shift: difference of a block's mean luma, in levels, at the worst of the whole blocks of :data:`BLOCK`
            pixels that the mask does not touch; None where there is no such block.
        allowed: how much a codec may shift that block.
    """

    largest: int
    mean: float
    shift: float | None = None
    allowed: float = 0.0


def differing(photo: Photo, original: Photo, mask: Mask | None) -> Mask:
    """Where two photos differ outside ``mask``, (H, W).

    Transparency counts inside it too: no edit alters it.
    """
    pixels: Mask = np.any(photo.pixels != original.pixels, axis=2)
    if mask is not None:
        pixels &= ~mask
    if photo.alpha is not None or original.alpha is not None:
        pixels |= _alpha(photo) != _alpha(original)
    return pixels


def loss(photo: Photo, original: Photo, mask: Mask | None) -> Loss | None:
    """How two photos differ over white outside ``mask``; None where the mask leaves nothing."""
    shape = original.pixels.shape[:2]
    outside = np.ones(shape, bool) if mask is None else ~mask
    if not outside.any():
        return None
    one, other = photo.on_white(), original.on_white()
    difference = np.abs(one.astype(np.int16) - other)[outside]
    measured = Loss(int(difference.max()), float(difference.mean()))
    whole = _blocks(outside).all((1, 3))
    if not whole.any():
        return measured
    shifts = np.abs(_blocks(one @ _LUMA).mean((1, 3)) - _blocks(other @ _LUMA).mean((1, 3)))[whole]
    allowed = _ANYWHERE + _A_LEVEL_OF_CHROMA_STEP * _blocks(_chroma_steps(other)).mean((1, 3))[whole]
    worst = int(np.argmax(shifts - allowed))
    return replace(measured, shift=float(shifts[worst]), allowed=float(allowed[worst]))


def _chroma_steps(pixels: Pixels) -> Levels:
    """The largest change of Cb or Cr to the next pixel, rightwards or downwards, (H, W)."""
    chroma = cv2.cvtColor(pixels, cv2.COLOR_RGB2YCrCb)[..., 1:]
    right = cv2.absdiff(chroma[:, 1:], chroma[:, :-1])
    down = cv2.absdiff(chroma[1:], chroma[:-1])
    steps = np.zeros_like(chroma)
    steps[:, :-1] = right
    steps[:-1] = np.maximum(steps[:-1], down)
    largest: Levels = steps.max(axis=2)
    return largest


def _alpha(photo: Photo) -> Plane:
    return np.full(photo.pixels.shape[:2], 255, np.uint8) if photo.alpha is None else photo.alpha


def _blocks(plane: Levels) -> Levels:
    """A plane (H, W) as (rows, BLOCK, columns, BLOCK) of its whole blocks."""
    rows, columns = plane.shape[0] // BLOCK, plane.shape[1] // BLOCK
    return plane[: rows * BLOCK, : columns * BLOCK].reshape(rows, BLOCK, columns, BLOCK)
