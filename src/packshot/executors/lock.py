"""One writer an output folder: a second one would take the first one's unfinished files for leftovers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from packshot.errors import OutputError, UsageError

NAME = "lock"


@contextmanager
def sole_writer(out: Path, state: Path) -> Iterator[None]:
    """Hold the output folder ``out`` for this process, by a lock on a file in its sub-folder ``state``.

    The system lets go of the lock when the process ends, however it ends; the file stays. Windows has no such
    lock: there, two runs that write to one folder are not told apart.

    Raises:
        UsageError: another run is writing there.
        OutputError: the lock cannot be made.
    """
    if sys.platform == "win32":
        yield
        return
    import fcntl  # noqa: PLC0415 - does not exist on Windows

    path = state / NAME
    try:
        file = path.open("ab")
    except OSError as error:
        raise OutputError(path=path, detail=error.strerror) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            detail = f"Another run is writing to {out}. Wait until it has ended, or choose another --out."
            raise UsageError(detail=detail) from error
        except OSError as error:
            raise OutputError(path=path, detail=error.strerror) from error
        yield
