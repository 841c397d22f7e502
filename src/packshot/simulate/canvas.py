"""A transparent sheet the size of a photo, on which an overlay is drawn back to front."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from packshot.photo import Pixels
from packshot.simulate.words import pick

Coverage = NDArray[np.float32]
"""How much of each pixel a shape covers, float32 (h, w), 0..1."""
Colour = NDArray[np.float32]
"""RGB 0..255, float32, shape (3,) or (h, w, 3)."""

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
WHITE = np.full(3, 255, np.float32)
BLACK = np.zeros(3, np.float32)


class Canvas:
    """Where one overlay is drawn; belongs to one call of one thread.

    Attributes:
        pixels: the photo under the sheet, uint8 (H, W, 3): drawers look at it to choose colours.
        alpha: opacity so far, float32 (H, W), 0..1.
        ink: colour so far, premultiplied by ``alpha``, float32 (H, W, 3), 0..255.
    """

    def __init__(self, pixels: Pixels) -> None:
        self.pixels = pixels
        self.height, self.width = pixels.shape[:2]
        self.alpha: Coverage = np.zeros(pixels.shape[:2], np.float32)
        self.ink: Colour = np.zeros(pixels.shape, np.float32)

    @property
    def side(self) -> int:
        """The shorter side in pixels: sizes are fractions of it."""
        return int(min(self.height, self.width))

    def paint(
        self, shape: Coverage, colour: Colour, centre: tuple[float, float], opacity: float = 1.0
    ) -> None:
        """Lay ``shape`` in ``colour`` over what is there (Porter and Duff's *over*), clipped to the sheet.

        Args:
            shape: coverage, float32 (h, w).
            colour: RGB 0..255, (3,) or (h, w, 3).
            centre: (x, y) of the shape's middle.
            opacity: 0..1, multiplies the coverage.
        """
        height, width = shape.shape
        left, top = round(centre[0] - width / 2), round(centre[1] - height / 2)
        x0, y0 = max(0, left), max(0, top)
        x1, y1 = min(self.width, left + width), min(self.height, top + height)
        if x0 >= x1 or y0 >= y1:
            return
        inside = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
        source = shape[inside] * np.float32(opacity)
        tint = colour if colour.ndim == 1 else colour[inside]
        target = (slice(y0, y1), slice(x0, x1))
        self.ink[target] = self.ink[target] * (1 - source[..., None]) + tint * source[..., None]
        self.alpha[target] += source * (1 - self.alpha[target])

    def under(self, centre: tuple[float, float], size: tuple[float, float]) -> Colour:
        """Mean colour, (3,), of photo and overlay so far in a rectangle of ``size`` (width, height)."""
        x0 = int(np.clip(centre[0] - size[0] / 2, 0, self.width - 1))
        y0 = int(np.clip(centre[1] - size[1] / 2, 0, self.height - 1))
        area = (slice(y0, y0 + max(1, int(size[1]))), slice(x0, x0 + max(1, int(size[0]))))
        mean: Colour = (self.pixels[area] * (1 - self.alpha[area][..., None]) + self.ink[area]).mean((0, 1))
        return mean


def vivid(rng: Generator) -> Colour:
    """A saturated colour, as brands and sale signs use."""
    hue, saturation, value = rng.uniform(0, 6), rng.uniform(0.55, 1), rng.uniform(0.45, 1)
    ramp = np.clip(np.abs((hue + np.array([0, 4, 2])) % 6 - 3) - 1, 0, 1)
    return np.asarray(255 * value * (1 - saturation * (1 - ramp)), np.float32)


def contrasting(rng: Generator, under: Colour, at_least: float = 70) -> Colour:
    """White, black, a grey or a vivid colour that differs by ``at_least`` luma levels from ``under``."""
    if rng.random() < 0.4:
        return opposite(under)
    for _ in range(6):
        chosen = vivid(rng) if rng.random() < 0.85 else np.full(3, rng.uniform(0, 255), np.float32)
        if abs(float((chosen - under) @ LUMA)) >= at_least:
            return chosen
    return opposite(under)


def opposite(under: Colour) -> Colour:
    """White over dark, black over light."""
    return BLACK if float(under @ LUMA) > 127 else WHITE


def gradient(shape: tuple[int, ...], first: Colour, second: Colour, *, down: bool) -> Colour:
    """A linear gradient between two colours, float32 (h, w, 3)."""
    height, width = shape[:2]
    ramp = np.linspace(0, 1, height if down else width, dtype=np.float32)
    weight = np.broadcast_to(ramp[:, None] if down else ramp[None, :], (height, width))[..., None]
    blended: Colour = first * (1 - weight) + second * weight
    return blended


def place(
    rng: Generator, canvas: Canvas, size: Sequence[float], anchors: Sequence[str]
) -> tuple[float, float]:
    """A centre for something of ``size`` (width, height) at one of ``anchors``, with a small margin.

    An anchor is two letters: top, middle or bottom, then left, centre or right (``tl``, ``mc``, ``br``), or
    ``any`` for a place drawn at random.
    """
    anchor = pick(rng, anchors)
    margin = canvas.side * rng.uniform(0.01, 0.06)
    low = (size[0] / 2 + margin, size[1] / 2 + margin)
    high = (canvas.width - low[0], canvas.height - low[1])
    if anchor == "any":
        x, y = (float(rng.uniform(min(a, b), max(a, b))) for a, b in zip(low, high, strict=True))
        return x, y
    x = {"l": low[0], "c": canvas.width / 2, "r": high[0]}[anchor[1]]
    y = {"t": low[1], "m": canvas.height / 2, "b": high[1]}[anchor[0]]
    return x, y
