"""What the page of a rollout shows, out of the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session

from packshot.ledger.rollout_tables import JudgementRow, Rollout
from packshot.rollout.metric import METRICS, Scale
from packshot.rollout.plan import Kind, Phase, Plan
from packshot.rollout.progress import OPEN, Action, Status
from packshot.service import comparing, rollouts
from packshot.web.review.intervals import between, conditions, effect, label
from packshot.web.review.wording import plural

STATUSES: Mapping[str, str] = {
    Status.RUNNING: "under way",
    Status.HELD: "held",
    Status.PROMOTED: "promoted",
    Status.ROLLED_BACK: "rolled back",
    Status.ABORTED: "aborted",
}
"""What a rollout does, in words."""

ACTIONS: Mapping[str, str] = {
    Action.START: "began it",
    Action.ADVANCE: "let it advance",
    Action.PROMOTE: "promoted it",
    Action.ROLL_BACK: "rolled it back",
    Action.HOLD: "held it",
    Action.RESUME: "let it go on",
    Action.ABORT: "aborted it",
}
"""What was done with it, in words: somebody ..."""

SAYS: Mapping[str, str] = {
    "advance": "All conditions hold.",
    "hold": "It stays in this phase.",
    "roll_back": "A condition is broken.",
    "inconclusive": "The limit of this phase is reached, and the question is still open.",
    "error": "It cannot be judged.",
}
"""Verdicts in a sentence."""

_POINTS = 120
"""Judgements that are drawn; of more, this many that lie evenly among them."""
_WORST = 12


@dataclass(frozen=True, slots=True)
class Step:
    """A phase: its title, what it needs, and ``done``, ``here``, ``ahead``, or ``back`` where all ended."""

    title: str
    note: str
    state: str


@dataclass(frozen=True, slots=True)
class Curve:
    """A metric over time.

    Attributes:
        metric, label: its name, and for people.
        unit: ``points``, ``percent`` or ``number``.
        words: the unit in words.
        limit: what it is held against, in the unit of :mod:`packshot.rollout.metric`.
    """

    metric: str
    label: str
    unit: str
    words: str
    limit: float


@dataclass(frozen=True, slots=True)
class Point:
    """What a gate said of a metric once; ``words`` say the same."""

    effect: float | None
    lower: float | None
    upper: float | None
    words: str


def state_of(session: Session, row: Rollout) -> dict[str, Any]:
    """What the templates of a rollout need."""
    steps = rollouts.transitions(session, row.id)
    view = rollouts.view(row, steps)
    plan = Plan.from_dict(row.plan, f"rollout {row.id}")
    history = _history(session, row.id)
    curves = _curves(history)
    return {
        "rollout": view,
        "open": row.status in OPEN,
        "mark": mark_of(row),
        "steps": _steps(row, plan),
        "plan": plan,
        "change": yaml.safe_dump(row.plan["candidate"], sort_keys=False, allow_unicode=True),
        "says": SAYS,
        "actions": ACTIONS,
        "conditions": conditions(row.judgement) if row.judgement else [],
        "curves": curves,
        "history": [(one, plan.phases[one.phase].title, _points(one, curves)) for one in history],
        "worst": comparing.worst(session, row.id, _WORST),
    }


def mark_of(row: Rollout) -> str:
    """Another one whenever the page of a rollout says something else."""
    return f"{row.judged_at}-{row.status}-{row.phase}-{row.phase_at}"


def _steps(row: Rollout, plan: Plan) -> Sequence[Step]:
    seen = (row.judgement or {}).get("photos", 0)
    found = []
    for number, phase in enumerate(plan.phases):
        passed = number < row.phase or row.status == Status.PROMOTED
        here = number == row.phase and not passed
        state = "done" if passed else "ahead" if not here else "here" if row.status in OPEN else "back"
        found.append(Step(phase.title, _note(phase, seen) if here else _note(phase), state))
    live = row.status == Status.PROMOTED
    return [*found, Step("promoted", "all products", "here" if live else "ahead")]


def _note(phase: Phase, seen: int | None = None) -> str:
    """How many photos a phase needs, and, where it has begun, how many it has seen."""
    if seen is None:
        kind = "stored photo" if phase.kind is Kind.REPLAY else "photo"
        return f"at least {plural(phase.least, kind)}"
    if seen < phase.least:
        return f"{seen:,} of {plural(phase.least, 'photo')}"
    return f"{plural(seen, 'photo')}, {phase.least:,} needed"


def _history(session: Session, rollout: str) -> Sequence[JudgementRow]:
    mine = select(JudgementRow.id).where(JudgementRow.rollout_id == rollout)
    names = session.scalars(mine.order_by(JudgementRow.at, JudgementRow.id)).all()
    last = len(names) - 1
    if len(names) > _POINTS:
        names = [names[round(number * last / (_POINTS - 1))] for number in range(_POINTS)]
    found = select(JudgementRow).where(JudgementRow.id.in_(names))
    return session.scalars(found.order_by(JudgementRow.at, JudgementRow.id)).all()


def _curves(history: Sequence[JudgementRow]) -> Sequence[Curve]:
    found: dict[str, Curve] = {}
    for row in history:
        for one in row.evidence:
            name = one["metric"]
            if one["kind"] == "check" or name in found:
                continue
            known = METRICS[name]
            if known.scale is Scale.RATIO:
                unit, words = "percent", "per cent of live"
            elif known.per == 1.0:
                unit, words = "points", "points of 100"
            else:
                unit, words = "number", f"per {known.per:,.0f} photos"
            found[name] = Curve(name, label(name), unit, words, one["margin"])
    return list(found.values())


def _points(row: JudgementRow, curves: Sequence[Curve]) -> Sequence[Point | None]:
    said = {one["metric"]: one for one in row.evidence if one["kind"] != "check"}
    return [_point(said[curve.metric]) if curve.metric in said else None for curve in curves]


def _point(one: Mapping[str, Any]) -> Point:
    figures = one["effect"], one["lower"], one["upper"]
    words = effect(one["metric"], one["effect"])
    if one["effect"] is not None:
        words += f" ({between(one['metric'], one['lower'], one['upper'])})"
    return Point(*figures, words)
