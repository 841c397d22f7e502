"""Changes on their way: recipes in shadow and canary lanes, and the live one."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Query
from pydantic import BaseModel, ConfigDict, Field

from packshot.rollout.plan import Plan
from packshot.rollout.progress import Action
from packshot.service import comparing, rollouts, switches
from packshot.service.options import Name
from packshot.web.api.jobs import Reason
from packshot.web.api.models import Id, Seconds
from packshot.web.auth import MAY_READ, Admin, Parts

router = APIRouter(tags=["rollouts"])

Told = Literal["promote", "advance", "hold", "resume", "rollback", "abort"]
_ACTIONS = {told: Action("roll_back" if told == "rollback" else told) for told in Told.__args__}  # type: ignore[attr-defined]
_PLANS = Body(
    openapi_examples={
        "upscaler": {
            "summary": "Another upscaler for degraded photos",
            "value": {
                "rollout": "sharper-upscaler",
                "candidate": {"backends": {"upscaler_degraded": "waifu2x-span-x4"}},
                "phases": [{"kind": "shadow", "least": 100}, {"kind": "canary", "weight": 0.1, "least": 100}],
            },
        }
    }
)


class Step(BaseModel):
    """A step of a rollout, and the evidence for it."""

    model_config = ConfigDict(title="Transition")

    at: Seconds
    actor: str
    action: str
    phase: str
    status: str
    reason: str | None
    judgement: dict[str, Any] | None


class Rollout(BaseModel):
    """A change on its way. ``weight`` is the share of products that the candidate treats now."""

    id: str
    name: str
    status: Literal["running", "held", "promoted", "rolled_back", "aborted"]
    phase: str
    phases: list[str]
    phase_index: int
    weight: float
    baseline: str
    candidate: str
    plan: dict[str, Any]
    reason: str | None
    judged_at: Seconds | None
    judgement: dict[str, Any] | None
    started_by: str
    created_at: Seconds
    phase_at: Seconds
    ended_at: Seconds | None
    transitions: list[Step]


class Rollouts(BaseModel):
    """The newest rollouts."""

    rollouts: list[Rollout]


class Difference(BaseModel):
    """A photo that both recipes saw. ``difference`` is 0..1, 1 where the verdicts differ."""

    job: str
    name: str
    phase: str
    difference: float | None
    baseline: dict[str, float | None] | None
    candidate: dict[str, float | None] | None


class Differences(BaseModel):
    """The photos on which the two recipes differ most."""

    differences: list[Difference]


class Live(BaseModel):
    """The live lane."""

    recipe: str
    since: Seconds
    actor: str
    rollout: str | None
    content: dict[str, Any]


class Word(BaseModel):
    """Why a person moves a rollout."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: Reason | None = None


class Use(BaseModel):
    """Which backend is to fill a role, and for which category; for all by default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Name = Field(examples=["upscaler_degraded"])
    backend: Name = Field(examples=["waifu2x-span-x4"])
    category: Name | None = None


@router.get("/live", response_model=Live, dependencies=[MAY_READ])
def live(parts: Parts) -> dict[str, Any]:
    """The recipe that is live, and since when."""
    with parts.ledger.reading() as session:
        return switches.live_view(session)


@router.post("/models/use", status_code=201, response_model=Rollout)
def use(wanted: Use, parts: Parts, actor: Admin) -> dict[str, Any]:
    """Have another backend fill a role: begins a rollout of that one change."""
    made = switches.use(parts, wanted.role, wanted.backend, wanted.category, actor.name)
    return _shown(parts, made)


@router.post("/rollouts", status_code=201, response_model=Rollout)
def start(plan: Annotated[Plan, _PLANS], parts: Parts, actor: Admin) -> dict[str, Any]:
    """Begin a rollout. The same plan again, while it is under way, changes nothing."""
    return _shown(parts, rollouts.apply(parts, plan, actor.name))


@router.get("/rollouts", response_model=Rollouts, dependencies=[MAY_READ])
def listing(parts: Parts, limit: Annotated[int, Query(ge=1, le=100)] = 20) -> dict[str, Any]:
    """Rollouts, the newest first, without their steps."""
    with parts.ledger.reading() as session:
        return {"rollouts": [rollouts.view(row) for row in rollouts.listing(session, limit)]}


@router.get("/rollouts/{rollout_id}", response_model=Rollout, dependencies=[MAY_READ])
def one(rollout_id: Id, parts: Parts) -> dict[str, Any]:
    """A rollout with all its steps."""
    return _shown(parts, rollout_id)


@router.get("/rollouts/{rollout_id}/differences", response_model=Differences, dependencies=[MAY_READ])
def differences(
    rollout_id: Id, parts: Parts, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> dict[str, Any]:
    """Photos on which the two recipes differ most."""
    with parts.ledger.reading() as session:
        row = rollouts.find(session, rollout_id)
        titles = rollouts.view(row)["phases"]
        worst = comparing.worst(session, row.id, limit)
        return {
            "differences": [
                {
                    "job": item.id,
                    "name": item.name,
                    "phase": titles[found.phase],
                    "difference": found.difference,
                    "baseline": found.baseline,
                    "candidate": found.candidate,
                }
                for found, item in worst
            ]
        }


@router.post("/rollouts/{rollout_id}/{action}", response_model=Rollout)
def move(
    rollout_id: Id, action: Told, parts: Parts, actor: Admin, word: Word | None = None
) -> dict[str, Any]:
    """Move a rollout by hand. `promote` ends it with the candidate live, `rollback` and `abort` without."""
    with parts.ledger.reading() as session:
        row = rollouts.find(session, rollout_id)
    rollouts.act(parts, row.id, _ACTIONS[action], actor.name, word.reason if word else None)
    return _shown(parts, row.id)


def _shown(parts: Parts, rollout_id: str) -> dict[str, Any]:
    with parts.ledger.reading() as session:
        row = rollouts.find(session, rollout_id)
        return rollouts.view(row, rollouts.transitions(session, row.id))
