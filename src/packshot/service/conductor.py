"""The thread that moves rollouts: judges at each interval, and does what follows."""

from __future__ import annotations

import threading
import time

import structlog

from packshot.rollout.plan import Plan
from packshot.service import comparing, rollouts
from packshot.service.context import Context

_LOOK_SECONDS = 0.5

_log = structlog.get_logger(__name__)


class Conductor:
    """Judges the rollout that is under way until it is stopped. All that it knows stands in the ledger."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="packshot-conductor")

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the judgement in hand, then return."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(_LOOK_SECONDS):
            try:
                self.look()
            except Exception:  # it is judged again at the next look
                _log.exception("conductor.failed")

    def look(self) -> bool:
        """Judge what is due; whether something was."""
        with self._context.ledger.reading() as session:
            row = rollouts.open_rollout(session)
        if row is None:
            self._context.metrics.canary_weight.set(0.0)
            return False
        plan = Plan.from_dict(row.plan, f"rollout {row.id}")
        if row.judged_at is not None and time.time() < row.judged_at + plan.interval:
            return False
        with self._context.ledger.transaction() as session:
            comparing.drop_excess(session)
        judgement = rollouts.judge_now(self._context, row.id)
        if judgement is not None:
            _log.info("rollout.judged", rollout=row.id, phase=row.phase, verdict=judgement.verdict.value)
        change = self._context.lanes.snapshot().change
        self._context.metrics.canary_weight.set(change.progress.share(change.plan) if change else 0.0)
        return judgement is not None
