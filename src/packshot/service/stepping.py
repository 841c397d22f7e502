"""The steps of a rollout. Each one is a single transaction, so that a killed process loses none."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from packshot.ledger import audit
from packshot.ledger.identity import new_id
from packshot.ledger.rollout_tables import JudgementRow, Rollout, Transition
from packshot.rollout import progress
from packshot.rollout.gate import Judgement
from packshot.rollout.plan import Kind, Plan
from packshot.rollout.progress import Action, Progress, Status
from packshot.service import alerts, lanes, replaying
from packshot.service.context import Context

CONDUCTOR = "packshot"
"""The actor of what gates decide."""

_ENDED = frozenset({Status.PROMOTED, Status.ROLLED_BACK, Status.ABORTED})


@dataclass(frozen=True, slots=True)
class Why:
    """Who has a rollout make a step, for what reason, and on what evidence."""

    actor: str
    reason: str | None = None
    judgement: dict[str, Any] | None = None


def progress_of(row: Rollout) -> Progress:
    """Where a rollout is."""
    return Progress(Status(row.status), row.phase, row.errors)


def begin(session: Session, context: Context, row: Rollout, actor: str) -> None:
    """Write down that a rollout begins, and begin its first phase."""
    _write_down(session, row, Action.START, Why(actor))
    _enter(session, context, row)


def move(session: Session, context: Context, row: Rollout, step: progress.Step, why: Why) -> None:
    """Make a step that has an action, and do what follows from it."""
    assert step.action is not None
    entered = step.progress.phase != row.phase
    row.status, row.phase, row.errors = step.progress.status, step.progress.phase, step.progress.errors
    row.reason = why.reason
    if row.status in _ENDED:
        row.ended_at = time.time()
    if row.status == Status.PROMOTED:
        lanes.switch_live(session, row.candidate, why.actor, row.id)
    if entered:
        row.phase_at = time.time()
    _write_down(session, row, step.action, why)
    told = {
        "rollout": row.id,
        "name": row.name,
        "status": row.status,
        "phase": _plan(row).phases[row.phase].title,
        "reason": why.reason,
    }
    alerts.announce(session, context.settings, f"rollout.{step.action.value}", told)
    if entered:
        _enter(session, context, row)


def kept(row: Rollout, judgement: Judgement, photos: int) -> JudgementRow:
    """What a gate said, as it is kept for the curves of the rollout's page."""
    evidence = [
        {key: value for key, value in one.as_dict().items() if key != "sentence"}
        for one in judgement.evidence
    ]
    return JudgementRow(
        id=new_id("jdg"),
        rollout_id=row.id,
        at=time.time(),
        phase=row.phase,
        photos=photos,
        verdict=judgement.verdict,
        evidence=evidence,
    )


def _write_down(session: Session, row: Rollout, action: Action, why: Why) -> None:
    session.add(
        Transition(
            id=new_id("stp"),
            rollout_id=row.id,
            at=time.time(),
            actor=why.actor,
            action=action,
            phase=row.phase,
            status=row.status,
            reason=why.reason,
            judgement=why.judgement,
        )
    )
    detail = {"name": row.name, "phase": row.phase, "status": row.status, "reason": why.reason}
    audit.record(session, why.actor, f"rollout.{action.value}", row.id, detail)


def _enter(session: Session, context: Context, row: Rollout) -> None:
    """Begin a phase; a replay of too few photos is passed over, for later phases see enough."""
    plan = _plan(row)
    phase = plan.phases[row.phase]
    if phase.kind is not Kind.REPLAY:
        return
    found = replaying.enqueue(session, row, plan, phase.most)
    if found < phase.least:
        reason = f"only {found} stored photos could be replayed, {phase.least} are needed"
        step = progress.told(plan, progress_of(row), Action.ADVANCE)
        move(session, context, row, step, Why(CONDUCTOR, reason))


def _plan(row: Rollout) -> Plan:
    return Plan.from_dict(row.plan, f"rollout {row.id}")
