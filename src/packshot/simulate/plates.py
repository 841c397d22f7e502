"""Overlays with a plate of their own: badges and banners."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.random import Generator

from packshot.simulate import shapes, words
from packshot.simulate.canvas import Canvas, Colour, Coverage, contrasting, gradient, opposite, place, vivid
from packshot.simulate.lettering import Lettering, a_style, turned, worded, write

_CORNERS = ("tl", "tr", "bl", "br")


def badge(canvas: Canvas, rng: Generator) -> str:
    """A price or quality badge: a plate of one of many shapes, some rimmed or graded, with a few words."""
    claim = words.pick(rng, words.BADGES) if rng.random() < 0.65 else words.price(rng)
    text, face = worded(rng, claim, bold=True, foreign=0.08)
    degrees = 0.0 if rng.random() < 0.75 else float(rng.uniform(-35, 35))
    upright = Lettering(text, face, canvas.side * rng.uniform(0.035, 0.09)).fitted(canvas.width * 0.5)
    plate = turned(_plate(rng, upright), degrees)
    extent = (float(plate.shape[1]), float(plate.shape[0]))
    centre = place(rng, canvas, extent, (*_CORNERS, *_CORNERS, "bc", "tc", "any"))
    colour = contrasting(rng, canvas.under(centre, extent), 40)
    opacity = 1.0 if rng.random() < 0.7 else float(rng.uniform(0.7, 1))
    if rng.random() < 0.3:
        canvas.paint(_grown(plate, upright.size * 0.12), contrasting(rng, colour, 50), centre, opacity)
    canvas.paint(plate, _graded(rng, plate, colour, rng.uniform(0.6, 1.3)), centre, opacity)
    lettering = Lettering(text, face, upright.size, degrees)
    write(canvas, lettering, centre, a_style(rng, colour, plain=0.85))
    if rng.random() < 0.2:
        _rating(
            canvas,
            (centre[0], centre[1] + upright.extent()[1] / 2 + upright.size * 0.2),
            upright.size,
            colour,
        )
    return text


def banner(canvas: Canvas, rng: Generator) -> str:
    """A bar along an edge or across the photo, opaque or see-through, with text and sometimes icons."""
    line = words.pick(rng, words.PROMOTIONS) if rng.random() < 0.5 else words.caption(rng)
    text, face = worded(rng, line, bold=True)
    lettering = Lettering(text, face, canvas.side * rng.uniform(0.035, 0.1)).fitted(canvas.width * 0.85)
    size, extent = lettering.size, lettering.extent()
    height = extent[1] + size * rng.uniform(0.3, 1.2)
    along = float(words.pick(rng, (0.0, 0.0, 1.0, 1.0, 1.0, rng.uniform(0.2, 0.8))))
    width = canvas.width if rng.random() < 0.75 else min(canvas.width, extent[0] + 2 * size)
    x = words.pick(rng, (width / 2, canvas.width / 2, canvas.width - width / 2))
    centre = (x, height / 2 + along * (canvas.height - height))
    bar = shapes.rounded(width, height, 0) if rng.random() < 0.8 else shapes.slanted(width, height, 0.06)
    colour = contrasting(rng, canvas.under(centre, (width, height)), 30)
    tint = gradient(bar.shape, colour, vivid(rng), down=False) if rng.random() < 0.25 else colour
    canvas.paint(bar, tint, centre, 1.0 if rng.random() < 0.65 else float(rng.uniform(0.35, 0.9)))
    under = canvas.under(centre, (width * 0.8, height * 0.8))
    write(canvas, lettering, centre, a_style(rng, under, plain=0.8))
    gap = (width - extent[0]) / 2
    if gap > 1.5 * size and rng.random() < 0.5:
        for side in (-1, 1):
            at = (x + side * (extent[0] / 2 + gap / 2), centre[1])
            canvas.paint(shapes.icon(rng, size), opposite(under), at)
    return text


def _plate(rng: Generator, lettering: Lettering) -> Coverage:
    (width, height), em = lettering.extent(), lettering.size
    wide, high = width + em * rng.uniform(0.5, 1.5), height + em * rng.uniform(0.25, 0.9)
    across = 1.15 * float(np.hypot(width, height)) + em * 0.2
    tips, depth = int(rng.integers(8, 25)), rng.uniform(0.75, 0.92)
    plates: tuple[tuple[float, Callable[[], Coverage]], ...] = (
        (0.40, lambda: shapes.rounded(wide, high, words.pick(rng, (0.0, 0.1, 0.25, 0.5)))),
        (0.55, lambda: shapes.ellipse(across, across)),
        (0.62, lambda: shapes.ellipse(wide * 1.3, high * 1.5)),
        (0.77, lambda: shapes.star(across * 1.2, across * 1.2, tips, depth)),
        (0.84, lambda: shapes.slanted(wide * 1.2, high, rng.uniform(0.05, 0.15))),
        (0.90, lambda: shapes.tag(wide * 1.3, high)),
        (0.95, lambda: shapes.ribbon(wide * 1.3, high)),
        (1.00, lambda: shapes.shield(across, across * 1.1)),
    )
    draw = rng.random()
    return next(make for up_to, make in plates if draw < up_to)()


def _graded(rng: Generator, plate: Coverage, colour: Colour, factor: float) -> Colour:
    """One plate in three runs from ``colour`` to ``factor`` times it; the others are flat."""
    if rng.random() > 0.35:
        return colour
    second = np.clip(colour * np.float32(factor), 0, 255)
    return gradient(plate.shape, colour, second, down=bool(rng.random() < 0.5))


def _rating(canvas: Canvas, centre: tuple[float, float], size: float, colour: Colour) -> None:
    sign = shapes.star(size * 0.5, size * 0.5, 5, 0.4)
    for step in (-1, 0, 1):
        canvas.paint(sign, opposite(colour), (centre[0] + step * size * 0.55, centre[1]))


def _grown(shape: Coverage, by: float) -> Coverage:
    reach = max(1, round(by))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    return np.asarray(cv2.dilate(np.pad(shape, reach), kernel), np.float32)
