"""A thread that takes one turn after another until it is stopped."""

from __future__ import annotations

import os
import sys
import threading
from abc import ABC, abstractmethod
from typing import ClassVar

import structlog

from packshot.service.context import Context

_NICE = 19

_log = structlog.get_logger(__name__)


class Background(ABC):
    """Takes turns in a thread of its own; a turn that fails is logged, and the next one comes all the same.

    Attributes:
        name: of the thread, after ``packshot-``.
        event: what the log calls a turn that failed.
        rest_seconds: before the first turn.
        retry_seconds: after a turn that failed.
        lowest: whether it runs at the lowest priority, on Linux; elsewhere a priority is the whole process's.
    """

    name: ClassVar[str]
    event: ClassVar[str]
    rest_seconds: ClassVar[float]
    retry_seconds: ClassVar[float]
    lowest: ClassVar[bool] = False

    def __init__(self, context: Context) -> None:
        self._context = context
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"packshot-{self.name}")

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the turn in hand, then return."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    @abstractmethod
    def turn(self) -> float:
        """Do what is due; seconds to rest before the next turn."""

    def _run(self) -> None:
        if self.lowest and sys.platform == "linux":
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
        rest = self.rest_seconds
        while not self._stop.wait(rest):
            try:
                rest = self.turn()
            except Exception:  # what one turn meets must not end the others
                _log.exception(self.event)
                rest = self.retry_seconds
