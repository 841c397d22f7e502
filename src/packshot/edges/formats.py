"""The file formats that packshot reads: an allow-list, told by content and never by name."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from types import MappingProxyType

from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from packshot.errors import UndecodableError, UnsupportedFormatError

# The readers are called directly: `Image.open` would warn on its own pixel limit before ours is asked.
READERS: Mapping[str, type[ImageFile]] = MappingProxyType(
    {
        "jpeg": JpegImageFile,
        "png": PngImageFile,
        "webp": WebPImageFile,
        "avif": AvifImageFile,
        "tiff": TiffImageFile,
        "gif": GifImageFile,
        "bmp": BmpImageFile,
    }
)
"""Formats that can be read, and Pillow's reader of each."""

_SIGNATURES = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
)
_FOREIGN = (
    (b"%PDF", "a PDF document"),
    (b"8BPS", "a Photoshop document"),
    (b"%!PS", "a PostScript document"),
    (b"\xc5\xd0\xd3\xc6", "a PostScript document"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 picture"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\0\0\1\0", "a Windows icon"),
    (b"PK\3\4", "a ZIP archive"),
)
_MARKUP = ((b"<svg", "an SVG drawing"), (b"<html", "a web page"), (b"<!doctype html", "a web page"))
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_BMP_HEADER_SIZES = frozenset({12, 16, 40, 52, 56, 64, 108, 124})


def detect_format(data: bytes, name: str) -> str:
    """The format that ``data`` is in, a key of :data:`READERS`.

    Raises:
        UndecodableError: there are no bytes.
        UnsupportedFormatError: it is something else; says what, where that is known.
    """
    if not data:
        raise UndecodableError(name=name, detail="the file is empty. Upload it again.")
    for signature, known in _SIGNATURES:
        if data.startswith(signature):
            return known
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    # 'BM' alone begins many a text; the size of the header that follows tells.
    if data[:2] == b"BM" and int.from_bytes(data[14:18], "little") in _BMP_HEADER_SIZES:
        return "bmp"
    if data[4:8] == b"ftyp" and not _brands(data).isdisjoint({b"avif", b"avis"}):
        return "avif"
    raise UnsupportedFormatError(name=name, found=_describe(data), choices=", ".join(READERS))


def open_header(data: bytes, name: str) -> tuple[str, ImageFile]:
    """The format and Pillow's image of ``data``, with its header read and no pixel decoded.

    Raises:
        UndecodableError: there are no bytes.
        UnsupportedFormatError: the format is not on the allow-list.
        Exception: whatever Pillow raises for a broken header.
    """
    kind = detect_format(data, name)
    return kind, READERS[kind](BytesIO(data))


def _brands(data: bytes) -> set[bytes]:
    """Major and compatible brands of an ISO media file (ISO/IEC 14496-12, ``ftyp``)."""
    end = min(int.from_bytes(data[:4], "big"), len(data))
    return {data[8:12], *(data[at : at + 4] for at in range(16, end, 4))}


def _describe(data: bytes) -> str:
    """What a file that is not read seems to be."""
    if data[4:8] == b"ftyp":
        return "a video" if _brands(data).isdisjoint(_HEIF_BRANDS) else "a HEIC picture"
    for signature, what in _FOREIGN:
        if data.startswith(signature):
            return what
    beginning = data[:1024].lower()
    for tag, what in _MARKUP:
        if tag in beginning:
            return what
    return "not a picture"
