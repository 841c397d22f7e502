"""What an overlay judge sees of a place: itself, its surroundings, and where on the photo it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from packshot.backend import TextBox, Unit
from packshot.inspection.overlay.sight import Sight
from packshot.inspection.overlay.traits import sides
from packshot.photo import Pixels

LETTERS, AROUND, PHOTO = 96, 80, 64
"""Sides of the three crops, px."""

CHANNELS = 5
"""Red, green, blue, stroke probability, and whose place it is."""

_OWN, _OTHER, _OUTSIDE = 255, 128, 64  # in the last channel: the place, other places, beyond the photo's edge
_TALLEST = 3.0  # line heights that the crop of the letters shows at least
_ROOM = 1.6  # of the place's long side that the crop around it shows, at least ``_LEAST_ROOM`` line heights
_LEAST_ROOM = 6.0

Crops = tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]
"""``letters``, ``around`` and ``photo`` of :class:`packshot.backend.Places`."""


def crops(pixels: Pixels, sight: Sight, boxes: Sequence[TextBox]) -> Crops:
    """The three crops of every place in ``boxes`` on ``pixels`` (H, W, 3)."""
    near, afar = _levels(sight.near), _levels(sight.afar)
    height, width = pixels.shape[:2]
    whole = max(height, width)
    photo = _Square.around(np.array([width / 2, height / 2]), whole, PHOTO)
    thumbnail = photo.cut(pixels, afar)
    made = tuple(np.empty((len(boxes), side, side, CHANNELS), np.uint8) for side in (LETTERS, AROUND, PHOTO))
    for index, box in enumerate(boxes):
        centre = np.clip(box.corners.mean(0), 0, (width - 1, height - 1))
        short, long = sorted(sides(box))
        letters = _Square.around(centre, max(LETTERS, _TALLEST * short), LETTERS)
        around = _Square.around(centre, min(whole, max(_ROOM * long, _LEAST_ROOM * short)), AROUND)
        squares = (
            (letters, letters.cut(pixels, near)),
            (around, around.cut(pixels, afar)),
            (photo, thumbnail),
        )
        for crop, (square, seen) in zip(made, squares, strict=True):
            crop[index, ..., :-1] = seen
            crop[index, ..., -1] = square.whose(boxes, index, (width, height))
    letters_of, around_of, photo_of = made
    return letters_of, around_of, photo_of


def _levels(strokes: Unit) -> NDArray[np.uint8]:
    """Stroke probability in 0..255."""
    return np.asarray(cv2.convertScaleAbs(strokes, alpha=255), np.uint8)


@dataclass(frozen=True, slots=True)
class _Square:
    """A square on the photo: its top left corner and extent there, and the side it is shown at, px."""

    x0: int
    y0: int
    extent: int
    side: int

    @classmethod
    def around(cls, centre: NDArray[np.floating], extent: float, side: int) -> _Square:
        """The square of ``extent`` px around ``centre`` (x, y)."""
        size = max(1, round(extent))
        x0, y0 = (round(float(value) - size / 2) for value in centre)
        return cls(x0, y0, size, side)

    def cut(self, *planes: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """This part of ``planes`` (H, W) or (H, W, C), (side, side, all C); black beyond the photo's edge."""
        return np.dstack([self._cut(plane) for plane in planes])

    def _cut(self, plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
        height, width = plane.shape[:2]
        x1, y1 = self.x0 + self.extent, self.y0 + self.extent
        inside = plane[max(0, self.y0) : max(0, y1), max(0, self.x0) : max(0, x1)]
        above, left = max(0, -self.y0), max(0, -self.x0)
        below, right = (max(0, end - max(length, start)) for end, length, start in (
            (y1, height, self.y0), (x1, width, self.x0)))  # fmt: skip
        padded = cv2.copyMakeBorder(inside, above, below, left, right, cv2.BORDER_CONSTANT)
        way = cv2.INTER_AREA if self.extent > self.side else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(padded, (self.side, self.side), interpolation=way), np.uint8)

    def whose(self, boxes: Sequence[TextBox], own: int, photo: tuple[int, int]) -> NDArray[np.uint8]:
        """The last channel, (side, side); ``photo`` is its width and height."""
        scale = self.side / self.extent
        origin = np.array([self.x0, self.y0], np.float32)
        canvas = np.full((self.side, self.side), _OUTSIDE, np.uint8)
        x0, y0 = np.maximum(0, np.round(-origin * scale)).astype(int)
        x1, y1 = np.maximum(0, np.round((np.array(photo, np.float32) - origin) * scale)).astype(int)
        canvas[y0:y1, x0:x1] = 0
        for index in (*(index for index in range(len(boxes)) if index != own), own):
            corners = np.round((boxes[index].corners - origin) * scale).astype(np.int32)
            cv2.fillPoly(canvas, [corners], _OWN if index == own else _OTHER)
        return canvas
