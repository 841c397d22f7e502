"""Contact sheets: crops side by side at 100 %, in blocks of one photo each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from packshot.quality.exhibits import Exhibit, Selection, Tile

WIDTH = 1280
"""Widest sheet, px: what a laptop's screen shows without reducing it."""

_NARROW = 160  # px that a label has at least, also over a narrow picture
_MARGIN = 16
_GAP = 8
_PAPER, _INK, _FAINT, _ALARM = (250, 250, 248), (20, 20, 20), (110, 110, 110), (178, 32, 24)
_TITLE, _HEADING, _LABEL = 22, 16, 14  # px
_LEADING = 1.45  # height of a line over that of its letters


def sheet(title: str, caption: str, selection: Selection) -> bytes:
    """The sheet as a PNG.

    Args:
        title: what it is about.
        caption: what the pictures mean.
        selection: what to show.
    """
    shown = [*((exhibit, "") for exhibit in selection.first), *((e, "worst") for e in selection.worst)]
    blocks = [_block(exhibit, note) for exhibit, note in shown]
    head = _head(title, f"{caption} {_counted(selection)}")
    width = max(block.width for block in [head, *blocks])
    paper = Image.new("RGB", (width, sum(block.height for block in [head, *blocks])), _PAPER)
    top = 0
    for block in [head, *blocks]:
        paper.paste(block, (0, top))
        top += block.height
    file = BytesIO()
    paper.save(file, "PNG", optimize=True)
    return file.getvalue()


def file_name(part: str, subject: str) -> str:
    """Name of the sheet of a part about a set: lower case letters, digits and hyphens."""
    return f"{part}-{re.sub('[^a-z0-9]+', '-', subject.lower()).strip('-')}.png"


def _counted(selection: Selection) -> str:
    first, worst = len(selection.first), len(selection.worst)
    if not worst:
        return f"Shown: all {first}."
    return f"Shown: the first {first} of {selection.seen}, then the {worst} that went worst of the others."


def _head(title: str, caption: str) -> Image.Image:
    lines = _wrapped(caption, _LABEL, WIDTH - 2 * _MARGIN)
    height = _MARGIN + _line(_TITLE) + len(lines) * _line(_LABEL) + _GAP
    paper = Image.new("RGB", (WIDTH, height), _PAPER)
    draw = ImageDraw.Draw(paper)
    _write(draw, (_MARGIN, _MARGIN), title, _TITLE, _INK)
    for number, line in enumerate(lines):
        _write(draw, (_MARGIN, _MARGIN + _line(_TITLE) + number * _line(_LABEL)), line, _LABEL, _FAINT)
    return paper


def _block(exhibit: Exhibit, note: str) -> Image.Image:
    """Heading and tiles of one photo; lines of tiles are equally long as far as possible."""
    lines = _lines(exhibit.tiles)
    labels = [[_wrapped(tile.label, _LABEL, _column(tile)) for tile in line] for line in lines]
    heights = [
        max(map(len, texts)) * _line(_LABEL) + max(tile.pixels.shape[0] for tile in line) + _GAP
        for line, texts in zip(lines, labels, strict=True)
    ]
    top = _GAP + _line(_HEADING)
    paper = Image.new("RGB", (WIDTH, top + sum(heights) + _GAP), _PAPER)
    draw = ImageDraw.Draw(paper)
    draw.line([(_MARGIN, 1), (WIDTH - _MARGIN, 1)], fill=_FAINT)
    heading = f"{note}: {exhibit.heading}" if note else exhibit.heading
    text = _wrapped(heading, _HEADING, WIDTH - 2 * _MARGIN)[0]
    _write(draw, (_MARGIN, _GAP), text, _HEADING, _ALARM if note else _INK)
    for line, texts, height in zip(lines, labels, heights, strict=True):
        depth = max(map(len, texts)) * _line(_LABEL)
        left = _MARGIN
        for tile, words in zip(line, texts, strict=True):
            for number, word in enumerate(words):
                _write(draw, (left, top + number * _line(_LABEL)), word, _LABEL, _INK)
            paper.paste(Image.fromarray(np.ascontiguousarray(tile.pixels)), (left, top + depth))
            left += _column(tile) + _GAP
        top += height
    return paper


def _lines(tiles: Sequence[Tile]) -> list[Sequence[Tile]]:
    room = WIDTH - 2 * _MARGIN + _GAP
    fitting = max(1, room // (max(map(_column, tiles)) + _GAP))
    lines = -(-len(tiles) // fitting)
    each = -(-len(tiles) // lines)
    return [tiles[start : start + each] for start in range(0, len(tiles), each)]


def _column(tile: Tile) -> int:
    return max(_NARROW, int(tile.pixels.shape[1]))


def _wrapped(text: str, size: int, width: int) -> list[str]:
    """``text`` in lines of at most ``width`` px; a word that is wider is cut."""
    font = ImageFont.load_default(size)
    lines = [""]
    # The font draws ASCII only, and a file name may hold what is no text at all.
    for word in text.encode("ascii", "backslashreplace").decode().split():
        cut = word
        while len(cut) > 1 and font.getlength(cut) > width:
            cut = f"{cut[:-3]}.." if cut.endswith("..") else f"{cut[:-2]}.."
        longer = f"{lines[-1]} {cut}".strip()
        if font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(cut)
    return lines


def _line(size: int) -> int:
    return round(size * _LEADING)


def _write(
    draw: ImageDraw.ImageDraw, place: tuple[int, int], text: str, size: int, colour: tuple[int, int, int]
) -> None:
    draw.text(place, text, fill=colour, font=ImageFont.load_default(size))
