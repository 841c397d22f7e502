"""Plain text overlays: captions, promotions, dates, vertical and handwritten text, text that hardly shows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.random import Generator

from packshot.simulate import shapes, words
from packshot.simulate.canvas import LUMA, Canvas, Colour, contrasting, opposite, place
from packshot.simulate.lettering import Lettering, Style, a_face, a_handwritten_face, a_style, worded, write

_EDGES = ("tl", "tc", "tr", "bl", "bc", "br")
_ANYWHERE = (*_EDGES, "ml", "mc", "mr", "any", "any", "any")

DATE_COLOURS: tuple[Colour, ...] = tuple(
    np.array(rgb, np.float32)
    for rgb in (
        (255, 140, 20),
        (255, 110, 0),
        (255, 190, 60),
        (250, 60, 30),
        (255, 255, 255),
        (255, 240, 120),
    )
)
"""What film backs and phone cameras print with: orange, red, yellow, white."""


def caption(canvas: Canvas, rng: Generator) -> str:
    """A line or two in a readable size, most at an edge of the photo."""
    text, face = worded(rng, words.caption(rng), bold=rng.random() < 0.4)
    size = canvas.side * _between(rng, 0.028, 0.08)
    degrees = 0.0 if rng.random() < 0.85 else float(rng.uniform(-25, 25))
    align = words.pick(rng, ("left", "center", "center"))
    _put(canvas, rng, Lettering(text, face, size, degrees, align).fitted(canvas.width * 0.92), _ANYWHERE)
    return text


def promo(canvas: Canvas, rng: Generator) -> str:
    """A large, loud sales line."""
    words_of_sale = words.pick(rng, words.PROMOTIONS) if rng.random() < 0.85 else words.price(rng)
    text, face = worded(rng, words_of_sale, bold=True)
    degrees = 0.0 if rng.random() < 0.7 else float(rng.uniform(-30, 30))
    lettering = Lettering(text, face, canvas.side * rng.uniform(0.08, 0.24), degrees)
    _put(canvas, rng, lettering.fitted(canvas.width * 0.95), _ANYWHERE, plain=0.3)
    return text


def date_stamp(canvas: Canvas, rng: Generator) -> str:
    """A camera's date in a corner, orange or white, crisp or with a dark rim or shadow."""
    text = words.date(rng)
    size = canvas.side * rng.uniform(0.028, 0.065)
    lettering = Lettering(text, a_face(rng), size).fitted(canvas.width * 0.6)
    centre = place(rng, canvas, lettering.extent(), ("br", "br", "br", "bl", "tr", "tl"))
    colour = words.pick(rng, DATE_COLOURS)
    lost = float(np.abs(colour - canvas.under(centre, lettering.extent())).max()) < 60
    style = Style(
        colour,
        opacity=float(rng.uniform(0.85, 1)),
        outline=opposite(colour) if lost or rng.random() < 0.3 else None,
        outline_width=0.06,
        shadow=float(rng.uniform(0.3, 0.7)) if rng.random() < 0.25 else 0.0,
        shadow_offset=0.04,
    )
    write(canvas, lettering, centre, style)
    return text


def vertical(canvas: Canvas, rng: Generator) -> str:
    """Text that runs up or down a side: letter under letter, turned, or turned on a bar."""
    text, face = worded(rng, words.caption(rng).split("\n")[0], bold=rng.random() < 0.4)
    size = canvas.side * rng.uniform(0.03, 0.11)
    if rng.random() < 0.25:
        text = text[:10]
        size = min(size, canvas.height * 0.7 / len(text))
        _put(canvas, rng, Lettering("\n".join(text), face, size), ("ml", "mr", "any"))
        return text
    upright = Lettering(text, face, size).fitted(canvas.height * 0.9)
    lettering = replace(upright, degrees=words.pick(rng, (90.0, -90.0)))
    if rng.random() < 0.3:
        _on_side_bar(canvas, rng, lettering)
    else:
        _put(canvas, rng, lettering, ("ml", "mr", "tl", "br", "any"))
    return text


def handwriting(canvas: Canvas, rng: Generator) -> str:
    """A note or signature: a handwritten face, words at slightly different heights and angles."""
    text = words.caption(rng).split("\n")[0] if rng.random() < 0.6 else words.brand(rng)
    size = canvas.side * rng.uniform(0.05, 0.13)
    whole = Lettering(text, a_handwritten_face(rng), size).fitted(canvas.width * 0.8)
    degrees = float(rng.normal(0, 7))
    parts = [
        replace(whole, text=word, degrees=degrees + float(rng.normal(0, 2))).coverage()
        for word in text.split()
    ]
    gap = whole.size * 0.12
    length = sum(part.shape[1] for part in parts) + gap * (len(parts) - 1)
    centre = place(rng, canvas, (length, whole.size * 1.4), _ANYWHERE)
    colour = contrasting(rng, canvas.under(centre, (length, whole.size)))
    opacity = float(rng.uniform(0.75, 1))
    left = centre[0] - length / 2
    for part in parts:
        x = left + part.shape[1] / 2
        rise = np.tan(np.radians(degrees)) * (x - centre[0])
        canvas.paint(part, colour, (x, centre[1] - rise + rng.normal(0, whole.size * 0.04)), opacity)
        left += part.shape[1] + gap
    return text


def low_contrast(canvas: Canvas, rng: Generator) -> str:
    """Opaque text whose colour differs by only 20 to 50 levels from the photo under it."""
    text, face = worded(rng, words.caption(rng))
    lettering = Lettering(text, face, canvas.side * _between(rng, 0.035, 0.14)).fitted(canvas.width * 0.9)
    extent = lettering.extent()
    centre = place(rng, canvas, extent, _ANYWHERE)
    under = canvas.under(centre, extent)
    away = rng.uniform(20, 50) * (1 if float(under @ LUMA) < 128 else -1)
    tint = np.clip(under + away * rng.uniform(0.7, 1.1, 3), 0, 255).astype(np.float32)
    write(canvas, lettering, centre, Style(tint))
    return text


def _put(
    canvas: Canvas, rng: Generator, lettering: Lettering, anchors: tuple[str, ...], *, plain: float = 0.65
) -> None:
    extent = lettering.extent()
    centre = place(rng, canvas, extent, anchors)
    write(canvas, lettering, centre, a_style(rng, canvas.under(centre, extent), plain=plain))


def _on_side_bar(canvas: Canvas, rng: Generator, lettering: Lettering) -> None:
    extent = lettering.extent()
    width = extent[0] + lettering.size * rng.uniform(0.3, 1)
    height = canvas.height if rng.random() < 0.5 else min(canvas.height, extent[1] + 2 * lettering.size)
    centre = (words.pick(rng, (width / 2, canvas.width - width / 2)), canvas.height / 2)
    colour = contrasting(rng, canvas.under(centre, (width, height)), 40)
    canvas.paint(shapes.rounded(width, height, 0), colour, centre)
    write(canvas, lettering, centre, a_style(rng, colour, plain=0.9))


def _between(rng: Generator, low: float, high: float) -> float:
    """Log-uniform: small sizes are as common as large ones."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))
