"""The files that a shop or channel wants of one photo, none larger than the photo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from packshot.edges.colour import output_profile
from packshot.edges.encode import default_quality, encode, holds
from packshot.edges.xmp import ENHANCED, Provenance
from packshot.errors import DoesNotFitError
from packshot.photo import Photo

_QUALITY_STEPS = (85, 80, 75, 70, 65, 60, 55, 50)  # below 50, blocks show on plain backgrounds


@dataclass(frozen=True, slots=True)
class Rendition:
    """One file of a photo.

    Attributes:
        width, height: in pixels.
        format: jpeg, png, webp or avif; the origin's format where its bytes are passed through.
        data: the file.
        quality: the encoder's quality; None for PNG, and for bytes that are passed through.
        passthrough: the file is the photo's own, byte for byte.
        note: what had to be given up to fit the plan, for the trail; empty when nothing.
    """

    width: int
    height: int
    format: str
    data: bytes = field(repr=False)
    quality: int | None = None
    passthrough: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class RenditionPlan:
    """What a channel accepts.

    Attributes:
        formats: accepted formats, the preferred one first.
        max_side: longest side in pixels; None for no limit.
        max_bytes: size of the file; None for no limit.
    """

    formats: tuple[str, ...]
    max_side: int | None = None
    max_bytes: int | None = None


def renditions(
    photo: Photo,
    widths: Sequence[int],
    formats: Sequence[str],
    *,
    quality: int | None = None,
    provenance: Provenance | None = None,
) -> list[Rendition]:
    """``photo`` in each width and format, for a ``srcset``.

    Widths above the photo's are skipped, so the list is empty when all are: enlarging is a treatment, not an
    encoding. A smaller width says ``algorithmicallyEnhanced``, as IPTC asks of resizing.

    Raises:
        UnknownNameError: no such output format.
        FormatLimitError: the photo has more pixels a side than a format holds.
    """
    made = []
    for width in sorted({width for width in widths if width <= photo.width}):
        resized = downscale(photo, width)
        statement = _resized_statement(provenance, resized=resized is not photo)
        for fmt in formats:
            data = encode(resized, fmt, quality=quality, provenance=statement)
            used = None if fmt == "png" else quality or default_quality(resized, fmt)
            made.append(Rendition(resized.width, resized.height, fmt, data, used))
    return made


def render(
    photo: Photo, plan: RenditionPlan, *, unchanged: bool, provenance: Provenance | None = None
) -> Rendition:
    """The one file of ``photo`` that a channel gets.

    The photo's own bytes where it was not treated and they satisfy the plan as they are: accepted format,
    small enough, upright sRGB with 8 bits a channel. Otherwise the first format of the plan that fits at its
    default quality, else the first that fits when its quality is lowered in steps to 50.

    Args:
        photo: what to publish.
        plan: what the channel accepts.
        unchanged: no pixel of the photo was treated.
        provenance: statements to add to those in the file.

    Raises:
        DoesNotFitError: even the lowest quality needs more bytes than the plan allows.
        FormatLimitError: none of the formats holds so many pixels a side.
        UnknownNameError: the plan names a format that cannot be written.
    """
    side = max(photo.width, photo.height)
    if unchanged and _is_plain(photo) and _satisfies(photo, plan):
        return Rendition(photo.width, photo.height, photo.origin.format, photo.origin.data, passthrough=True)
    scale = 1.0 if plan.max_side is None else min(1.0, plan.max_side / side)
    resized = _resized(photo, (max(1, round(photo.width * scale)), max(1, round(photo.height * scale))))
    statement = _resized_statement(provenance, resized=resized is not photo)
    smallest = None
    for fmt, quality in _attempts(resized, plan.formats):
        # Left to itself, the encoder can do better for a JPEG than a quality says: write its own tables.
        asked = None if quality is None or quality == default_quality(resized, fmt) else quality
        data = encode(resized, fmt, quality=asked, provenance=statement)
        if plan.max_bytes is None or len(data) <= plan.max_bytes:
            note = _note(resized, plan, fmt, quality)
            return Rendition(resized.width, resized.height, fmt, data, quality, note=note)
        smallest = len(data) if smallest is None else min(smallest, len(data))
    raise DoesNotFitError(name=photo.origin.name, found=smallest, limit=plan.max_bytes)


def downscale(photo: Photo, width: int) -> Photo:
    """``photo`` at ``width`` pixels, its ratio kept; the photo itself at its own width.

    Lanczos with a support that grows with the reduction (so no aliasing), on premultiplied colours where
    there is alpha (so no halo from the colours under transparent pixels).

    Raises:
        ValueError: ``width`` is larger than the photo's or not positive.
    """
    if not 0 < width <= photo.width:
        raise ValueError(f"cannot downscale {photo.width} pixels to {width}")
    return _resized(photo, (width, max(1, round(photo.height * width / photo.width))))


def _resized(photo: Photo, size: tuple[int, int]) -> Photo:
    """``photo`` at ``size`` (width, height); the photo itself at its own size."""
    if size == (photo.width, photo.height):
        return photo
    if photo.alpha is None:
        return photo.with_pixels(
            np.asarray(Image.fromarray(photo.pixels).resize(size, Image.Resampling.LANCZOS))
        )
    # Pillow premultiplies RGBA before it filters.
    both = Image.fromarray(np.dstack((photo.pixels, photo.alpha))).resize(size, Image.Resampling.LANCZOS)
    return photo.with_pixels(np.asarray(both.convert("RGB")), np.asarray(both.getchannel("A")))


def _attempts(photo: Photo, formats: Sequence[str]) -> list[tuple[str, int | None]]:
    """Formats with a quality, in the order to try: defaults first, then steps down. PNG has one size only.

    Formats that cannot hold the photo are left out, unless none can.
    """
    able = [fmt for fmt in formats if holds(fmt, photo)] or formats
    defaults = [(fmt, None if fmt == "png" else default_quality(photo, fmt)) for fmt in able]
    lower = [(fmt, q) for fmt, start in defaults if start for q in _QUALITY_STEPS if q < start]
    return [*defaults, *lower]


def _note(photo: Photo, plan: RenditionPlan, fmt: str, quality: int | None) -> str:
    if fmt != plan.formats[0] and not holds(plan.formats[0], photo):
        return f"{plan.formats[0]} does not hold so many pixels a side; {fmt} was used."
    if fmt != plan.formats[0]:
        return (
            f"{plan.formats[0]} needs more than {plan.max_bytes} bytes; {fmt} at quality {quality} was used."
        )
    if quality is not None and quality < default_quality(photo, fmt):
        return f"quality {quality} instead of {default_quality(photo, fmt)}, to fit {plan.max_bytes} bytes."
    return ""


def _is_plain(photo: Photo) -> bool:
    """Whether the file's own bytes are what its pixels are: a channel need not know profiles or EXIF."""
    origin, icc = photo.origin, photo.metadata.icc
    return (
        bool(origin.data)
        and (origin.orientation, origin.bit_depth, origin.frames) == (1, 8, 1)
        and origin.mode in ("L", "LA", "P", "RGB", "RGBA")
        and output_profile(icc) == icc
    )


def _satisfies(photo: Photo, plan: RenditionPlan) -> bool:
    origin, side = photo.origin, max(photo.width, photo.height)
    return (
        origin.format in plan.formats
        and (plan.max_side is None or side <= plan.max_side)
        and (plan.max_bytes is None or len(origin.data) <= plan.max_bytes)
    )


def _resized_statement(provenance: Provenance | None, *, resized: bool) -> Provenance | None:
    """``provenance``, which for a resized photo says so unless it says more already."""
    if not resized:
        return provenance
    return (provenance or Provenance()).or_else(Provenance(ENHANCED))
