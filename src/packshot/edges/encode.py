"""Photo in, bytes out: colours, metadata and rights stay, and nothing is compressed twice without need."""

from __future__ import annotations

import os
import secrets
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from packshot.edges.colour import output_profile
from packshot.edges.exif import credits_only
from packshot.edges.jpeg import Tables, compression_of, quantisation_of
from packshot.edges.metadata import iim_credits
from packshot.edges.xmp import Provenance, merge_xmp, read_xmp
from packshot.errors import FormatLimitError, UnknownNameError, UsageError
from packshot.photo import Origin, Photo

SUFFIXES = {".jpg": "jpeg", ".jpeg": "jpeg", ".png": "png", ".webp": "webp", ".avif": "avif"}
"""Suffixes of output files and the format each asks for."""
_READ_ONLY = {
    ".gif": "gif",
    ".tif": "tiff",
    ".tiff": "tiff",
    ".bmp": "bmp",
}  # written only by passing them on

_QUALITY = {"jpeg": 90, "webp": 85, "avif": 75}  # the scales of the three encoders differ

_LEAST_JPEG_QUALITY = 75  # below, the edited parts would show blocks that the merchant's own pixels hide
# Measured over 8 studio photos, 13 MP, CPU of encoding and decoding per megapixel:
_AVIF_SPEED = 8  # 132 ms; speed 6 takes 312 ms for 3 % fewer bytes
_WEBP_METHOD = 4  # 83 ms; method 2 takes 51 ms for 4 % more bytes
# What libjpeg and libwebp write, what libavif reads back, and what the header of a PNG can state.
_LONGEST_SIDE = {"jpeg": 65_500, "webp": 16_383, "avif": 32_768, "png": 2**31 - 1}
_JPEG_SEGMENT = 65_500  # bytes that one APP1 segment holds beside its own header (ITU-T T.81, B.1.1.4)


def encode(
    photo: Photo,
    fmt: str,
    *,
    quality: int | None = None,
    lossless: bool = False,
    provenance: Provenance | None = None,
) -> bytes:
    """``photo`` as a file in ``fmt``: jpeg, png, webp or avif.

    The pixels are sRGB. A photo that came with another profile gets an sRGB profile, one that came with sRGB
    keeps its own, one without gets none (see :func:`packshot.edges.colour.output_profile`). EXIF and XMP are
    kept, IPTC-IIM credits move into XMP. JPEG lays transparent parts over white, the others keep alpha.

    Args:
        photo: what to write.
        fmt: the format.
        quality: 1 to 100 on the encoder's own scale. The default for JPEG is 90; a photo that came as a JPEG
            of lower quality is written at that quality, though not below 75, because a higher one would only
            spend bytes on its blocks. One that kept its size is written with the very tables of its file, so
            that untouched blocks lose nothing a second time. Its chroma subsampling is kept, in AVIF too;
            photos from other formats get 4:4:4, which keeps coloured lettering on packaging sharp. WebP 85,
            AVIF 75.
        lossless: store the exact pixels; png always does, webp can.
        provenance: statements to add to those in the file.

    Raises:
        UnknownNameError: no such output format.
        UsageError: ``lossless`` with a format that cannot be.
        FormatLimitError: the photo has more pixels a side than the format holds.
    """
    if fmt not in SUFFIXES.values():
        raise UnknownNameError(
            kind="output format", name=fmt, choices=", ".join(sorted(set(SUFFIXES.values())))
        )
    if lossless and fmt in ("jpeg", "avif"):
        raise UsageError(detail=f"{fmt} cannot store a photo losslessly; choose png or webp.")
    if not holds(fmt, photo):
        facts = {"name": photo.origin.name, "found": max(photo.width, photo.height)}
        raise FormatLimitError(**facts, format=fmt, limit=_LONGEST_SIDE[fmt])
    options: dict[str, Any] = {"format": fmt.upper(), **_metadata(photo, fmt, provenance or Provenance())}
    if fmt == "jpeg":
        options |= {"subsampling": _subsampling(photo.origin), "optimize": True}
    elif fmt == "webp":
        # `exact` keeps the colours under transparent pixels, which lossless must.
        options |= {"lossless": lossless, "exact": lossless, "method": _WEBP_METHOD}
    elif fmt == "avif":
        # One thread: the executor runs one worker a core.
        options |= {"subsampling": _subsampling(photo.origin), "speed": _AVIF_SPEED, "max_threads": 1}
    tables = _own_tables(photo) if fmt == "jpeg" and quality is None else None
    if tables is not None:
        options["qtables"] = tables
    elif fmt != "png":
        options["quality"] = quality or default_quality(photo, fmt)
    written = BytesIO()
    _image(photo, fmt).save(written, **options)
    return written.getvalue()


