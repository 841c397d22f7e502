"""Shapes as coverage: plates, badges, bars and the small icons of shop photos."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from packshot.simulate.canvas import Coverage
from packshot.simulate.words import pick

OVERSAMPLING = 4
"""Shapes are drawn this much larger and reduced, for smooth edges."""

Points = NDArray[np.float64]


def drawn(width: float, height: float, draw: Callable[[ImageDraw.ImageDraw, float, float], None]) -> Coverage:
    """The coverage of what ``draw(sheet, width, height)`` paints with fill 255, float32 (h, w)."""
    columns, rows = max(2, round(width)), max(2, round(height))
    image = Image.new("L", (columns * OVERSAMPLING, rows * OVERSAMPLING))
    draw(ImageDraw.Draw(image), columns * OVERSAMPLING - 1, rows * OVERSAMPLING - 1)
    return np.asarray(image.reduce(OVERSAMPLING), np.float32) / np.float32(255)


def polygon(width: float, height: float, points: Points) -> Coverage:
    """A filled polygon whose ``points`` (n, 2) are given in 0..1 of ``width`` and ``height``."""
    return drawn(width, height, lambda sheet, w, h: sheet.polygon(_scaled(points, w, h), fill=255))


def rounded(width: float, height: float, roundness: float) -> Coverage:
    """A rectangle with corners of radius ``roundness`` (0..0.5) times its height."""
    return drawn(
        width, height, lambda sheet, w, h: sheet.rounded_rectangle((0, 0, w, h), roundness * h, fill=255)
    )


def ellipse(width: float, height: float) -> Coverage:
    """A filled ellipse."""
    return drawn(width, height, lambda sheet, w, h: sheet.ellipse((0, 0, w, h), fill=255))


def ring(size: float, thickness: float) -> Coverage:
    """A circle's line; ``thickness`` as a fraction of ``size``."""

    def draw(sheet: ImageDraw.ImageDraw, w: float, h: float) -> None:
        sheet.ellipse((0, 0, w, h), outline=255, width=max(1, round(thickness * w)))

    return drawn(size, size, draw)


def star(width: float, height: float, points: int, depth: float) -> Coverage:
    """A star or starburst with ``points`` tips; ``depth`` is the inner radius over the outer."""
    angles = np.linspace(0, 2 * np.pi, 2 * points, endpoint=False) - np.pi / 2
    radius = np.where(np.arange(2 * points) % 2, depth, 1.0)
    corners = np.stack([radius * np.cos(angles), radius * np.sin(angles)], 1) / 2 + 0.5
    return polygon(width, height, corners)


def slanted(width: float, height: float, slant: float) -> Coverage:
    """A parallelogram; ``slant`` is the shift of its top as a fraction of the width."""
    return polygon(width, height, np.array([[slant, 0], [1, 0], [1 - slant, 1], [0, 1]]))


def tag(width: float, height: float) -> Coverage:
    """A price tag: a rectangle with a point at its left end."""
    notch = min(0.4, height / width / 2)
    return polygon(width, height, np.array([[0, 0.5], [notch, 0], [1, 0], [1, 1], [notch, 1]]))


def ribbon(width: float, height: float) -> Coverage:
    """A ribbon with swallow-tailed ends."""
    cut = min(0.2, height / width / 3)
    corners = [[0, 0], [1, 0], [1 - cut, 0.5], [1, 1], [0, 1], [cut, 0.5]]
    return polygon(width, height, np.array(corners))


def shield(width: float, height: float) -> Coverage:
    """A shield, as on warranty badges."""
    sweep = np.linspace(0, np.pi, 24)
    curve = np.stack([0.5 + 0.5 * np.cos(sweep), 0.45 + 0.55 * np.sin(sweep)], 1)
    return polygon(width, height, np.concatenate([np.array([[0.0, 0.08], [0.5, 0.0], [1.0, 0.08]]), curve]))


