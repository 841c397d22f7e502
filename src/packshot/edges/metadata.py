"""The metadata blocks of a decoded file, each checked to be usable."""

from __future__ import annotations

from PIL.ImageFile import ImageFile
from PIL.TiffImagePlugin import TiffImageFile

from packshot.edges.exif import Exif, exif_of_tiff
from packshot.edges.xmp import Provenance, read_xmp
from packshot.errors import DamagedMetadataError
from packshot.photo import Metadata

_IIM_RESOURCE = 0x0404  # Photoshop's image resource that holds IPTC-IIM records
_IIM_TIFF_TAG = 33723
_IIM_BYLINE, _IIM_CREDIT, _IIM_COPYRIGHT = 80, 110, 116  # IPTC-IIM 4.2, record 2


def embedded_metadata(image: ImageFile) -> tuple[Metadata, int]:
    """Metadata of ``image``, and the EXIF orientation (1 to 8) that its pixels still need.

    ``image`` must be loaded: a PNG may carry metadata behind its pixels. A damaged or unsafe block is left
    out and named in ``problems``; the pixels are not to blame for it. The ICC profile is checked where it is
    used.
    """
    problems = []
    exif, orientation = _exif_block(image), 1
    xmp = image.info.get("xmp")
    try:
        if exif is not None:
            checked = Exif(exif)
            exif, orientation = checked.upright(), checked.orientation
    except DamagedMetadataError as error:
        problems.append(str(error))
        exif = None
    try:
        if xmp:
            read_xmp(xmp)
    except DamagedMetadataError as error:
        problems.append(str(error))
        xmp = None
    icc = image.info.get("icc_profile")
    return Metadata(icc or None, exif, xmp or None, _iim(image), tuple(problems)), orientation


def iim_credits(records: bytes) -> Provenance:
    """Creators, copyright notice and credit line of IPTC-IIM records.

    A record is ``0x1C``, record number, data set, length (2 bytes, big-endian), value. Values are UTF-8 where
    they decode as such, else Latin-1: few writers declare their encoding.
    """
    values: dict[int, list[str]] = {}
    at = 0
    while at + 5 <= len(records) and records[at] == 0x1C:
        length = int.from_bytes(records[at + 3 : at + 5], "big")
        raw = records[at + 5 : at + 5 + length]
        if records[at + 1] == 2:
            values.setdefault(records[at + 2], []).append(_decoded(raw))
        at += 5 + length
    rights = values.get(_IIM_COPYRIGHT, [None])[0]
    credit = values.get(_IIM_CREDIT, [None])[0]
    return Provenance(None, tuple(values.get(_IIM_BYLINE, ())), rights, credit)


def _exif_block(image: ImageFile) -> bytes | None:
    if isinstance(image, TiffImageFile):
        return exif_of_tiff(image)
    return image.info.get("exif") or None


def _iim(image: ImageFile) -> bytes | None:
    if isinstance(image, TiffImageFile):
        value = image.tag_v2.get(_IIM_TIFF_TAG)
    else:
        resources = image.info.get("photoshop")
        value = resources.get(_IIM_RESOURCE) if isinstance(resources, dict) else None
    return value if isinstance(value, bytes) and value else None


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
