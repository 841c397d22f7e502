"""Bytes in, photo out: limits before pixels, content before names, no half-read picture."""

from __future__ import annotations

import hashlib
import os
import warnings
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

from PIL.ImageFile import ImageFile
from PIL.TiffImagePlugin import TiffImageFile

from packshot.edges import colour, webp
from packshot.edges.formats import READERS, detect_format
from packshot.edges.metadata import embedded_metadata
from packshot.edges.pixels import eight_bit, stored_depth, to_arrays, upright
from packshot.errors import (
    DamagedMetadataError,
    PackshotError,
    TooLargeError,
    UndecodableError,
    UnreadableError,
)
from packshot.photo import LONGEST_SIDE, MOST_PIXELS, Origin, Photo

# What is wrong with a file belongs into its findings, not on stderr in the middle of a batch. The blocks that
# Pillow warns about, EXIF and animation, are judged by `embedded_metadata` or not used. Set once, because
# `warnings.catch_warnings` in one thread would undo what another has set.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.(Png|Tiff)ImagePlugin")

_MIB = 2**20
_ORIENTATION = 0x0112
_DAMAGED = "the file is damaged or truncated. Upload it again."
_LOSSY_TIFF = frozenset({"jpeg", "tiff_jpeg", "webp"})


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may ask of this machine, checked before a pixel is decoded.

    Attributes:
        file_bytes: size of the file.
        pixels: width times height.
        side: longest side in pixels.
    """

    file_bytes: int = 64 * _MIB
    pixels: int = MOST_PIXELS
    side: int = LONGEST_SIDE


DEFAULT_LIMITS = Limits()


def open_photo(
    source: str | Path | bytes,
    *,
    name: str | None = None,
    limits: Limits = DEFAULT_LIMITS,
    product: str | None = None,
    category: str | None = None,
    merchant: str | None = None,
    attested_by: str | None = None,
) -> Photo:
    """Decode a photo: JPEG, PNG, WebP, AVIF, TIFF, GIF or BMP, decided by content.

    The pixels come out upright (EXIF orientation applied), in sRGB (embedded profile applied) and with 8 bits
    a channel, whatever the file stores. Of several frames or pages the first is used. Damaged metadata does
    not make a photo undecodable: it is left out and named in ``metadata.problems``.

    Args:
        source: a path, or the bytes of a file.
        name: what to call it in messages; the path by default.
        limits: refuse what is larger.
        product: identity from the feed, manifest, folder or command line; so are the next two.
        category: see ``product``.
        merchant: see ``product``.
        attested_by: who stated the right to alter this photo.

    Raises:
        UsageError: ``attested_by`` is blank.
        UnreadableError: the path cannot be read.
        UndecodableError: empty, damaged or truncated.
        UnsupportedFormatError: not one of the formats above.
        TooLargeError: more bytes, pixels or pixels a side than ``limits`` allows.
    """
    called = name or ("bytes" if isinstance(source, bytes) else str(source))
    data = source if isinstance(source, bytes) else _read(Path(source), called, limits)
    _check_bytes(len(data), called, limits)
    try:
        photo = _decode(data, called, limits)
    except PackshotError:
        raise
    except Exception as error:  # a decoder raises anything on broken bytes
        raise UndecodableError(name=called, detail=_reason(error)) from error
    return replace(photo, product=product, category=category, merchant=merchant, attested_by=attested_by)


def _read(path: Path, name: str, limits: Limits) -> bytes:
    """The file's bytes, one more than allowed at most."""
    try:
        with path.open("rb") as file:
            _check_bytes(os.fstat(file.fileno()).st_size, name, limits)
            return file.read(limits.file_bytes + 1)  # a pipe does not tell its size
    except OSError as error:
        raise UnreadableError(name=name, detail=error.strerror) from error


def _decode(data: bytes, name: str, limits: Limits) -> Photo:
    kind = detect_format(data, name)
    if kind == "webp":  # its reader allocates the canvas as soon as it is made
        _check_size(webp.canvas_size(data), name, limits)
    image = READERS[kind](BytesIO(data))
    _check_size(image.size, name, limits)
    depth = stored_depth(image, data)
    mode = image.mode
    # Loading a TIFF turns it upright and forgets how it was.
    turned = image.tag_v2.get(_ORIENTATION, 1) if isinstance(image, TiffImageFile) else 1
    image.load()
    metadata, orientation = embedded_metadata(image)
    flat = eight_bit(image, data, depth, name)
    try:
        working = colour.to_srgb(flat, metadata.icc)
    except DamagedMetadataError as error:
        metadata = replace(metadata, icc=None, problems=(*metadata.problems, str(error)))
        working = colour.to_srgb(flat, None)
    pixels, alpha = to_arrays(upright(working, orientation))
    origin = Origin(
        name=name,
        format=kind,
        data=data,
        digest=hashlib.sha256(data).hexdigest(),
        mode=mode,
        bit_depth=depth,
        frames=getattr(image, "n_frames", 1),
        lossless=_is_lossless(kind, image, data),
        extension=Path(name).suffix.lower(),
        orientation=int(turned) if turned in range(2, 9) else orientation,
    )
    return Photo(pixels, alpha, origin, metadata)


def _check_bytes(size: int, name: str, limits: Limits) -> None:
    if size > limits.file_bytes:
        limit = f"{limits.file_bytes / _MIB:g}"
        raise TooLargeError(name=name, found=f"{size / _MIB:.1f}", unit="MiB", limit=limit)


def _check_size(size: tuple[int, int], name: str, limits: Limits) -> None:
    width, height = size
    if max(size) > limits.side:
        raise TooLargeError(name=name, found=max(size), unit="pixels a side", limit=limits.side)
    if width * height > limits.pixels:
        found, limit = width * height / 1e6, limits.pixels / 1e6
        unit = f"megapixels ({width} x {height})"
        raise TooLargeError(name=name, found=f"{found:.1f}", unit=unit, limit=f"{limit:g}")


def _is_lossless(kind: str, image: ImageFile, data: bytes) -> bool:
    if kind == "webp":
        return webp.is_lossless(data)
    if kind == "tiff":
        return image.info.get("compression") not in _LOSSY_TIFF
    return kind in ("png", "gif", "bmp")


def _reason(error: Exception) -> str:
    """One sentence of what is wrong with a file, from what its decoder raised."""
    return f"the file is damaged or truncated ({error}). Upload it again." if str(error) else _DAMAGED