def line(width: float, height: float, points: Points, thickness: float) -> Coverage:
    """A polyline through ``points`` (n, 2) in 0..1, ``thickness`` in pixels."""

    def draw(sheet: ImageDraw.ImageDraw, w: float, h: float) -> None:
        wide = max(1, round(thickness * OVERSAMPLING))
        sheet.line(_scaled(points, w, h), fill=255, width=wide, joint="curve")

    return drawn(width, height, draw)


def icon(rng: Generator, size: float) -> Coverage:
    """A small pictogram of ``size`` pixels: star, tick, heart, leaf, cart, waves, ..., or an emblem."""
    return emblem(rng, size) if rng.random() < _EMBLEMS else pick(rng, _ICONS)(size)


def emblem(rng: Generator, size: float) -> Coverage:
    """An abstract sign of ``size`` pixels, as shops have: a few strokes, arcs or blocks, some in a frame."""
    thickness = size * rng.uniform(0.03, 0.12)
    sign = np.zeros((max(2, round(size)),) * 2, np.float32)
    inner = 0.8 if rng.random() < 0.5 else 1.0
    if inner < 1:
        frame = pick(rng, (ring(size, thickness / size), _block(rng, size, thickness, size)))
        sign = np.maximum(sign, _middle(frame, sign))
    for _ in range(int(rng.integers(1, 4))):
        span = size * inner * rng.uniform(0.5, 1)
        part = pick(rng, (_stroke, _arc, _block))(rng, span, thickness, size)
        blend = np.maximum if rng.random() < 0.8 else np.subtract
        sign = blend(sign, _middle(part, sign)).clip(0, 1)
    return sign if sign.max() > 0.5 else _monogram(size)


def _stroke(rng: Generator, span: float, thickness: float, size: float) -> Coverage:
    """A polyline, most often of level and upright pieces, as a monogram's."""
    del size
    points = rng.uniform(0.05, 0.95, (int(rng.integers(3, 6)), 2))
    if rng.random() < 0.6:
        points[1::2, 0] = points[:-1:2, 0][: len(points[1::2])]
    return line(span, span, points, thickness)


def _arc(rng: Generator, span: float, thickness: float, size: float) -> Coverage:
    """A part of a circle's line."""
    del size
    start, sweep = rng.uniform(0, 360), rng.uniform(120, 330)

    def draw(sheet: ImageDraw.ImageDraw, w: float, h: float) -> None:
        sheet.arc((0, 0, w, h), start, start + sweep, 255, max(1, round(thickness * OVERSAMPLING)))

    return drawn(span, span, draw)


def _block(rng: Generator, span: float, thickness: float, size: float) -> Coverage:
    """A regular polygon, filled or as a line."""
    del size
    count, turn = int(rng.integers(3, 9)), rng.uniform(0, 2 * np.pi)
    angles = np.linspace(0, 2 * np.pi, count + 1) + turn
    corners = np.stack([np.cos(angles), np.sin(angles)], 1) * 0.46 + 0.5
    return polygon(span, span, corners) if rng.random() < 0.5 else line(span, span, corners, thickness)


def _middle(part: Coverage, sheet: Coverage) -> Coverage:
    """``part`` in the middle of an empty sheet as large as ``sheet``."""
    placed = np.zeros_like(sheet)
    height, width = (min(a, b) for a, b in zip(part.shape, sheet.shape, strict=True))
    top, left = (sheet.shape[0] - height) // 2, (sheet.shape[1] - width) // 2
    placed[top : top + height, left : left + width] = part[:height, :width]
    return placed


def _tick(size: float) -> Coverage:
    return line(size, size, np.array([[0.15, 0.55], [0.4, 0.8], [0.85, 0.2]]), size * 0.14)


def _heart(size: float) -> Coverage:
    t = np.linspace(0, 2 * np.pi, 60)
    x = 16 * np.sin(t) ** 3
    y = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    return polygon(size, size, np.stack([x / 34 + 0.5, 0.5 - y / 34], 1))


