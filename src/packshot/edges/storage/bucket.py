"""A bucket as a storage: conditional writes are the server's, and it is seen once that it keeps them."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
from obstore.store import S3Store

from packshot.edges.storage.errors import MissingObjectError, UnconditionalStorageError, check_size, explained
from packshot.edges.storage.keys import OWN, check_key
from packshot.errors import UsageError

if TYPE_CHECKING:
    from obstore import Attributes, PutMode


class BucketStorage:
    """A bucket of a server that speaks S3."""

    def __init__(self, bucket: str, prefix: str) -> None:
        self.where = f"s3://{bucket}/{prefix}".rstrip("/")
        try:
            self._store = S3Store(
                bucket,
                prefix=prefix or None,
                # A server that restarts is waited for; one that is gone is reported within half a minute.
                retry_config={"max_retries": 5, "retry_timeout": timedelta(seconds=30)},
            )
        except (BaseError, ValueError) as error:
            raise UsageError(detail=f"{self.where}: {error}") from error
        self._proof, self._proven = Lock(), False

    def create(
        self, key: str, data: bytes | Path, *, content_type: str, cache_control: str | None = None
    ) -> bool:
        """PUT with ``If-None-Match: *``."""
        check_key(key)
        self._prove_conditions()
        return self._put(key, data, "create", _attributes(content_type, cache_control))

    def swap(
        self,
        key: str,
        data: bytes,
        expected_tag: str | None,
        *,
        content_type: str,
        cache_control: str | None = None,
    ) -> bool:
        """PUT with ``If-Match``, or ``If-None-Match: *`` for None."""
        check_key(key)
        self._prove_conditions()
        mode: PutMode = "create"
        if expected_tag is not None:
            mode = {"e_tag": expected_tag}
        return self._put(key, data, mode, _attributes(content_type, cache_control))

    def read(self, key: str, limit: int | None = None) -> bytes:
        """GET; the size is seen before the bytes are fetched."""
        return self._get(key, limit)[0]

    def read_tagged(self, key: str) -> tuple[bytes, str] | None:
        """GET with the entity tag."""
        try:
            data, tag = self._get(key, None)
        except MissingObjectError:
            return None
        if tag is None:
            raise UnconditionalStorageError(where=self.where)
        return data, tag

    def exists(self, key: str) -> bool:
        """HEAD; false when there is no such object."""
        try:
            self.size(key)
        except MissingObjectError:
            return False
        return True

    def size(self, key: str) -> int:
        """HEAD."""
        check_key(key)
        with explained(self.where, key, MissingObjectError):
            return obstore.head(self._store, key)["size"]

    def delete(self, key: str) -> None:
        """DELETE."""
        check_key(key)
        with explained(self.where, key), suppress(FileNotFoundError):
            obstore.delete(self._store, key)

    def list(self, prefix: str = "") -> tuple[str, ...]:
        """LIST, all pages of it."""
        if prefix:
            check_key(prefix)
        with explained(self.where, prefix):
            keys = [found["path"] for batch in obstore.list(self._store, prefix or None) for found in batch]
        return tuple(sorted(key for key in keys if not key.startswith(f"{OWN}/")))

    def _get(self, key: str, limit: int | None) -> tuple[bytes, str | None]:
        check_key(key)
        with explained(self.where, key, MissingObjectError):
            found = obstore.get(self._store, key)
            check_size(key, found.meta["size"], limit)
            return bytes(found.bytes()), found.meta["e_tag"]

    def _put(self, key: str, data: bytes | Path, mode: PutMode, attributes: Attributes) -> bool:
        with explained(self.where, key):
            try:
                obstore.put(self._store, key, data, mode=mode, attributes=attributes)
            except (AlreadyExistsError, PreconditionError):
                return False
            return True

    def _prove_conditions(self) -> None:
        """See once that the server keeps conditions: some say yes and overwrite."""
        with self._proof:
            if self._proven:
                return
            probe, kind = f"{OWN}/probe", _attributes("text/plain", None)
            self._put(probe, b"packshot", "overwrite", kind)
            other: PutMode = {"e_tag": f'"{"0" * 32}"'}
            if self._put(probe, b"packshot", "create", kind) or self._put(probe, b"packshot", other, kind):
                raise UnconditionalStorageError(where=self.where)
            self._proven = True


def _attributes(content_type: str, cache_control: str | None) -> Attributes:
    return {"Content-Type": content_type} | ({"Cache-Control": cache_control} if cache_control else {})
