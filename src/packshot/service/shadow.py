"""The thread that does comparisons: after live work, on a budget of its own, without effect on photos."""

from __future__ import annotations

import os
import sys
import threading
import time

import structlog

from packshot.ledger import queue
from packshot.service import comparing
from packshot.service.context import Context

_LOOK_SECONDS = 0.5
_NICE = 19
_LEAST_SHARE = 0.03
"""Of one core, also while live photos wait: on a shop's busiest day, too, a bad canary is found out."""

_log = structlog.get_logger(__name__)


class Shadow:
    """Compares what waits, until it is stopped.

    It takes ``shadow_share`` of one core while no live photo waits, and next to nothing while one does. On
    Linux it runs at the lowest priority, so that the photo in hand does not hold up live ones that come
    meanwhile.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="packshot-shadow")

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the comparison in hand, then return."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        if sys.platform == "linux":  # elsewhere a priority is the whole process's
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
        rest = _LOOK_SECONDS
        while not self._stop.wait(rest):
            rest = _LOOK_SECONDS
            began = time.thread_time()
            try:
                share = self._share()
                if share == 0.0 or not comparing.compare_one(self._context):
                    continue
            except Exception:  # what one comparison meets must not end the others
                _log.exception("shadow.failed")
                continue
            rest = (time.thread_time() - began) * (1 / share - 1)

    def _share(self) -> float:
        """The share of a core that it may take now."""
        share = self._context.settings.shadow_share
        with self._context.ledger.reading() as session:
            waits = queue.oldest_waiting(session) is not None
        return min(share, _LEAST_SHARE) if waits else share
