"""Visible JPEG blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from packshot.finding import Finding
from packshot.inspection.inspector import Setup
from packshot.inspection.limits import Limits
from packshot.inspection.view import View

_BLOCK = 8
# Steps between neighbours larger than this are the photo's own edges.
_MAX_STEP = 12.0
_MIN_BLOCKINESS = 1.0
# Of 395 shop photos 2 measure below 45, and both show it; the next is at 50. What was saved at 15, 30 and 50
# measures 13 to 15, 28 to 30 and 47 to 50.
_QUALITY = Limits(warning=45.0, error=25.0, worst=5.0)

# Rows and columns of the lowest frequencies and their divisors at quality 50 (JPEG standard, table K.1).
_FREQUENCIES = ((0, 1), (1, 0), (1, 1), (0, 2), (2, 0))
_DIVISORS = np.array([11.0, 12.0, 12.0, 10.0, 14.0])
_STEPS = np.arange(3, 81)
_BIN = 0.5
_REACH = 200.0
_MAX_BLOCKS = 4096


class Compression:
    """The 8x8 grid of strong JPEG compression, and the quality it was saved at.

    Blockiness is the excess of the steps across the grid over their neighbours, in grey levels, summed over
    both directions. Quality is read from the photo itself: coefficients that were quantised lie at
    multiples of the divisor ``d``, so the mean of ``cos(2 pi c / d)`` is near 1 for it (and its fractions).
    A photo that was resized since shows no grid and passes here; see the resolution inspector.
    """

    name: ClassVar[str] = "compression"
    codes: ClassVar[frozenset[str]] = frozenset({"jpeg_artifacts"})
    roles: ClassVar[Mapping[str, str]] = MappingProxyType({})

    def __init__(self, setup: Setup) -> None:
        del setup

    def inspect(self, view: View) -> Sequence[Finding]:
        """One finding where the blocks of strong JPEG compression show."""
        blockiness, quality = measure_compression(view)
        severity = None if quality is None else _QUALITY.severity(quality)
        if quality is None or severity is None:
            return ()
        message = f"JPEG blocks show: the photo was saved at about quality {quality:.0f} (use 80 or more)."
        evidence = {"blockiness": round(blockiness, 3), "quality": round(quality, 1)}
        return [Finding("jpeg_artifacts", severity, _QUALITY.score(quality), message, evidence=evidence)]


def measure_compression(view: View) -> tuple[float, float | None]:
    """Blockiness in grey levels and JPEG quality, 1 to 100; None where no quality can be told."""
    down, across = _grid(view, 0), _grid(view, 1)
    blockiness = float(down.max() + across.max())
    if blockiness < _MIN_BLOCKINESS:
        return blockiness, None
    return blockiness, _quality(_blocks(view, int(down.argmax()), int(across.argmax())))


def _grid(view: View, axis: int) -> NDArray[np.float64]:
    """Excess of the steps into rows (axis 0) or columns (1) of each phase, (8,), in grey levels."""
    excess, counts = np.zeros(_BLOCK), np.zeros(_BLOCK)
    for window in view.windows:
        grey, subject = (window.grey, window.subject) if axis == 0 else (window.grey.T, window.subject.T)
        start = window.box.y0 if axis == 0 else window.box.x0
        steps = cv2.min(cv2.absdiff(grey[1:], grey[:-1]), _MAX_STEP)
        inside = subject[2:-1]
        bump = np.where(inside, steps[1:-1] - (steps[:-2] + steps[2:]) / 2, 0)
        phase = (np.arange(len(bump)) + start + 2) % _BLOCK
        excess += np.bincount(phase, bump.sum(axis=1), _BLOCK)
        counts += np.bincount(phase, inside.sum(axis=1), _BLOCK)
    mean = excess / np.maximum(counts, 1)
    # A doubled photo steps at every other pixel; only what is above all other phases is a grid of eight.
    mean[mean.argmax()] -= max(0.0, float(np.sort(mean)[-2]))
    return mean


def _blocks(view: View, top: int, left: int) -> NDArray[np.float32]:
    """Blocks (n, 8, 8) on the grid of that phase which hold something and are not clipped."""
    found = []
    for window in view.windows:
        rows = window.grey[(top - window.box.y0) % _BLOCK :]
        part = rows[:, (left - window.box.x0) % _BLOCK :]
        height, width = part.shape[0] // _BLOCK, part.shape[1] // _BLOCK
        tiles = part[: height * _BLOCK, : width * _BLOCK].reshape(height, _BLOCK, width, _BLOCK)
        found.append(tiles.swapaxes(1, 2).reshape(-1, _BLOCK, _BLOCK))
    blocks = np.concatenate(found)
    blocks = blocks[:: max(1, len(blocks) // _MAX_BLOCKS)]
    low, high = blocks.min(axis=(1, 2)), blocks.max(axis=(1, 2))
    usable: NDArray[np.float32] = blocks[(low > 1) & (high < 254) & (high - low > 2)]
    return usable


def _quality(blocks: NDArray[np.float32]) -> float | None:
    """JPEG quality 1 to 100 on the IJG scale; None when the coefficients show no common divisor."""
    transform = cv2.dct(np.eye(_BLOCK, dtype=np.float32), flags=cv2.DCT_ROWS).T
    edges = np.arange(-_REACH, _REACH + _BIN, _BIN) - _BIN / 2
    centres = edges[:-1] + _BIN / 2
    comb = np.cos(2 * np.pi * centres / _STEPS[:, None])
    # Zero is a multiple of everything.
    telling = np.abs(centres) > 0.6 * _STEPS[:, None]
    qualities = []
    for (row, column), divisor in zip(_FREQUENCIES, _DIVISORS, strict=True):
        coefficients = np.einsum("nij,i,j->n", blocks, transform[row], transform[column], optimize=True)
        counts = np.histogram(coefficients, edges)[0]
        seen = telling @ counts
        concentration = (comb * telling) @ counts / np.maximum(seen, 1)
        fits = np.flatnonzero((concentration > 0.6) & (seen >= 40))
        if len(fits):
            scale = 100 * _STEPS[fits[-1]] / divisor
            qualities.append((200 - scale) / 2 if scale < 100 else 5000 / scale)
    return float(np.median(qualities)) if len(qualities) >= 3 else None
