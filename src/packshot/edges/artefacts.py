"""Bytes under their own digest: what a job makes and keeps, found again by what it is."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Final

from packshot.edges.storage import InvalidKeyError, Storage
from packshot.errors import PackshotError, UnreadableError

_DIGEST = re.compile(r"[0-9a-f]{64}")
_KIND: Final = "application/octet-stream"
_FOR_GOOD: Final = "private, max-age=31536000, immutable"


class DamagedArtefactError(PackshotError):
    """The object {key!r} in {where} is not what its digest says. Delete it, and run again what made it."""

    code = "damaged_artefact"


class Artefacts:
    """Content-addressed bytes in a storage, under ``ab/cd/DIGEST``. Thread-safe.

    A digest is a SHA-256 in 64 lower-case hexadecimal digits; anything else raises InvalidKeyError. The
    storage's own errors come through everywhere.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def put(self, data: bytes) -> str:
        """Keep ``data``; its digest. Bytes that are kept already are not written again."""
        digest = hashlib.sha256(data).hexdigest()
        self._storage.create(_key(digest), data, content_type=_KIND, cache_control=_FOR_GOOD)
        return digest

    def put_file(self, path: Path) -> str:
        """Keep the content of a file that nobody changes meanwhile; its digest.

        Raises:
            UnreadableError: it cannot be read.
        """
        try:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise UnreadableError(name=path, detail=error.strerror) from error
        self._storage.create(_key(digest), path, content_type=_KIND, cache_control=_FOR_GOOD)
        return digest

    def get(self, digest: str, limit: int | None = None) -> bytes:
        """The bytes with ``digest``.

        Raises:
            MissingObjectError: there are none.
            DamagedArtefactError: what is there is something else.
            TooLargeError: there are more than ``limit`` bytes.
        """
        key = _key(digest)
        data = self._storage.read(key, limit)
        if hashlib.sha256(data).hexdigest() != digest:
            raise DamagedArtefactError(key=key, where=self._storage.where)
        return data

    def exists(self, digest: str) -> bool:
        """Whether bytes with ``digest`` are kept."""
        return self._storage.exists(_key(digest))

    def size(self, digest: str) -> int:
        """How many bytes are kept under ``digest``; MissingObjectError when there are none."""
        return self._storage.size(_key(digest))

    def delete(self, digest: str) -> None:
        """Forget the bytes with ``digest``; fine when there are none."""
        self._storage.delete(_key(digest))


def _key(digest: str) -> str:
    if not _DIGEST.fullmatch(digest):
        raise InvalidKeyError(key=digest, detail="it is no SHA-256 in lower-case hexadecimal digits")
    return f"{digest[:2]}/{digest[2:4]}/{digest}"
