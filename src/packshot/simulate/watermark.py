"""Semi-transparent marks, once or tiled over the photo."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator

from packshot.simulate import shapes, words
from packshot.simulate.canvas import BLACK, WHITE, Canvas, Colour, Coverage, place, vivid
from packshot.simulate.lettering import Lettering, a_face, turned, worded


def watermark(canvas: Canvas, rng: Generator) -> str:
    """One see-through mark, large and most often in the middle; filled, outlined, with a sign or a bar."""
    text, face = worded(rng, words.mark(rng), foreign=0.08)
    size = canvas.side * np.exp(rng.uniform(np.log(0.04), np.log(0.2)))
    lettering = Lettering(text, face, size).fitted(canvas.width * 0.95)
    mark, size = lettering.coverage(), lettering.size
    if rng.random() < 0.2:
        mark = _signed(rng, mark, size)
    if rng.random() < 0.25:
        mark = _outlined(mark, size)
    mark = turned(mark, _angle(rng))
    extent = (float(mark.shape[1]), float(mark.shape[0]))
    centre = place(rng, canvas, extent, ("mc", "mc", "mc", "bc", "br", "bl", "any", "any"))
    colour, opacity = _tint(rng, canvas.under(centre, extent)), float(rng.uniform(0.15, 0.65))
    if rng.random() < 0.12:
        bar = shapes.rounded(extent[0] + size, extent[1] + size * 0.4, 0.1)
        canvas.paint(bar, 255 - colour, centre, opacity * 0.6)
    if rng.random() < 0.15:
        reach = max(1, round(size * 0.03))
        canvas.paint(mark, BLACK, (centre[0] + reach, centre[1] + reach), opacity * 0.7)
    canvas.paint(mark, colour, centre, opacity)
    return text


def tiled_watermark(canvas: Canvas, rng: Generator) -> str:
    """One see-through mark repeated over the whole photo, some with a cross from corner to corner."""
    text = words.mark(rng)
    lettering = Lettering(text, a_face(rng), canvas.side * rng.uniform(0.025, 0.07)).fitted(
        canvas.width * 0.5
    )
    mark, size = lettering.coverage(), lettering.size
    if rng.random() < 0.15:
        mark = _outlined(mark, size)
    mark = turned(mark, _angle(rng))
    middle = (canvas.width / 2, canvas.height / 2)
    colour = _tint(rng, canvas.under(middle, (canvas.width, canvas.height)))
    opacity = float(rng.uniform(0.12, 0.5))
    step_x = _step(rng, mark.shape[1], size, canvas.width)
    step_y = _step(rng, mark.shape[0], size, canvas.height)
    shift = words.pick(rng, (0.0, 0.5))
    # One mark stands inside, whatever the size; the others follow from it.
    x0, y0 = rng.uniform(0.2, 0.8) * canvas.width, rng.uniform(0.2, 0.8) * canvas.height
    rows, columns = int(canvas.height / step_y) + 2, int(canvas.width / step_x) + 2
    for row in range(-rows, rows + 1):
        for column in range(-columns, columns + 1):
            x = x0 + (column + shift * (row % 2)) * step_x
            canvas.paint(mark, colour, (x, y0 + row * step_y), opacity)
    if rng.random() < 0.2:
        _cross(canvas, rng, colour, opacity)
    return text


def _step(rng: Generator, extent: int, size: float, room: int) -> float:
    """From one mark to the next along an axis: loosely set, but at least twice on the photo."""
    return min(extent * float(rng.uniform(1.1, 2.2)) + size, max(extent * 1.05, room / 2))


def _cross(canvas: Canvas, rng: Generator, colour: Colour, opacity: float) -> None:
    thickness = max(1.0, canvas.side * rng.uniform(0.002, 0.006))
    corners = ([[0.0, 0.0], [1.0, 1.0]], [[0.0, 1.0], [1.0, 0.0]])
    falling, rising = (
        shapes.line(canvas.width, canvas.height, np.array(ends), thickness) for ends in corners
    )
    # Painted where no letters are yet: a mark and its lines are one layer of one opacity.
    free = (canvas.alpha == 0).astype(np.float32)
    canvas.paint(np.maximum(falling, rising) * free, colour, (canvas.width / 2, canvas.height / 2), opacity)


def _angle(rng: Generator) -> float:
    if rng.random() < 0.4:
        return 0.0
    return words.pick(rng, (30.0, -30.0, 45.0, -45.0, 20.0, float(rng.uniform(-60, 60))))


def _tint(rng: Generator, under: Colour) -> Colour:
    draw = rng.random()
    if draw < 0.2:
        return vivid(rng)
    white = bool(under.mean() < (190 if draw < 0.9 else 100))
    return WHITE if white else np.full(3, rng.uniform(0, 90), np.float32)


def _outlined(mark: Coverage, size: float) -> Coverage:
    reach = max(1, round(size * 0.02))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    return np.asarray(cv2.morphologyEx(np.pad(mark, reach), cv2.MORPH_GRADIENT, kernel), np.float32)


def _signed(rng: Generator, mark: Coverage, size: float) -> Coverage:
    sign = shapes.icon(rng, size * rng.uniform(1.2, 2.5))
    width = max(sign.shape[1], mark.shape[1])
    gap = np.zeros((max(1, round(size * 0.15)), width), np.float32)
    return np.concatenate([_centred(sign, width), gap, _centred(mark, width)])


def _centred(shape: Coverage, width: int) -> Coverage:
    left = (width - shape.shape[1]) // 2
    return np.pad(shape, ((0, 0), (left, width - shape.shape[1] - left)))
