"""Overlays that combine signs and words: brand logos and callouts that explain the product."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from packshot.simulate import shapes, words
from packshot.simulate.canvas import Canvas, Colour, Coverage, contrasting, opposite, place
from packshot.simulate.lettering import Lettering, Style, a_face, write

_NAMELESS = 0.3
"""Share of logos that are a sign without a name."""


def logo(canvas: Canvas, rng: Generator) -> str:
    """A brand's sign, most often in the top left corner: an icon, plain or on a disc, most with the name."""
    text = words.brand(rng)
    if rng.random() < _NAMELESS:
        return _bare_sign(canvas, rng, text)
    face = a_face(rng, bold=rng.random() < 0.5)
    name = Lettering(text, face, canvas.side * rng.uniform(0.03, 0.075)).fitted(canvas.width * 0.4)
    (width, height), size = name.extent(), name.size * rng.uniform(1.2, 3)
    gap = name.size * 0.25
    beside = rng.random() < 0.4
    whole = (size + gap + width, max(size, height)) if beside else (max(size, width), size + gap + height)
    centre = place(rng, canvas, whole, ("tl", "tl", "tr", "tc", "bl", "br"))
    colour = contrasting(rng, canvas.under(centre, whole))
    second = colour if rng.random() < 0.5 else contrasting(rng, canvas.under(centre, whole))
    if beside:
        sign_at, name_at = (
            (centre[0] - (gap + width) / 2, centre[1]),
            (centre[0] + (gap + size) / 2, centre[1]),
        )
    else:
        sign_at, name_at = (
            (centre[0], centre[1] - (gap + height) / 2),
            (centre[0], centre[1] + (gap + size) / 2),
        )
    if rng.random() < 0.4:
        canvas.paint(shapes.ellipse(size, size), second, sign_at)
        canvas.paint(shapes.icon(rng, size * 0.6), opposite(second), sign_at)
    else:
        canvas.paint(shapes.icon(rng, size), second, sign_at)
    write(canvas, name, name_at, Style(colour))
    return text


def _bare_sign(canvas: Canvas, rng: Generator, text: str) -> str:
    """The sign alone, solid or see-through, in a corner or in the middle."""
    size = canvas.side * float(np.exp(rng.uniform(np.log(0.08), np.log(0.35))))
    centre = place(rng, canvas, (size, size), ("tl", "tl", "tr", "tr", "bl", "br", "mc"))
    colour = contrasting(rng, canvas.under(centre, (size, size)))
    opacity = 1.0 if rng.random() < 0.65 else float(rng.uniform(0.25, 0.8))
    if rng.random() < 0.25:
        canvas.paint(shapes.ellipse(size, size), colour, centre, opacity)
        canvas.paint(shapes.icon(rng, size * 0.6), opposite(colour), centre, opacity)
    else:
        canvas.paint(shapes.icon(rng, size), colour, centre, opacity)
    return text


def callout(canvas: Canvas, rng: Generator) -> str:
    """What a product can do: labels at one side, each with a ringed icon or a line."""
    face = a_face(rng)
    count = int(rng.integers(2, 6))
    size = canvas.side * rng.uniform(0.022, 0.045)
    texts = [words.pick(rng, words.CAPTIONS).split("\n")[0] for _ in range(count)]
    labels = [Lettering(text, face, size).fitted(canvas.width * 0.32) for text in texts]
    ringed, left = rng.random() < 0.6, rng.random() < 0.5
    reach = max(label.extent()[0] for label in labels) / 2 + canvas.width * 0.02
    x = reach if left else canvas.width - reach
    colour = contrasting(rng, canvas.under((x, canvas.height / 2), (2 * reach, canvas.height)))
    for row, label in enumerate(labels):
        at = (x, canvas.height * (row + 0.5) / count)
        if ringed:
            _ringed(canvas, rng, label, at, colour)
        else:
            pointer = _pointer(canvas, rng, label.size)
            away = label.extent()[0] / 2 + pointer.shape[1] / 2 + label.size * 0.2
            canvas.paint(pointer, colour, (x + away if left else x - away, at[1]))
            write(canvas, label, at, Style(colour))
    return " / ".join(texts)


def _ringed(
    canvas: Canvas, rng: Generator, label: Lettering, at: tuple[float, float], colour: Colour
) -> None:
    size = max(8.0, label.size)
    sign_at = (at[0], at[1] - size * 0.7)
    filled = rng.random() < 0.3
    canvas.paint(
        shapes.ellipse(size * 2.6, size * 2.6) if filled else shapes.ring(size * 2.6, 0.05), colour, sign_at
    )
    canvas.paint(shapes.icon(rng, size * 1.5), opposite(colour) if filled else colour, sign_at)
    write(canvas, label, (at[0], at[1] + size * 1.3), Style(colour))


def _pointer(canvas: Canvas, rng: Generator, size: float) -> Coverage:
    slope = float(rng.uniform(0, 1))
    ends = np.array([[0, slope], [1, 1 - slope]])
    height = max(3.0, size * rng.uniform(0.1, 2))
    return shapes.line(canvas.width * rng.uniform(0.08, 0.25), height, ends, max(1.0, size * 0.07))
