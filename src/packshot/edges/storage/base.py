"""What every storage can do."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class Storage(Protocol):
    """Objects under keys such as ``renditions/ab/abcd.jpg``. Thread-safe.

    Every method raises InvalidKeyError for what :func:`packshot.edges.storage.check_key` refuses,
    StorageRefusedError where permissions are missing, and StorageError where it cannot be done now. Those
    that write raise UnconditionalStorageError where a server does not keep conditions. A folder keeps no
    content types.
    """

    @property
    def where(self) -> str:
        """The folder or ``s3://`` address, for messages."""

    def create(
        self, key: str, data: bytes | Path, *, content_type: str, cache_control: str | None = None
    ) -> bool:
        """Write bytes, or a file's, whole and durably; False when there is an object already, which stays."""

    def swap(
        self,
        key: str,
        data: bytes,
        expected_tag: str | None,
        *,
        content_type: str,
        cache_control: str | None = None,
    ) -> bool:
        """Write if the object still is the one with ``expected_tag``, or, for None, if there is none.

        False when it is another by now; also, rarely, when the writing succeeded and its answer got lost.
        """

    def read(self, key: str, limit: int | None = None) -> bytes:
        """The object's bytes.

        Raises:
            MissingObjectError: there is none.
            TooLargeError: it has more than ``limit`` bytes.
        """

    def read_tagged(self, key: str) -> tuple[bytes, str] | None:
        """Bytes and tag for :meth:`swap`; None when there is no object."""

    def exists(self, key: str) -> bool:
        """Whether there is an object."""

    def size(self, key: str) -> int:
        """Bytes of the object; MissingObjectError when there is none."""

    def delete(self, key: str) -> None:
        """Remove the object; fine when there is none."""

    def list(self, prefix: str = "") -> tuple[str, ...]:
        """Keys below the folder ``prefix``, sorted; all keys without it."""
