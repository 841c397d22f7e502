"""Text as coverage, and text as merchants dress it: outlined, shadowed, graded, turned."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw

from packshot.simulate.canvas import BLACK, Canvas, Colour, Coverage, contrasting, gradient, opposite
from packshot.simulate.fonts import Face, Script, faces, families
from packshot.simulate.words import FOREIGN, pick

SMALLEST = 6.0
"""Smallest size in pixels an em that is still text."""


@dataclass(frozen=True, slots=True)
class Lettering:
    """A text set in a face.

    Attributes:
        text: one or several lines.
        face: the font.
        size: pixels an em; sizes below ``SMALLEST`` count as that.
        degrees: how far it is turned, counter-clockwise.
        align: how lines of different length stand: left, center or right.
    """

    text: str
    face: Face
    size: float
    degrees: float = 0.0
    align: str = "center"

    def coverage(self, stroke: float = 0.0) -> Coverage:
        """The letters, thickened by ``stroke`` pixels on each side, with a margin of 2 px, float32 (h, w)."""
        font = self.face.at(max(SMALLEST, self.size))
        sheet = ImageDraw.Draw(Image.new("L", (1, 1)))
        box = sheet.multiline_textbbox((0, 0), self.text, font, align=self.align, stroke_width=stroke)
        width, height = int(np.ceil(box[2] - box[0])) + 5, int(np.ceil(box[3] - box[1])) + 5
        image = Image.new("L", (width, height))
        origin = (2 - box[0], 2 - box[1])
        ImageDraw.Draw(image).multiline_text(
            origin, self.text, 255, font, align=self.align, stroke_width=stroke
        )
        return turned(np.asarray(image, np.float32) / np.float32(255), self.degrees)

    def extent(self) -> tuple[float, float]:
        """Width and height of the coverage in pixels."""
        height, width = self.coverage().shape
        return float(width), float(height)

    def fitted(self, width: float) -> Lettering:
        """The same text, smaller if needed, so that its longest line is at most ``width`` pixels long."""
        font = self.face.at(max(SMALLEST, self.size))
        longest = max(font.getlength(line) for line in self.text.split("\n"))
        return replace(self, size=float(min(self.size, self.size * width / max(1.0, longest))))


@dataclass(frozen=True, slots=True)
class Style:
    """How a text is dressed.

    Attributes:
        colour: RGB 0..255, (3,).
        opacity: of the letters, 0..1.
        outline: colour around the letters, or None.
        outline_width: of that line, in ems.
        shadow: opacity of a soft black shadow, 0 for none.
        shadow_offset: of that shadow, in ems.
        second: colour that a gradient ends in, or None.
    """

    colour: Colour
    opacity: float = 1.0
    outline: Colour | None = None
    outline_width: float = 0.0
    shadow: float = 0.0
    shadow_offset: float = 0.05
    second: Colour | None = None


def a_face(rng: Generator, script: Script = Script.LATIN, *, bold: bool = False) -> Face:
    """A face that draws ``script``: a family first, then one of its styles, so that no large family rules.

    ``bold`` asks for a heavy style, as sales lines are set in, four times in five.
    """
    heavy = [[face for face in family if face.bold] for family in families(script)]
    heavy = [family for family in heavy if family]
    if bold and heavy and rng.random() < 0.8:
        return pick(rng, pick(rng, heavy))
    return pick(rng, pick(rng, families(script)))


def a_handwritten_face(rng: Generator) -> Face:
    """A handwritten face; any face on a machine that has none."""
    written = [face for face in faces() if face.handwritten]
    return pick(rng, written) if written else a_face(rng)


def worded(rng: Generator, text: str, *, bold: bool = False, foreign: float = 0.12) -> tuple[str, Face]:
    """``text`` with a Latin face, or with probability ``foreign`` a phrase of a script that can be drawn."""
    drawable = [(script, phrases) for script, phrases in FOREIGN if faces(script)]
    if rng.random() >= foreign or not drawable:
        return text, a_face(rng, bold=bold)
    script, phrases = pick(rng, drawable)
    return pick(rng, phrases), a_face(rng, script, bold=bold)


def turned(shape: Coverage, degrees: float) -> Coverage:
    """``shape`` turned counter-clockwise; the array grows to hold it."""
    if degrees == 0:
        return shape
    image = Image.fromarray(shape).rotate(degrees, Image.Resampling.BICUBIC, expand=True)
    return np.clip(np.asarray(image, np.float32), 0, 1)


def a_style(rng: Generator, under: Colour, *, plain: float = 0.5) -> Style:
    """A style that reads well over the colour ``under``; undecorated with probability ``plain``."""
    colour = contrasting(rng, under)
    if rng.random() < plain:
        return Style(colour, opacity=1.0 if rng.random() < 0.85 else float(rng.uniform(0.7, 1)))
    draw = rng.random()
    outline = opposite(colour) if rng.random() < 0.7 else contrasting(rng, colour)
    return Style(
        colour,
        outline=outline if draw < 0.5 else None,
        outline_width=float(rng.uniform(0.03, 0.1)),
        shadow=float(rng.uniform(0.3, 0.8)) if draw > 0.35 else 0.0,
        shadow_offset=float(rng.uniform(0.02, 0.08)),
        second=contrasting(rng, under) if rng.random() < 0.3 else None,
    )


def write(canvas: Canvas, lettering: Lettering, centre: tuple[float, float], style: Style) -> None:
    """Write ``lettering`` around ``centre``: shadow, then outline, then letters."""
    letters = lettering.coverage()
    if style.shadow:
        reach = max(1, round(lettering.size * style.shadow_offset))
        soft = cv2.GaussianBlur(np.pad(letters, 4 * reach), (0, 0), max(0.6, reach * 0.7))
        canvas.paint(soft, BLACK, (centre[0] + reach, centre[1] + reach), style.shadow * style.opacity)
    if style.outline is not None:
        line = max(1.0, lettering.size * style.outline_width)
        canvas.paint(lettering.coverage(line), style.outline, centre, style.opacity)
    colour = style.colour
    if style.second is not None:
        colour = gradient(letters.shape, style.colour, style.second, down=True)
    canvas.paint(letters, colour, centre, style.opacity)
