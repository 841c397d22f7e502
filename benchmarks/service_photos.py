"""Photos for the service's benchmarks: real ones from a folder, or products drawn with numpy."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

_SIDE = 640
"""Longest side (px) of real photos here: it is the service that is measured, not the models."""


def photos(folder: Path | None, *, side: int = _SIDE, few: int | None = None) -> Iterator[bytes]:
    """JPEG files without end, each one different from all before.

    Args:
        folder: holds ``dev/manifest.csv``; None draws.
        side: longest side in pixels.
        few: only so many originals, again and again, so that any two stretches of time get alike ones.
    """
    originals = [] if folder is None else [folder / "dev" / name for name in _names(folder)]
    if few is not None:
        originals = random.Random(0).sample(originals, few)
    number = 0
    while True:
        if originals:
            picture = Image.open(originals[number % len(originals)]).convert("RGB")
            picture.thumbnail((side, side), Image.Resampling.LANCZOS)
            pixels = np.array(picture)
        else:
            pixels = _product(number, side)
        # The number, in binary, in the last bits of a few pixels' blue: to the eye it is the same photo.
        number += 1
        bits = [(number >> bit) & 1 for bit in range(24)]
        wide = min(8, pixels.shape[1] // len(bits))
        pixels[0, : len(bits) * wide, 2] = np.repeat(np.where(bits, 255, 235).astype(np.uint8), wide)
        buffer = BytesIO()
        Image.fromarray(pixels).save(buffer, "JPEG", quality=95, subsampling=0)
        yield buffer.getvalue()


def _names(folder: Path) -> list[str]:
    with (folder / "dev" / "manifest.csv").open(encoding="utf-8") as lines:
        return [row["file"] for row in csv.DictReader(lines) if row["set"] in ("products", "overlay")]


def _product(number: int, side: int) -> np.ndarray:
    """A speckled stone on white, sharp and evenly lit; each fourth is blurred, so that a person decides."""
    chance = np.random.default_rng(number)
    rows, columns = np.mgrid[:side, :side] / side - 0.5
    angle = np.arctan2(rows, columns)
    outline = 0.36 + 0.02 * np.sin(3 * angle + chance.uniform(0, 6)) + 0.01 * np.sin(7 * angle)
    inside = np.hypot(rows, columns) < outline
    shade = 1.1 - 0.8 * np.hypot(rows + 0.15, columns + 0.15)
    speckles = cv2.GaussianBlur(chance.normal(0, 1, (side, side)), (0, 0), 0.8)
    surface = chance.uniform(70, 180, 3) * (shade + 0.25 * speckles / speckles.std())[..., None]
    pixels = np.where(inside[..., None], surface, 255.0)
    if number % 4 == 3:
        pixels = cv2.GaussianBlur(pixels, (0, 0), 4)
    return np.clip(pixels, 0, 255).astype(np.uint8)
