"""Experiments: recipes on different products at the same time."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query
from pydantic import BaseModel

from packshot.rollout.trial import Trial
from packshot.service import experiments
from packshot.web.api.models import Id, Seconds
from packshot.web.api.rollouts import Word
from packshot.web.auth import MAY_READ, Admin, Parts

router = APIRouter(prefix="/experiments", tags=["experiments"])

_TRIALS = Body(
    openapi_examples={
        "upscalers": {
            "summary": "Two upscalers, half of the products each",
            "value": {
                "experiment": "upscalers",
                "arms": {"now": {}, "waifu2x": {"backends": {"upscaler_degraded": "waifu2x-span-x4"}}},
                "control": "now",
                "shares": {"now": 0.5, "waifu2x": 0.5},
            },
        }
    }
)


class Experiment(BaseModel):
    """An experiment, without its result."""

    id: str
    name: str
    running: bool
    spec: dict[str, Any]
    recipes: dict[str, str]
    started_by: str
    reason: str | None
    created_at: Seconds
    ended_at: Seconds | None


class Result(Experiment):
    """An experiment and what it says so far. ``analysis`` is null before the first planned look."""

    photos: dict[str, int]
    means: dict[str, dict[str, float | None]]
    analysis: dict[str, Any] | None


class Experiments(BaseModel):
    """The newest experiments."""

    experiments: list[Experiment]


@router.post("", status_code=201, response_model=Experiment)
def start(trial: Annotated[Trial, _TRIALS], parts: Parts, actor: Admin) -> dict[str, Any]:
    """Begin an experiment. The same again, while it runs, changes nothing."""
    made = experiments.start(parts, trial, actor.name)
    with parts.ledger.reading() as session:
        return experiments.view(experiments.find(session, made))


@router.get("", response_model=Experiments, dependencies=[MAY_READ])
def listing(parts: Parts, limit: Annotated[int, Query(ge=1, le=100)] = 20) -> dict[str, Any]:
    """Experiments, the newest first."""
    with parts.ledger.reading() as session:
        return {"experiments": [experiments.view(row) for row in experiments.listing(session, limit)]}


@router.get("/{experiment_id}", response_model=Result, dependencies=[MAY_READ])
def one(experiment_id: Id, parts: Parts) -> dict[str, Any]:
    """An experiment and its result so far: effects with intervals, overall and by category."""
    with parts.ledger.reading() as session:
        return experiments.result(session, experiments.find(session, experiment_id))


@router.post("/{experiment_id}/stop", response_model=Experiment)
def stop(experiment_id: Id, parts: Parts, actor: Admin, word: Word | None = None) -> dict[str, Any]:
    """End an experiment: all products get the live recipe again."""
    experiments.stop(parts, experiment_id, actor.name, word.reason if word else None)
    with parts.ledger.reading() as session:
        return experiments.view(experiments.find(session, experiment_id))
