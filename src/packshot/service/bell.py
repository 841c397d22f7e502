"""Wakes whoever waits for work in this process; another process's work is found by looking now and then."""

from __future__ import annotations

from threading import Condition


class Bell:
    """Rung when something was added to the ledger."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._rung = 0

    def ring(self) -> None:
        """Wake all that wait."""
        with self._changed:
            self._rung += 1
            self._changed.notify_all()

    def count(self) -> int:
        """How often it has rung; to be remembered before looking, and given to :meth:`wait`."""
        with self._changed:
            return self._rung

    def wait(self, since: int, seconds: float) -> None:
        """Return once it has rung more than ``since`` times, or after ``seconds``."""
        with self._changed:
            self._changed.wait_for(lambda: self._rung > since, seconds)
