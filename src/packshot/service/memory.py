"""How much memory this process held while something ran."""

from __future__ import annotations

import os
import resource
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

_SAMPLE_SECONDS = 0.02
_MIB = 2**20
_STATM = Path("/proc/self/statm")


@dataclass(slots=True, eq=False)
class Peak:
    """The most that was held, in MiB, while it was watched."""

    mib: float = 0.0


@dataclass(slots=True, eq=False)
class MemoryGauge:
    """Samples the process's resident memory while somebody watches. Thread-safe.

    Treatments that run side by side share a process, so each one's peak holds what the others took: lanes are
    told apart by many photos, not by one.
    """

    _watching: list[Peak] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _thread: threading.Thread | None = None

    @contextmanager
    def watch(self) -> Iterator[Peak]:
        """Watch until the block ends."""
        peak = Peak(resident_mib())
        with self._changed:
            self._watching.append(peak)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="packshot-memory", daemon=True)
                self._thread.start()
        try:
            yield peak
        finally:
            with self._changed:
                self._watching.remove(peak)
                self._changed.notify_all()
            peak.mib = max(peak.mib, resident_mib())

    def _run(self) -> None:
        with self._changed:
            while self._watching:
                now = resident_mib()
                for peak in self._watching:
                    peak.mib = max(peak.mib, now)
                self._changed.wait(_SAMPLE_SECONDS)
            self._thread = None  # the next to watch begins anew


def resident_mib() -> float:
    """Resident memory of this process in MiB; the most it ever had, where no current figure is told."""
    if _STATM.exists():
        return int(_STATM.read_bytes().split()[1]) * os.sysconf("SC_PAGE_SIZE") / _MIB
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / _MIB if sys.platform == "darwin" else most / 1024
