"""Pictures as browsers can show them, made on the fly and kept in memory as long as there is room."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from io import BytesIO
from threading import Lock

import cv2
import numpy as np
from PIL import Image

from packshot.edges.artefacts import Artefacts
from packshot.edges.decode import open_photo
from packshot.photo import Photo, Pixels

SMALL_SIDE = 360
"""Longest side of a small picture in pixels: sharp at 180 on screens of two pixels a point."""
_QUALITY = 80
_ROOM = 64 * 2**20
_SHOWN = frozenset({"jpeg", "png", "webp", "avif"})
"""Formats that browsers show; others, and what they would turn or move, are decoded here."""
_MARK = (255, 0, 102)


@dataclass(frozen=True, slots=True)
class Picture:
    """A file for a browser."""

    data: bytes
    media_type: str


class Renditions:
    """Makes pictures of artefacts; keeps the small ones and masks that were used last. Thread-safe."""

    def __init__(self, artefacts: Artefacts) -> None:
        self._artefacts = artefacts
        self._lock = Lock()
        self._kept: OrderedDict[tuple[str, str], Picture] = OrderedDict()
        self._bytes = 0

    def small(self, digest: str) -> Picture:
        """At most :data:`SMALL_SIDE` a side, on white.

        Raises:
            PackshotError: it is no picture.
        """
        return self._once("small", digest)

    def mark(self, digest: str) -> Picture:
        """A mask in one colour on nothing, to be laid over the photo, as large as that.

        Raises:
            PackshotError: it is no picture.
        """
        return self._once("mark", digest)

    def full(self, digest: str) -> Picture:
        """Every pixel. A file that browsers show as packshot sees it goes as it is, any other one as PNG.

        Raises:
            PackshotError: it is no picture.
        """
        photo = open_photo(self._artefacts.get(digest), name=digest[:12])
        origin = photo.origin
        plain = origin.orientation == 1 and origin.frames == 1
        if origin.format in _SHOWN and plain:
            return Picture(origin.data, f"image/{origin.format}")
        return _png(photo)

    def _once(self, kind: str, digest: str) -> Picture:
        with self._lock:
            if (kind, digest) in self._kept:
                self._kept.move_to_end((kind, digest))
                return self._kept[kind, digest]
        photo = open_photo(self._artefacts.get(digest), name=digest[:12])
        made = _small(photo.on_white()) if kind == "small" else _mark(photo.pixels)
        with self._lock:
            if (kind, digest) not in self._kept:
                self._kept[kind, digest] = made
                self._bytes += len(made.data)
            while self._bytes > _ROOM:
                _, dropped = self._kept.popitem(last=False)
                self._bytes -= len(dropped.data)
        return made


def _small(pixels: Pixels) -> Picture:
    height, width = pixels.shape[:2]
    scale = min(1.0, SMALL_SIDE / max(height, width))
    wanted = max(1, round(width * scale)), max(1, round(height * scale))
    buffer = BytesIO()
    small = cv2.resize(pixels, wanted, interpolation=cv2.INTER_AREA)
    Image.fromarray(small).save(buffer, "JPEG", quality=_QUALITY)
    return Picture(buffer.getvalue(), "image/jpeg")


def _mark(pixels: Pixels) -> Picture:
    image = Image.fromarray((pixels.max(2) >= 128).astype(np.uint8), "P")
    image.putpalette([*(0, 0, 0), *_MARK])
    buffer = BytesIO()
    image.save(buffer, "PNG", bits=1, transparency=0, optimize=True)
    return Picture(buffer.getvalue(), "image/png")


def _png(photo: Photo) -> Picture:
    pixels = photo.pixels if photo.alpha is None else np.dstack((photo.pixels, photo.alpha))
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=3)
    return Picture(buffer.getvalue(), "image/png")
