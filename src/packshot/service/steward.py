"""The thread that keeps the guarantee: each night a self-test, then the threshold chosen anew."""

from __future__ import annotations

import os
import sys
import threading
import time

import structlog

from packshot.ledger import queue
from packshot.service import guarantee, selftest
from packshot.service.context import Context
from packshot.service.guarantee import HOUR

_LOOK_SECONDS = 5.0
_REST_SECONDS = 600.0
"""After a failure, before the next attempt."""
_PATIENCE_SECONDS = 60.0
"""A simulated photo waits so long for live ones; on a shop's busiest day, too, the night comes to its end."""
_NICE = 19
_DAY = 86_400

_log = structlog.get_logger(__name__)


class Steward:
    """Does what is due until it is stopped; without a target nothing is.

    What is due stands in the ledger: a killed service goes on where it was. On Linux it runs at the lowest
    priority.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="packshot-steward")

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the photo in hand, then return."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        if sys.platform == "linux":  # elsewhere a priority is the whole process's
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
        rest = _LOOK_SECONDS
        while not self._stop.wait(rest):
            rest = _REST_SECONDS
            try:
                self.look()
            except Exception:  # missing weights, a full disk: it may be mended
                _log.exception("steward.failed")
            else:
                rest = _LOOK_SECONDS

    def look(self) -> bool:
        """Do what is due; whether something was."""
        context, settings = self._context, self._context.settings
        if settings.at_most_bad is None:
            return False
        recipe = context.lanes.snapshot().live.digest()
        with context.ledger.reading() as session:
            tests = selftest.is_due(session, recipe, time.time() - settings.refit_hours * HOUR)
            fits = guarantee.is_due(session, settings, recipe)
        try:
            if tests:
                self._test(recipe)
        finally:  # what people said counts also where no flaw can be tried
            if fits and not self._stop.is_set():
                row = guarantee.refit(context)
                _log.info("guarantee.chosen", recipe=recipe, threshold=row.guarantee["threshold"])
        return tests or fits

    def _test(self, recipe: str) -> None:
        made = selftest.run(self._context, seed=int(time.time() // _DAY), proceed=self._proceed)
        if made is not None:
            _log.info("selftest.done", recipe=recipe, kinds=len(made.kinds), note=made.note)

    def _proceed(self) -> bool:
        """Let live photos go first, for a while; False when it is to stop."""
        end = time.monotonic() + _PATIENCE_SECONDS
        while not self._stop.is_set() and time.monotonic() < end:
            with self._context.ledger.reading() as session:
                if queue.oldest_waiting(session) is None:
                    return True
            self._stop.wait(1.0)
        return not self._stop.is_set()
