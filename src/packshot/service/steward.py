"""The thread that keeps the guarantee: each night a self-test, then the threshold chosen anew."""

from __future__ import annotations

import time

import structlog

from packshot.ledger import queue
from packshot.service import guarantee, selftest
from packshot.service.background import Background
from packshot.service.guarantee import HOUR

_PATIENCE_SECONDS = 60.0
"""A simulated photo waits so long for live ones; on a shop's busiest day, too, the night comes to its end."""
_DAY = 86_400

_log = structlog.get_logger(__name__)


class Steward(Background):
    """Does what is due; without a target nothing is.

    What is due stands in the ledger: a killed service goes on where it was.
    """

    name = "steward"
    event = "steward.failed"
    rest_seconds = 5.0
    retry_seconds = 600.0  # missing weights, a full disk: it may be mended
    lowest = True

    def turn(self) -> float:
        """One look."""
        self.look()
        return self.rest_seconds

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
