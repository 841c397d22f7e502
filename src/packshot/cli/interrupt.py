"""Ctrl-C: the first finishes what is in flight, the second ends at once."""

from __future__ import annotations

import os
import signal
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


@contextmanager
def stoppable(out: Path | None = None) -> Iterator[Event]:
    """An event that the first Ctrl-C sets; the second removes partial files from ``out`` and exits."""
    stop = Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        del number, frame
        if stop.is_set():
            if out is not None:
                remove_partial_files(out)
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
