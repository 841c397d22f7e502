"""Where an overlay may be: lines of text, and strokes beside them: signs, emblems, unknown scripts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from packshot.backend import Line, TextBox, TextDetector, TextReader, Unit
from packshot.inspection.overlay.traits import bounding_box, line_height
from packshot.photo import Pixels

_LEVEL = 0.3  # stroke probability, from afar, from which a place is worth a look
_GRID = 256  # cells on the long side
_CLOSE = 5  # cells: strokes nearer than this belong together
_COVERED = 0.3  # share of a place inside lines from which it is theirs
_LEAST = 10  # cells
_MOST = 8  # places a photo: the surest


_LEGIBLE = 0.5  # the reader's certainty below which 'text' is mostly texture
_SHORTEST = 2  # characters: single letters are buttons, dials and ornaments


@dataclass(frozen=True, slots=True)
class Place:
    """A place on a photo.

    Attributes:
        box: where.
        line: what the reader made of it.
        phrase: that with the lines right above and below it.
        sign: whether it is strokes where the detector saw no text.
    """

    box: TextBox
    line: Line
    phrase: str
    sign: bool = False

    @property
    def is_text(self) -> bool:
        """Whether it can be read."""
        return not self.sign and legible(self.line)

    @property
    def text(self) -> str:
        """What it says; empty where that cannot be read."""
        return self.line.text if self.is_text else ""


def legible(line: Line) -> bool:
    """Whether a detected line is text at all."""
    return line.score > _LEGIBLE and len(line.text.strip()) >= _SHORTEST


def find(detector: TextDetector, reader: TextReader, pixels: Pixels, strokes: Unit) -> list[Place]:
    """The lines of text on ``pixels`` (H, W, 3), then the signs; ``strokes`` are those from afar, (H, W)."""
    boxes = detector.detect(pixels)
    read = [reader.read(pixels, box) for box in boxes]
    clear = {index: line for index, line in enumerate(read) if legible(line)}
    places = [
        Place(box, line, _phrase(index, boxes, clear) if index in clear else line.text)
        for index, (box, line) in enumerate(zip(boxes, read, strict=True))
    ]
    for box in signs(strokes, boxes):
        line = reader.read(pixels, box)
        places.append(Place(box, line, line.text, sign=True))
    return places


def signs(strokes: Unit, lines: Sequence[TextBox]) -> list[TextBox]:
    """Up to ``_MOST`` places outside of ``lines``, by strength; ``strokes`` are those from afar, (H, W).

    A box's score is the mean probability of its strokes.
    """
    height, width = strokes.shape
    scale = min(1.0, _GRID / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    cells = np.asarray(cv2.resize(strokes, size, interpolation=cv2.INTER_AREA))
    high = (cells > _LEVEL).view(np.uint8)
    together = cv2.morphologyEx(high, cv2.MORPH_CLOSE, np.ones((_CLOSE, _CLOSE), np.uint8))
    count, labels = cv2.connectedComponents(together)
    to_photo = np.array([width / size[0], height / size[1]], np.float32)
    covered = np.zeros(size[::-1], np.uint8)
    for line in lines:
        cv2.fillPoly(covered, [np.round(line.corners / to_photo).astype(np.int32)], 1)
    found = []
    for label in range(1, count):
        place = (labels == label) & (high > 0)
        if place.sum() < _LEAST or (covered[place] > 0).mean() > _COVERED:
            continue
        rows, columns = np.nonzero(place)
        points = np.column_stack([columns, rows]).astype(np.float32) + 0.5
        corners = cv2.boxPoints(cv2.minAreaRect(points)) * to_photo
        found.append(TextBox(_clockwise(corners.astype(np.float32)), float(cells[place].mean())))
    found.sort(key=lambda box: -box.score)
    return found[:_MOST]


def _clockwise(corners: np.ndarray) -> np.ndarray:
    """Corners (4, 2) in the order of :class:`TextBox`: clockwise from the top left."""
    start = int(corners.sum(1).argmin())
    return np.roll(corners, -start, axis=0)


def _phrase(index: int, boxes: Sequence[TextBox], lines: Mapping[int, Line]) -> str:
    """A line with those right above and below it, in reading order: 'FREE' and 'SHIPPING' are one phrase."""
    own = bounding_box(boxes[index])
    reach = line_height(boxes[index])
    near = []
    for other, line in lines.items():
        box = bounding_box(boxes[other])
        apart = max(box.y0 - own.y1, own.y0 - box.y1)
        if min(box.x1, own.x1) > max(box.x0, own.x0) and apart < reach:
            near.append((box.y0 + box.y1, line.text))
    return " ".join(text for _, text in sorted(near))
