"""Crops that show what happened to a photo, and which of them are kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from packshot.finding import Box
from packshot.photo import Pixels

FIRST, WORST = 3, 3
"""How many exhibits of a sheet are the first photos, and how many the worst of the others."""

_COARSE = 8  # the place to look at is found on a grid of so many pixels


@dataclass(frozen=True, slots=True)
class Tile:
    """One picture, shown at 100 %, and what stands above it."""

    label: str
    pixels: Pixels = field(repr=False)


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One photo on a sheet.

    Attributes:
        sheet: the set that the sheet is about.
        number: order of the photo.
        rank: the lower, the worse it went.
        heading: what stands above its tiles.
        tiles: input, results and truth.
    """

    sheet: str
    number: int
    rank: float
    heading: str
    tiles: tuple[Tile, ...]


class Selection:
    """The exhibits of one sheet: the first ``FIRST`` photos, and the ``WORST`` worst of the others.

    It holds no more than these, however many are added, and they do not depend on the order of adding.
    """

    def __init__(self) -> None:
        self.seen = 0
        self._first: list[Exhibit] = []
        self._worst: list[Exhibit] = []

    def add(self, exhibit: Exhibit) -> None:
        """Consider an exhibit."""
        self.seen += 1
        self._first = sorted([*self._first, exhibit], key=lambda e: e.number)
        pushed_out = self._first[FIRST:]
        del self._first[FIRST:]
        self._worst = sorted([*self._worst, *pushed_out], key=lambda e: (e.rank, e.number))[:WORST]

    @property
    def first(self) -> tuple[Exhibit, ...]:
        """The first photos, in order; all of them where none had to be left out."""
        others = sorted(self._worst, key=lambda e: e.number) if self._complete else []
        return (*self._first, *others)

    @property
    def worst(self) -> tuple[Exhibit, ...]:
        """The worst of the others, the worst one first; empty where all are shown."""
        return () if self._complete else tuple(self._worst)

    @property
    def _complete(self) -> bool:
        return self.seen <= FIRST + WORST


def squared_error(truth: Pixels, pictures: Iterable[Pixels]) -> NDArray[np.float32]:
    """Squared difference from ``truth`` (H, W, 3), summed over ``pictures`` and channels: (H, W)."""
    error = np.zeros(truth.shape[:2], np.float32)
    for picture in pictures:
        error += np.square(picture.astype(np.float32) - truth).sum(2)
    return error


def window(error: NDArray[np.float32], side: int) -> Box:
    """The part of a photo with the most ``error`` (H, W): ``side`` px square, less where it is smaller."""
    height, width = error.shape
    coarse = cv2.resize(error, (-(-width // _COARSE), -(-height // _COARSE)), interpolation=cv2.INTER_AREA)
    # Not a box: a spot smaller than the window would then be as good in its corner as in its middle.
    near = cv2.GaussianBlur(coarse, (0, 0), side / _COARSE / 4, borderType=cv2.BORDER_CONSTANT)
    row, column = np.unravel_index(int(near.argmax()), near.shape)
    left = _start(int(column), near.shape[1], width, side)
    top = _start(int(row), near.shape[0], height, side)
    return Box(left, top, min(width, left + side), min(height, top + side))


def _start(place: int, cells: int, length: int, side: int) -> int:
    middle = int((place + 0.5) * length / cells)
    return max(0, min(middle - side // 2, length - side))
