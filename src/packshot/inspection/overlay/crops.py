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

    def seen(square: _Square, strokes: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return np.dstack([square.cut(pixels, strokes), square.places(boxes, (width, height))])

    everything = _Square.around(np.array([width / 2, height / 2]), whole, PHOTO)
    thumbnail = seen(everything, afar)
    letters, around, photo = (
        np.empty((len(boxes), side, side, CHANNELS), np.uint8) for side in (LETTERS, AROUND, PHOTO)
    )
    for index, box in enumerate(boxes):
        centre = np.clip(box.corners.mean(0), 0, (width - 1, height - 1))
        short, long = sorted(sides(box))
        close = _Square.around(centre, max(LETTERS, _TALLEST * short), LETTERS)
        wide = _Square.around(centre, min(whole, max(_ROOM * long, _LEAST_ROOM * short)), AROUND)
        letters[index] = close.marked(seen(close, near), box)
        around[index] = wide.marked(seen(wide, afar), box)
        photo[index] = everything.marked(thumbnail, box)
    return letters, around, photo


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

    def places(self, boxes: Sequence[TextBox], photo: tuple[int, int]) -> NDArray[np.uint8]:
        """The last channel without an own place, (side, side); ``photo`` is its width and height."""
        canvas = np.full((self.side, self.side), _OUTSIDE, np.uint8)
        (x0, y0), (x1, y1) = np.maximum(0, self._here(np.array([(0, 0), photo], np.float32)))
        canvas[y0:y1, x0:x1] = 0
        for box in boxes:
            cv2.fillPoly(canvas, [self._here(box.corners)], _OTHER)
        return canvas

    def marked(self, crop: NDArray[np.uint8], own: TextBox) -> NDArray[np.uint8]:
        """``crop`` (side, side, ``CHANNELS``) with the own place marked."""
        places = crop[..., -1].copy()
        cv2.fillPoly(places, [self._here(own.corners)], _OWN)
        return np.dstack([crop[..., :-1], places])

    def _here(self, points: NDArray[np.float32]) -> NDArray[np.int32]:
        """Where points (N, 2) of the photo lie in the square as it is shown."""
        origin = np.array([self.x0, self.y0], np.float32)
        here: NDArray[np.int32] = np.round((points - origin) * (self.side / self.extent)).astype(np.int32)
        return here
