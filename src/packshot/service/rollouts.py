"""Rollouts: begun, judged, told by people, and shown."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from packshot.errors import UsageError
from packshot.ledger.errors import NotFoundError
from packshot.ledger.identity import new_id
from packshot.ledger.locks import Lock, hold
from packshot.ledger.rollout_tables import ExperimentRow, JudgementRow, Rollout, Transition
from packshot.rollout import progress
from packshot.rollout.gate import Judgement, judge
from packshot.rollout.plan import Kind, Plan
from packshot.rollout.progress import OPEN, Action, Status
from packshot.rollout.replay import movements
from packshot.service import comparing, gauging, lanes, recipes, stepping
from packshot.service.context import Context
from packshot.service.options import Options
from packshot.service.stepping import Why


def apply(context: Context, plan: Plan, actor: str) -> str:
    """Begin a rollout as ``plan`` says, or leave the one alone that is just this; its identifier.

    Raises:
        UsageError: another change is under way, or the candidate is the live recipe.
        RecipeError, UnknownNameError, StageOrderError: the candidate is no sound recipe.
        WeightsError: its models' weights cannot be had.
    """
    with context.ledger.reading() as session:
        running = open_rollout(session)
    said = plan.model_dump(mode="json")
    if running is not None and running.plan == said:
        return running.id
    live = context.lanes.refresh().live
    candidate = recipes.merged(live, plan.candidate, f"rollout {plan.rollout}")
    context.treatments.of(Options(), candidate)  # before anybody's photo needs it
    now = time.time()
    with context.ledger.transaction() as session:
        hold(session, Lock.LANES)
        refuse_second(session)
        baseline = lanes.live_digest(session)
        if recipes.keep(session, candidate) == baseline:
            raise UsageError(
                detail=f"Rollout {plan.rollout} changes nothing: its candidate is the live recipe."
            )
        row = Rollout(
            id=new_id("rol"),
            name=plan.rollout,
            plan=said,
            salt=new_id("salt"),
            baseline=baseline,
            candidate=candidate.digest(),
            status=Status.RUNNING,
            phase=0,
            phase_at=now,
            actor=actor,
            created_at=now,
        )
        session.add(row)
        session.flush()
        stepping.begin(session, context, row, actor)
    context.lanes.refresh()
    return row.id


def again(context: Context, name: str, actor: str) -> str:
    """Begin the last rollout of this name once more, against the recipe that is live now; its identifier.

    Raises:
        NotFoundError: there was none.
        UsageError: another change is under way; and all of :func:`apply`.
    """
    with context.ledger.reading() as session:
        plan = Plan.from_dict(find(session, name).plan, f"rollout {name}")
    return apply(context, plan, actor)


def act(context: Context, name: str, action: Action, actor: str, reason: str | None = None) -> Status:
    """A person's word: promote, advance, hold, resume, roll back, abort.

    Raises:
        NotFoundError: there is no such rollout.
        NotPossibleError: it has ended, or is not in a state for that.
    """
    with context.ledger.transaction() as session:
        hold(session, Lock.LANES)
        row = find(session, name)
        session.refresh(row, with_for_update=True)
        plan = Plan.from_dict(row.plan, f"rollout {row.id}")
        step = progress.told(plan, stepping.progress_of(row), action)
        stepping.move(session, context, row, step, Why(actor, reason or f"{actor} said so", row.judgement))
        status = Status(row.status)
    context.lanes.refresh()
    return status


def judge_now(context: Context, rollout_id: str) -> Judgement | None:
    """Judge a rollout by what was seen so far and do what follows; None where it ended or moved meanwhile."""
    with context.ledger.reading() as session:
        row = session.get_one(Rollout, rollout_id)
        if row.status not in OPEN:
            return None
        plan = Plan.from_dict(row.plan, f"rollout {row.id}")
        seen = gauging.gauge(session, row, plan)
        waits = comparing.waiting_in(session, row.id, row.phase)
        failed = comparing.checks_of(session, row.id)
    phase = plan.phases[row.phase]
    exhausted = seen.photos >= phase.most or seen.hours >= phase.hours
    if phase.kind is Kind.REPLAY:
        exhausted = waits == 0
    judgement = judge(
        plan.guards(seen.observed),
        plan.aims() if phase.kind is Kind.CANARY else (),
        seen.observed,
        alpha_rollback=plan.alpha_rollback / len(Kind),
        alpha_advance=plan.alpha_advance,
        least=phase.least,
        photos=seen.photos,
        assigned=seen.assigned,
        checks=failed,
        exhausted=exhausted,
    )
    said = judgement.as_dict() | {
        "photos": seen.photos,
        "seen": sum(one.photos for one in seen.observed.values()),
        "waiting": waits,
        "hours": round(seen.hours, 3),
        "movements": [one.as_dict() for one in movements(seen.observed)],
        "levels": {name: list(levels) for name, levels in seen.levels.items()},
    }
    with context.ledger.transaction() as session:
        hold(session, Lock.LANES)
        mine = session.get_one(Rollout, rollout_id, with_for_update=True, populate_existing=True)
        if (mine.status, mine.phase) != (row.status, row.phase):
            return None
        if mine.judgement is None or mine.judgement["seen"] != said["seen"]:
            session.add(stepping.kept(mine, judgement, seen.photos))
        mine.judged_at, mine.judgement = time.time(), said
        step = progress.judged(plan, stepping.progress_of(mine), judgement.verdict)
        mine.errors = step.progress.errors
        if step.action is not None:
            why = Why(stepping.CONDUCTOR, " ".join(judgement.reasons), said)
            stepping.move(session, context, mine, step, why)
    if step.action is not None:
        context.lanes.refresh()
    return judgement


def open_rollout(session: Session) -> Rollout | None:
    """The rollout that is under way; None without one."""
    return session.scalars(select(Rollout).where(Rollout.status.in_(OPEN)).limit(1)).first()


def find(session: Session, name: str) -> Rollout:
    """The rollout of this identifier, or the newest of this name.

    Raises:
        NotFoundError: there is none.
    """
    found = session.get(Rollout, name)
    if found is None:
        newest = select(Rollout).where(Rollout.name == name).order_by(Rollout.id.desc()).limit(1)
        found = session.scalars(newest).first()
    if found is None:
        raise NotFoundError(kind="rollout", name=name)
    return found


def listing(session: Session, limit: int) -> Sequence[Rollout]:
    """The newest rollouts."""
    return session.scalars(select(Rollout).order_by(Rollout.id.desc()).limit(limit)).all()


def transitions(session: Session, rollout_id: str) -> Sequence[Transition]:
    """All steps of a rollout, the first one first."""
    mine = select(Transition).where(Transition.rollout_id == rollout_id)
    return session.scalars(mine.order_by(Transition.at, Transition.id)).all()


def refuse_second(session: Session) -> None:
    """One change at a time: what is measured then has one cause.

    Raises:
        UsageError: a rollout or an experiment is under way.
    """
    running = open_rollout(session)
    if running is not None:
        detail = f"Rollout {running.name} is under way. Wait until it has ended, or abort it first."
        raise UsageError(detail=detail)
    trial = session.scalars(select(ExperimentRow).where(ExperimentRow.running).limit(1)).first()
    if trial is not None:
        raise UsageError(detail=f"Experiment {trial.name} is running. Stop it first.")


def history(session: Session, rollout_id: str) -> Sequence[JudgementRow]:
    """What the gates of a rollout said over time, the first one first."""
    mine = select(JudgementRow).where(JudgementRow.rollout_id == rollout_id)
    return session.scalars(mine.order_by(JudgementRow.at, JudgementRow.id)).all()


def view(row: Rollout, steps: Sequence[Transition] = ()) -> dict[str, Any]:
    """A rollout as users get to see it."""
    plan = Plan.from_dict(row.plan, f"rollout {row.id}")
    status = Status(row.status)
    return {
        "id": row.id,
        "name": row.name,
        "status": row.status,
        "phase": plan.phases[row.phase].title,
        "phases": [phase.title for phase in plan.phases],
        "phase_index": row.phase,
        "weight": stepping.progress_of(row).share(plan)
        if status in OPEN
        else float(status is Status.PROMOTED),
        "baseline": row.baseline,
        "candidate": row.candidate,
        "plan": row.plan,
        "reason": row.reason,
        "judged_at": row.judged_at,
        "judgement": row.judgement,
        "started_by": row.actor,
        "created_at": row.created_at,
        "phase_at": row.phase_at,
        "ended_at": row.ended_at,
        "transitions": [
            {
                "at": step.at,
                "actor": step.actor,
                "action": step.action,
                "phase": plan.phases[step.phase].title,
                "status": step.status,
                "reason": step.reason,
                "judgement": step.judgement,
            }
            for step in steps
        ],
    }
