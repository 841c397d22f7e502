"""The objects that a photo is published as: written once under their own digest, read back, never changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final
from urllib.parse import quote

from packshot.edges.formats import detect_format
from packshot.edges.provenance import read_provenance
from packshot.edges.publish.errors import MislabelledError, TamperedObjectError, UnstatedProvenanceError
from packshot.edges.publish.manifest import Entry, PublishedFile
from packshot.edges.storage import Storage
from packshot.edges.xmp import Provenance, stronger_source_type
from packshot.errors import TooLargeError, UnknownNameError

_IMMUTABLE: Final = "public, max-age=31536000, immutable"
_SUFFIXES: Mapping[str, str] = MappingProxyType(
    {"jpeg": "jpg", "tiff": "tif", **{name: name for name in ("png", "webp", "avif", "gif", "bmp")}}
)


@dataclass(frozen=True, slots=True)
class ToPublish:
    """A file to be published.

    Attributes:
        channel: the channel that it is made for; None for all.
        format: jpeg, png, webp, avif, gif, tiff or bmp.
        width, height: in pixels.
        data: the file.
    """

    channel: str | None
    format: str
    width: int
    height: int
    data: bytes = field(repr=False)


def public_url(base_url: str | None, key: str) -> str | None:
    """Where customers get the object under ``key``; None without a ``base_url``."""
    return f"{base_url.rstrip('/')}/{quote(key)}" if base_url else None


def publish_file(
    storage: Storage, file: ToPublish, expected: Provenance | None, base_url: str | None
) -> PublishedFile:
    """Write ``file`` unless it is there, read it back and look at what it says.

    Raises:
        UnknownNameError: no such format.
        MislabelledError: it is in another format than is said.
        TamperedObjectError: what is read back is not what was written.
        UnstatedProvenanceError: the object does not state what is ``expected``.
    """
    if file.format not in _SUFFIXES:
        raise UnknownNameError(kind="format", name=file.format, choices=", ".join(_SUFFIXES))
    found = detect_format(file.data, "file")
    if found != file.format:
        raise MislabelledError(stated=file.format, found=found)
    digest = hashlib.sha256(file.data).hexdigest()
    key = f"renditions/{digest[:2]}/{digest}.{_SUFFIXES[file.format]}"
    storage.create(key, file.data, content_type=f"image/{file.format}", cache_control=_IMMUTABLE)
    written = _read_back(storage, key, digest, len(file.data))
    if expected is not None:
        missing = ", ".join(_unstated(expected, read_provenance(written)))
        if missing:
            raise UnstatedProvenanceError(key=key, missing=missing)
    return PublishedFile(
        file.channel,
        file.format,
        file.width,
        file.height,
        len(file.data),
        digest,
        key,
        public_url(base_url, key),
    )


def publish_receipt(storage: Storage, receipt: bytes) -> str:
    """Write a receipt (JSON) unless it is there, and read it back; its key.

    Raises:
        TamperedObjectError: what is read back is not what was written.
    """
    digest = hashlib.sha256(receipt).hexdigest()
    key = f"receipts/{digest[:2]}/{digest}.json"
    storage.create(key, receipt, content_type="application/json", cache_control=_IMMUTABLE)
    _read_back(storage, key, digest, len(receipt))
    return key


def check_objects(storage: Storage, entry: Entry) -> None:
    """See that the files of ``entry`` are what they were.

    Raises:
        MissingObjectError: one is not there any more.
        TamperedObjectError: one is something else.
    """
    for file in entry.files:
        _read_back(storage, file.key, file.sha256, file.bytes)


def _read_back(storage: Storage, key: str, digest: str, size: int) -> bytes:
    try:
        data = storage.read(key, size)
    except TooLargeError as error:
        raise TamperedObjectError(key=key, where=storage.where) from error
    if hashlib.sha256(data).hexdigest() != digest:
        raise TamperedObjectError(key=key, where=storage.where)
    return data


def _unstated(expected: Provenance, stated: Provenance) -> Iterator[str]:
    """What of ``expected`` is not in ``stated``.

    A file may say more about its source than is expected: an enhanced drawing still says that it is drawn.
    """
    strongest = stronger_source_type(stated.digital_source_type, expected.digital_source_type)
    if strongest != stated.digital_source_type:
        yield f"the digital source type {expected.digital_source_type}"
    for creator in expected.creators:
        if creator not in stated.creators:
            yield f"the creator {creator!r}"
    if expected.rights and expected.rights != stated.rights:
        yield f"the rights {expected.rights!r}"
    if expected.credit and expected.credit != stated.credit:
        yield f"the credit {expected.credit!r}"
