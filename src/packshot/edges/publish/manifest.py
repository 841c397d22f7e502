"""What is published of a product: one small JSON file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

_Kind = TypeVar("_Kind")
_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """One object.

    Attributes:
        channel: the channel that it is made for; None for all.
        format: jpeg, png, webp, avif, …
        width, height: in pixels.
        bytes: its size.
        sha256: its digest, 64 hexadecimal digits.
        key: where it is in the storage.
        url: where customers get it; None when the publisher was not told.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    channel: str | None
    format: str
    width: int
    height: int
    bytes: int
    sha256: str
    key: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One photo of a product.

    Attributes:
        item: the job's item that it came from.
        batch: the batch of that item.
        files: its files, in the order they were given.
        receipt: key of its receipt; None without one.
        published_at: ISO 8601, UTC.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    item: str
    batch: str
    files: tuple[PublishedFile, ...]
    receipt: str | None
    published_at: str

    def as_dict(self) -> dict[str, Any]:
        """The entry in JSON's types."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stated: Mapping[str, Any]) -> Entry:
        """The entry in what :meth:`as_dict` gave; ValueError when it is none."""
        return _parsed(_ENTRY, json.dumps(stated).encode())


@dataclass(frozen=True, slots=True)
class Manifest:
    """All published photos of a product.

    Attributes:
        merchant, product: the shop's names.
        version: counts the changes; 0 before the first.
        entries: by slot, the photo's place in the product's gallery.
        replaced: by slot, what the entry there took the place of: a call that is made again after a crash
            learns from it what to put back one day.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    merchant: str | None
    product: str
    version: int
    entries: Mapping[str, Entry]
    replaced: Mapping[str, Entry]

    def changed(self, slot: str, entry: Entry | None, replaced: Entry | None = None) -> Manifest:
        """The next version, with ``entry`` in ``slot``, or without any there."""
        entries, before = dict(self.entries), dict(self.replaced)
        for place, content in ((entries, entry), (before, replaced)):
            place.pop(slot, None)
            if content is not None:
                place[slot] = content
        return replace(self, version=self.version + 1, entries=entries, replaced=before)

    def to_json(self) -> bytes:
        """The file's content; the same manifest gives the same bytes."""
        return json.dumps(asdict(self), indent=1, sort_keys=True).encode() + b"\n"

    @classmethod
    def from_json(cls, data: bytes) -> Manifest:
        """The manifest in a file's content.

        Raises:
            ValueError: it is none, or has fields that this version does not know and would lose.
        """
        return _parsed(_MANIFEST, data)


_ENTRY, _MANIFEST = TypeAdapter(Entry), TypeAdapter(Manifest)


def _parsed(kind: TypeAdapter[_Kind], data: bytes) -> _Kind:
    try:
        return kind.validate_json(data, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}".lstrip(": ")) from error
