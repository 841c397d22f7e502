"""The few EXIF tags that packshot reads and corrects; all others keep their bytes (Exif 3.0, TIFF 6.0)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile

from packshot.errors import DamagedMetadataError

ARTIST = 0x013B
COPYRIGHT = 0x8298
_ORIENTATION = 0x0112
_EXIF_IFD = 0x8769
_COLOUR_SPACE = 0xA001
_THUMBNAIL_OFFSET = 0x0201
_THUMBNAIL_LENGTH = 0x0202
_SHORT, _LONG = 3, 4
_PREFIX = b"Exif\0\0"
# ImageDescription, Make, Model, Software, DateTime, Artist, Copyright: what a TIFF says beyond its layout.
_TIFF_TAGS = (0x010E, 0x010F, 0x0110, 0x0131, 0x0132, ARTIST, COPYRIGHT)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One directory entry: ``at`` is where its four value bytes lie."""

    tag: int
    kind: int
    count: int
    at: int


class Exif:
    """An EXIF block, with or without the ``Exif`` prefix of JPEG.

    Raises:
        DamagedMetadataError: it is no EXIF block, or its directories point outside of it.
    """

    def __init__(self, block: bytes) -> None:
        self._bytes = bytearray(block.removeprefix(_PREFIX))
        byte_order = {b"II*\0": "<", b"MM\0*": ">"}.get(bytes(self._bytes[:4]))
        if byte_order is None:
            raise DamagedMetadataError(kind="EXIF", detail="damaged")
        self._order = byte_order
        try:
            first = self._number("I", 4)
            self._main = {entry.tag: entry for entry in self._entries(first)}
            self._next = first + 2 + 12 * self._number("H", first)
            self._thumbnail = self._directory_at(self._next)
            details = self._main.get(_EXIF_IFD)
            self._details = self._directory_at(details.at) if details else {}
            self.orientation = self._orientation()
        except struct.error as error:
            raise DamagedMetadataError(kind="EXIF", detail="damaged") from error

    def text(self, tag: int) -> str | None:
        """An ASCII tag of the main directory; None where absent or blank."""
        entry = self._main.get(tag)
        if entry is None:
            return None
        start = self._number("I", entry.at) if entry.count > 4 else entry.at
        raw = bytes(self._bytes[start : start + entry.count])
        return raw.split(b"\0", 1)[0].decode("utf-8", "replace").strip() or None

    def upright(self) -> bytes:
        """The block for pixels that are upright sRGB: orientation 1, colour space sRGB, no thumbnail.

        The thumbnail shows the photo before treatment, so its bytes are blanked, not only unlinked.
        """
        changed = bytearray(self._bytes)
        for entry in (self._main.get(_ORIENTATION), self._details.get(_COLOUR_SPACE)):
            if entry is not None and entry.kind in (_SHORT, _LONG):
                struct.pack_into(self._order + ("H" if entry.kind == _SHORT else "I"), changed, entry.at, 1)
        if self._next + 4 <= len(changed):
            changed[self._next : self._next + 4] = bytes(4)
        if {_THUMBNAIL_OFFSET, _THUMBNAIL_LENGTH} <= self._thumbnail.keys():
            start = self._number("I", self._thumbnail[_THUMBNAIL_OFFSET].at)
            end = min(start + self._number("I", self._thumbnail[_THUMBNAIL_LENGTH].at), len(changed))
            if start < self._next:  # it would blank the directories themselves
                raise DamagedMetadataError(kind="EXIF", detail="damaged")
            if end == len(changed):
                del changed[start:]
            else:
                changed[start:end] = bytes(max(0, end - start))
        return bytes(changed)

    def _orientation(self) -> int:
        entry = self._main.get(_ORIENTATION)
        if entry is None or entry.kind not in (_SHORT, _LONG):
            return 1
        value = self._number("H" if entry.kind == _SHORT else "I", entry.at)
        return value if 1 <= value <= 8 else 1

    def _directory_at(self, pointer: int) -> dict[int, _Entry]:
        """Entries of the directory that ``pointer`` points to; a missing or zero pointer means none."""
        if pointer + 4 > len(self._bytes) or not (start := self._number("I", pointer)):
            return {}
        return {entry.tag: entry for entry in self._entries(start)}

    def _entries(self, start: int) -> Iterator[_Entry]:
        for index in range(self._number("H", start)):
            at = start + 2 + 12 * index
            tag, kind, count = struct.unpack_from(self._order + "HHI", self._bytes, at)
            struct.unpack_from("4x", self._bytes, at + 8)
            yield _Entry(tag, kind, count, at + 8)

    def _number(self, kind: str, at: int) -> int:
        value: int = struct.unpack_from(self._order + kind, self._bytes, at)[0]
        return value


def exif_of_tiff(image: TiffImageFile) -> bytes | None:
    """What a TIFF's own directory says about camera, time and author, as an EXIF block; None when nothing."""
    kept = Image.Exif()
    for tag in _TIFF_TAGS:
        value = image.tag_v2.get(tag)
        if isinstance(value, str):
            kept[tag] = value
    return kept.tobytes().removeprefix(_PREFIX) if len(kept) else None


def credits_only(block: bytes) -> bytes | None:
    """An EXIF block with nothing but artist and copyright, for a container that cannot hold ``block``."""
    exif, kept = Exif(block), Image.Exif()
    for tag in (ARTIST, COPYRIGHT):
        if (value := exif.text(tag)) is not None:
            kept[tag] = value
    return kept.tobytes().removeprefix(_PREFIX) if len(kept) else None
