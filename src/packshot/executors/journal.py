"""``trail.jsonl``: one line a finished photo; a crash loses at most the line being written."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

from packshot.errors import OutputError
from packshot.executors.record import Record

NAME = "trail.jsonl"


class Journal:
    """The finished photos of an output folder. Thread-safe.

    A photo may have several lines, when it was done again with another recipe: the last one counts. A last
    line without its line end is what a crash left; it is cut off when the journal is opened.

    Raises:
        OutputError: the file cannot be read or written.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._lock = Lock()
        try:
            # Without a buffer: closing must not fail on bytes whose writing has failed before.
            self._file = self._path.open("a+b", buffering=0)
            self._known = self._load()
        except OSError as error:
            raise OutputError(path=self._path, detail=error.strerror) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def find(self, target: str) -> Record | None:
        """The last record of what is called ``target`` in the output folder."""
        return self._known.get(target)

    def append(self, record: Record) -> None:
        """Add a line and force it to the disk; one that cannot be written whole leaves nothing behind.

        Raises:
            OutputError: it cannot be written.
        """
        line = json.dumps(record.as_dict()).encode() + b"\n"
        with self._lock:
            end = os.fstat(self._file.fileno()).st_size
            try:
                rest = memoryview(line)
                while rest:
                    rest = rest[self._file.write(rest) :]
                os.fsync(self._file.fileno())
            except OSError as error:
                with suppress(OSError):  # the next start cuts it off
                    self._file.truncate(end)
                raise OutputError(path=self._path, detail=error.strerror) from error
            self._known[record.target] = record

    def _load(self) -> dict[str, Record]:
        self._file.seek(0)
        content = self._file.read()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            self._file.truncate(whole)
        records: dict[str, Record] = {}
        for line in content[:whole].splitlines():
            try:
                record = Record.from_dict(json.loads(line))
            except (ValueError, KeyError, RecursionError):
                continue  # another version's line, or damage: its photo is simply done again
            records[record.target] = record
        return records
