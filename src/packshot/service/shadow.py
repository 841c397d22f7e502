"""The thread that does comparisons: after live work, on a budget of its own, without effect on photos."""

from __future__ import annotations

import time

from packshot.ledger import queue
from packshot.service import comparing
from packshot.service.background import Background

_LEAST_SHARE = 0.03
"""Of one core, also while live photos wait: on a shop's busiest day, too, a bad canary is found out."""


class Shadow(Background):
    """Compares what waits.

    It takes ``shadow_share`` of one core while no live photo waits, and next to nothing while one does. It
    runs at the lowest priority, so that the photo in hand does not hold up live ones that come meanwhile.
    """

    name = "shadow"
    event = "shadow.failed"
    rest_seconds = retry_seconds = 0.5
    lowest = True

    def turn(self) -> float:
        """One comparison, if there is one."""
        began = time.thread_time()
        share = self._share()
        if share == 0.0 or not comparing.compare_one(self._context):
            return self.rest_seconds
        return (time.thread_time() - began) * (1 / share - 1)

    def _share(self) -> float:
        """The share of a core that it may take now."""
        share = self._context.settings.shadow_share
        with self._context.ledger.reading() as session:
            waits = queue.oldest_waiting(session) is not None
        return min(share, _LEAST_SHARE) if waits else share