def _leaf(size: float) -> Coverage:
    t = np.linspace(0, 1, 30)
    bulge = 0.28 * np.sin(np.pi * t)
    upper, lower = np.stack([t - bulge, 1 - t - bulge], 1), np.stack([t + bulge, 1 - t + bulge], 1)
    return polygon(size, size, np.concatenate([upper, lower[::-1]]).clip(0, 1))


def _gem(size: float) -> Coverage:
    return polygon(size, size, np.array([[0.2, 0.15], [0.8, 0.15], [1, 0.42], [0.5, 0.95], [0, 0.42]]))


def _arrow(size: float) -> Coverage:
    head = [[0, 0.38], [0.55, 0.38], [0.55, 0.15], [1, 0.5], [0.55, 0.85], [0.55, 0.62], [0, 0.62]]
    return polygon(size, size, np.array(head))


def _cart(size: float) -> Coverage:
    def draw(sheet: ImageDraw.ImageDraw, w: float, h: float) -> None:
        sheet.line(
            [(0, 0.15 * h), (0.18 * w, 0.15 * h), (0.32 * w, 0.65 * h), (0.85 * w, 0.65 * h)],
            255,
            int(w / 14),
        )
        basket = [(0.24 * w, 0.25 * h), (w, 0.25 * h), (0.86 * w, 0.55 * h), (0.32 * w, 0.55 * h)]
        sheet.polygon(basket, 255)
        for x in (0.4, 0.76):
            sheet.ellipse(((x - 0.08) * w, 0.75 * h, (x + 0.08) * w, 0.91 * h), 255)

    return drawn(size, size, draw)


def _waves(size: float) -> Coverage:
    def draw(sheet: ImageDraw.ImageDraw, w: float, h: float) -> None:
        for radius in (0.3, 0.6, 0.9):
            box = (
                (0.5 - radius / 1.4) * w,
                (0.95 - radius) * h,
                (0.5 + radius / 1.4) * w,
                (0.95 + radius) * h,
            )
            sheet.arc(box, 225, 315, 255, int(w / 10))
        sheet.ellipse((0.43 * w, 0.83 * h, 0.57 * w, 0.97 * h), 255)

    return drawn(size, size, draw)


def _phone(size: float) -> Coverage:
    def draw(sheet: ImageDraw.ImageDraw, w: float, h: float) -> None:
        sheet.arc((0.12 * w, 0.12 * h, 1.6 * w, 1.6 * h), 150, 300, 255, int(w / 5))
        sheet.ellipse((0.05 * w, 0.62 * h, 0.4 * w, 0.95 * h), 255)
        sheet.ellipse((0.62 * w, 0.05 * h, 0.95 * w, 0.4 * h), 255)

    return drawn(size, size, draw)


def _monogram(size: float) -> Coverage:
    def draw(sheet: ImageDraw.ImageDraw, w: float, h: float) -> None:
        wide = int(w / 9)
        sheet.ellipse((0, 0, w, h), outline=255, width=wide)
        sheet.line([(0.25 * w, 0.75 * h), (0.38 * w, 0.25 * h), (0.5 * w, 0.6 * h)], 255, wide)
        sheet.line([(0.5 * w, 0.6 * h), (0.62 * w, 0.25 * h), (0.75 * w, 0.75 * h)], 255, wide)

    return drawn(size, size, draw)


def _star(size: float) -> Coverage:
    return star(size, size, 5, 0.4)


_EMBLEMS = 0.5
"""Share of abstract emblems among the icons."""

_ICONS = (_star, _tick, _heart, _leaf, _gem, _arrow, _cart, _waves, _phone, _monogram)


def _scaled(points: Points, width: float, height: float) -> list[tuple[float, float]]:
    return [(float(x * width), float(y * height)) for x, y in points]
