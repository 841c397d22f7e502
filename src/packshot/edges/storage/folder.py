"""A folder as a storage: whole files, forced to the disk, safe between the processes of one machine."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from packshot.edges.storage.errors import MissingObjectError, check_size, explained
from packshot.edges.storage.keys import OWN, check_key


class FolderStorage:
    """A folder. Not obstore's: that one does not force files to the disk and has no conditional update."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.where = str(root)

    def create(
        self, key: str, data: bytes | Path, *, content_type: str, cache_control: str | None = None
    ) -> bool:
        """Write under the key's lock, if there is no file."""
        del content_type, cache_control
        with self._writing(key) as (path, part):
            if path.is_file():
                return False
            self._write(path, part, data)
            return True

    def swap(
        self,
        key: str,
        data: bytes,
        expected_tag: str | None,
        *,
        content_type: str,
        cache_control: str | None = None,
    ) -> bool:
        """Write under the key's lock, if the digest of the file's content is ``expected_tag``."""
        del content_type, cache_control
        with self._writing(key) as (path, part):
            found = _tag(path.read_bytes()) if path.is_file() else None
            if found != expected_tag:
                return False
            self._write(path, part, data)
            return True

    def read(self, key: str, limit: int | None = None) -> bytes:
        """Read the file; one that is replaced meanwhile is read whole, as it was."""
        path = self._path(key)
        with explained(self.where, key, MissingObjectError), path.open("rb") as file:
            check_size(key, os.fstat(file.fileno()).st_size, limit)
            return file.read()

    def read_tagged(self, key: str) -> tuple[bytes, str] | None:
        """Read the file with its digest."""
        try:
            data = self.read(key)
        except MissingObjectError:
            return None
        return data, _tag(data)

    def exists(self, key: str) -> bool:
        """Whether there is a file."""
        path = self._path(key)
        with explained(self.where, key):
            return path.is_file()

    def size(self, key: str) -> int:
        """Bytes of the file."""
        if not self.exists(key):
            raise MissingObjectError(where=self.where, key=key)
        with explained(self.where, key, MissingObjectError):
            return self._path(key).stat().st_size

    def delete(self, key: str) -> None:
        """Remove the file; its folders stay."""
        if not self.exists(key):
            return
        with self._writing(key) as (path, _):
            path.unlink(missing_ok=True)
            self._sync_folders(path)

    def list(self, prefix: str = "") -> tuple[str, ...]:
        """Keys of all files below."""
        folder = self._path(prefix) if prefix else self._root
        with explained(self.where, prefix):
            files = [path for path in folder.rglob("*") if path.is_file()]
        keys = (path.relative_to(self._root).as_posix() for path in files)
        return tuple(sorted(key for key in keys if not key.startswith(f"{OWN}/")))

    def _path(self, key: str) -> Path:
        check_key(key)
        return self._root / key

    @contextmanager
    def _writing(self, key: str) -> Iterator[tuple[Path, Path]]:
        """Hold the key's lock against all threads and processes; gives its path and one for unfinished bytes.

        The system lets go of a lock when its process ends, however it ends. Keys share 256 locks, and
        those that share one share the unfinished file: what a killed process left, the next one overwrites.
        """
        path, own = self._path(key), self._root / OWN
        shard = own / hashlib.sha256(key.encode()).hexdigest()[:2]
        with explained(self.where, key):
            made = [folder for folder in (own, *own.parents) if not folder.exists()]
            own.mkdir(parents=True, exist_ok=True)
            for folder in made:
                _sync(folder.parent)
            with shard.with_suffix(".lock").open("ab") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield path, shard.with_suffix(".part")

    def _write(self, path: Path, part: Path, data: bytes | Path) -> None:
        """Put ``data`` at ``path``: a reader sees all or nothing, also after a power cut."""
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with part.open("wb") as file:
                if isinstance(data, Path):
                    with data.open("rb") as source:
                        shutil.copyfileobj(source, file, 1 << 20)
                else:
                    file.write(data)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)  # a full disk gets its room back
            raise
        self._sync_folders(path)

    def _sync_folders(self, path: Path) -> None:
        """Make the entries of all folders down to ``path`` durable; next to nothing where they are."""
        for folder in path.parents:
            _sync(folder)
            if folder == self._root:
                return


def _tag(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
