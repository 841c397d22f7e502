"""Text printed on a product that stands before a plain backdrop: straight, crisp, and yet no overlay."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from packshot.finding import Box, Mask
from packshot.inspection.backdrop import find_subject
from packshot.photo import Pixels
from packshot.simulate import OverlayKind, draw
from packshot.simulate.words import pick

PRINTS = (
    OverlayKind.CAPTION, OverlayKind.PROMO, OverlayKind.LOGO, OverlayKind.LOGO, OverlayKind.VERTICAL,
    OverlayKind.BADGE, OverlayKind.HANDWRITING, OverlayKind.DATE_STAMP, OverlayKind.BANNER,
)  # fmt: skip
"""Kinds that also stand on packages, labels and displays."""

_GRID = 256  # cells of the long side on which the subject is found
_LEAST, _MOST = 0.05, 0.75  # share of the photo that a product before a backdrop covers
_INSIDE = 0.97  # share of a print's area that lies on the product
_SMALLEST = 60  # px
_TRIES = 12


def with_prints(pixels: Pixels, rng: Generator) -> Pixels:
    """The photo with one or more prints on its product; the photo itself where it has no plain backdrop."""
    scale = _GRID / max(pixels.shape[:2])
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    subject = find_subject(np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8))
    if not _LEAST < subject.mean() < _MOST:
        return pixels
    printed = pixels
    for _ in range(_TRIES):
        area = _area(subject, scale, pixels.shape, rng)
        if area is None:
            continue
        printed = printed.copy()
        printed[area.slices] = _printed(printed[area.slices], rng)
        if rng.random() < 0.5:
            break
    return printed


def _area(subject: Mask, scale: float, shape: tuple[int, ...], rng: Generator) -> Box | None:
    """A random rectangle on the product, px of the photo; None where it does not fit."""
    rows, columns = np.nonzero(subject)
    x, y = (float(axis[int(rng.integers(len(axis)))]) / scale for axis in (columns, rows))
    width = np.ptp(columns) / scale * rng.uniform(0.25, 0.9)
    height = np.ptp(rows) / scale * rng.uniform(0.2, 0.8)
    box = Box(int(x - width / 2), int(y - height / 2), int(x + width / 2), int(y + height / 2))
    fits = box.x0 >= 0 and box.y0 >= 0 and box.x1 <= shape[1] and box.y1 <= shape[0]
    if not fits or min(box.width, box.height) < _SMALLEST:
        return None
    cells = subject[
        int(box.y0 * scale) : int(box.y1 * scale) + 1, int(box.x0 * scale) : int(box.x1 * scale) + 1
    ]
    return box if cells.mean() >= _INSIDE else None


def _printed(ground: Pixels, rng: Generator) -> Pixels:
    """A print that shares the ground's shading and texture; half of them in slight perspective."""
    overlay = draw(ground, pick(rng, PRINTS), rng)
    sheet = np.dstack([overlay.ink, overlay.alpha])
    height, width = ground.shape[:2]
    if rng.random() < 0.5:
        corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
        moved = corners + rng.uniform(-0.06, 0.06, (4, 2)) * [width, height]
        warp = cv2.getPerspectiveTransform(corners, moved.astype(np.float32))
        sheet = cv2.warpPerspective(sheet, warp, (width, height))
    blur = rng.uniform(0, 1.2)
    if blur > 0.4:
        sheet = cv2.GaussianBlur(sheet, (0, 0), blur)
    ink, alpha = sheet[..., :3], sheet[..., 3:]
    texture = ground - cv2.GaussianBlur(ground, (0, 0), 2).astype(np.float32)
    shaded = ink * _shade(ground, rng)[..., None] + alpha * texture * rng.uniform(0.3, 1)
    return np.clip(ground * (1 - alpha) + shaded, 0, 255).astype(np.uint8)


def _shade(ground: Pixels, rng: Generator) -> NDArray[np.float32]:
    """How bright each pixel of the ground is lit, about 1, (H, W)."""
    grey = cv2.cvtColor(ground, cv2.COLOR_RGB2GRAY).astype(np.float32)
    smooth = cv2.GaussianBlur(grey, (0, 0), max(2.0, 0.06 * max(grey.shape)))
    shade = (smooth / max(1.0, float(np.median(smooth)))) ** rng.uniform(0.3, 1)
    return np.clip(shade, 0.3, 1.3) * np.float32(rng.uniform(0.85, 1))
