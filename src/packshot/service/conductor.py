"""The thread that moves rollouts: judges at each interval, and does what follows."""

from __future__ import annotations

import time

import structlog

from packshot.rollout.plan import Plan
from packshot.service import comparing, rollouts
from packshot.service.background import Background

_log = structlog.get_logger(__name__)


class Conductor(Background):
    """Judges the rollout that is under way. All that it knows stands in the ledger."""

    name = "conductor"
    event = "conductor.failed"
    rest_seconds = retry_seconds = 0.5

    def turn(self) -> float:
        """One look."""
        self.look()
        return self.rest_seconds

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