def save(
    photo: Photo,
    path: str | Path,
    *,
    unchanged: bool,
    quality: int | None = None,
    lossless: bool = False,
    provenance: Provenance | None = None,
) -> bool:
    """Write ``photo`` to ``path`` in the format of its suffix; the file appears whole or not at all.

    Args:
        photo: what to write.
        path: where to; its folder must exist.
        unchanged: no pixel of the photo was treated. Then, if the format is that of its file, the file's own
            bytes are written verbatim.
        quality: see :func:`encode`, also for the next two.
        lossless: see :func:`encode`.
        provenance: see :func:`encode`.

    Returns:
        Whether the original bytes were passed through.

    Raises:
        UnknownNameError: the suffix names no output format.
        UsageError: ``lossless`` with a format that cannot be.
        FormatLimitError: the photo has more pixels a side than the format holds.
        OSError: the file cannot be written.
    """
    target = Path(path)
    suffix = target.suffix.lower()
    origin = photo.origin
    passthrough = unchanged and bool(origin.data) and (SUFFIXES | _READ_ONLY).get(suffix) == origin.format
    if passthrough:
        data = origin.data
    elif suffix in SUFFIXES:
        data = encode(photo, SUFFIXES[suffix], quality=quality, lossless=lossless, provenance=provenance)
    else:
        raise UnknownNameError(kind="output suffix", name=suffix, choices=", ".join(SUFFIXES))
    write_atomically(target, data)
    return passthrough


def write_atomically(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path``: a reader sees the old file or the whole new one, also after a power cut.

    Raises:
        OSError: the file cannot be written; nothing is left behind.
    """
    # Not `tempfile`: its files are private to their owner, and the mode would survive the rename.
    temporary = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def holds(fmt: str, photo: Photo) -> bool:
    """Whether a file in ``fmt``, an output format, can have as many pixels a side as ``photo``."""
    return max(photo.width, photo.height) <= _LONGEST_SIDE[fmt]


def default_quality(photo: Photo, fmt: str) -> int:
    """Quality at which :func:`encode` writes ``photo`` as jpeg, webp or avif when nobody asks for another."""
    if fmt != "jpeg" or not _came_as_jpeg(photo.origin):
        return _QUALITY[fmt]
    quality, _ = compression_of(photo.origin.data)
    return min(_QUALITY[fmt], max(_LEAST_JPEG_QUALITY, quality))


def _own_tables(photo: Photo) -> Tables | None:
    """The tables of the photo's own file where they fit it and are fine enough for edited parts."""
    origin = photo.origin
    if not _came_as_jpeg(origin) or compression_of(origin.data)[0] < _LEAST_JPEG_QUALITY:
        return None
    return quantisation_of(origin.data, (photo.width, photo.height))


def _subsampling(origin: Origin) -> str:
    return compression_of(origin.data)[1] if _came_as_jpeg(origin) else "4:4:4"


def _came_as_jpeg(origin: Origin) -> bool:
    return origin.format == "jpeg" and bool(origin.data)


def _image(photo: Photo, fmt: str) -> Image.Image:
    if photo.alpha is None:
        return Image.fromarray(photo.pixels)
    if fmt == "jpeg":
        return Image.fromarray(photo.on_white())
    return Image.fromarray(np.dstack((photo.pixels, photo.alpha)))


def _metadata(photo: Photo, fmt: str, provenance: Provenance) -> dict[str, Any]:
    """Pillow's save options for profile, EXIF and XMP."""
    metadata = photo.metadata
    exif = metadata.exif
    statement = provenance.or_else(iim_credits(metadata.iptc or b""))
    xmp = None
    if metadata.xmp is not None or statement != Provenance():
        xmp = merge_xmp(metadata.xmp, statement)
    if fmt == "jpeg":
        # What one segment cannot hold shrinks to what must not be lost: source, creator, rights.
        if xmp is not None and len(xmp) > _JPEG_SEGMENT:
            xmp = merge_xmp(None, read_xmp(xmp))
        if exif is not None and len(exif) > _JPEG_SEGMENT:
            exif = credits_only(exif)
    options: dict[str, Any] = {}
    if (profile := output_profile(metadata.icc)) is not None:
        options["icc_profile"] = profile
    if exif is not None:
        options["exif"] = b"Exif\0\0" + exif
    if xmp is not None and fmt == "png":
        text = PngInfo()
        text.add_itxt("XML:com.adobe.xmp", xmp.decode())
        options["pnginfo"] = text
    elif xmp is not None:
        options["xmp"] = xmp
    return options
