"""Ctrl-C: the first finishes what is in flight, the second ends at once."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from types import FrameType

from packshot.executors.partial import remove_partial_files

INTERRUPTED = 130
"""Exit code of a command that a person stopped: 128 and the number of SIGINT."""

_STDERR = 2  # written to directly: a signal may come while Python's own buffer is being written
_SHOW_CURSOR = b"\x1b[?25h"  # the progress bar hides it
_TRIES = 5  # at removing a folder in which other threads are still writing

_scratch: list[Path] = []
"""Folders that must not outlive the process, however it ends."""


@contextmanager
def scratch_folder(prefix: str) -> Iterator[Path]:
    """A temporary folder that is gone afterwards, also when a second Ctrl-C ends the process at once."""
    with tempfile.TemporaryDirectory(prefix=prefix) as name:
        folder = Path(name)
        _scratch.append(folder)
        try:
            yield folder
        finally:
            _scratch.remove(folder)


@contextmanager
def stoppable(out: Path | None = None) -> Iterator[Event]:
    """An event that the first Ctrl-C sets; the second exits.

    It leaves neither partial files in ``out`` nor scratch folders.
    """
    stop = Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        del number, frame
        if stop.is_set():
            if out is not None:
                remove_partial_files(out)
            _remove_scratch()
            os.write(_STDERR, _SHOW_CURSOR if os.isatty(_STDERR) else b"")
            os._exit(INTERRUPTED)
        stop.set()
        os.write(
            _STDERR, b"\nStopping: the photos in flight are being finished. Ctrl-C again ends at once.\n"
        )

    earlier = signal.signal(signal.SIGINT, on_signal)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, earlier)


def _remove_scratch() -> None:
    for folder in _scratch:
        for _ in range(_TRIES):
            if folder.exists():
                shutil.rmtree(folder, ignore_errors=True)
