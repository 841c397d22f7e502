"""Experiments: arms, effects with their intervals, and ending one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from fastapi import APIRouter, Request
from fastapi.responses import Response

from packshot.rollout.metric import METRICS
from packshot.rollout.trial import Always, Trial
from packshot.service import experiments
from packshot.web.auth import Parts
from packshot.web.review.intervals import Plot, between, effect, label, level, plots
from packshot.web.review.names import Id
from packshot.web.review.pages import PageRoute, go, page
from packshot.web.review.rollout import Admin, why
from packshot.web.review.visitor import Sent, Viewer
from packshot.web.review.wording import percent, plural

router = APIRouter(prefix="/experiments", route_class=PageRoute, include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Arm:
    """An arm: its share of the products, its photos, its recipe's digest, and what it changes, in YAML."""

    name: str
    control: bool
    share: float
    photos: int
    recipe: str
    changes: str


@dataclass(frozen=True, slots=True)
class Effect:
    """An arm against the control, in words and as a line; ``refusal`` says why there is no interval."""

    metric: str
    label: str
    about: str
    arm: str
    category: str | None
    photos: tuple[int, int]
    effect: str
    between: str
    refusal: str | None
    differs: bool
    better: bool
    plot: Plot | None


@router.get("/{experiment}")
def one(experiment: Id, request: Request, parts: Parts, who: Viewer) -> Response:
    """An experiment and what it says so far."""
    with parts.ledger.reading() as session:
        row = experiments.find(session, experiment)
        found = experiments.result(session, row)
    trial = Trial.from_dict(row.spec, f"experiment {row.id}")
    analysis = found["analysis"]
    return page(
        request,
        "experiment.html",
        who,
        experiment=found,
        trial=trial,
        design=_design(trial, min(found["photos"].values())),
        arms=_arms(trial, found),
        means=_means(trial, found["means"]),
        overall=_effects(analysis["overall"]) if analysis else [],
        by_category=_effects(analysis["by_category"]) if analysis else [],
        analysis=analysis,
    )


@router.post("/{experiment}/stop")
def stop(experiment: Id, request: Request, parts: Parts, who: Admin, sent: Sent) -> Response:
    """End it: all products get the live recipe again."""
    return go(request, f"/experiments/{experiments.stop(parts, experiment, who.name, why(sent))}")


def _design(trial: Trial, photos: int) -> str:
    """How often its result may be looked at, in words."""
    risk = f"All intervals together are wrong with a risk of at most {percent(trial.design.alpha)}."
    if isinstance(trial.design, Always):
        return f"Always valid: it may be looked at, and stopped, at any moment. {risk}"
    looks, whole = trial.design.looks, trial.design.photos
    passed = min(looks, photos * looks // whole)
    said = f"Look {passed} of {looks}" if passed else f"{plural(looks, 'look')} planned, none reached yet"
    following = -(-(passed + 1) * whole // looks)
    ahead = f"; the next one is at {following:,} photos in each arm" if passed < looks else ", the last one"
    return f"{said}{ahead}. The intervals hold at these looks only. {risk}"


def _arms(trial: Trial, found: Mapping[str, Any]) -> Sequence[Arm]:
    return [
        Arm(
            name,
            name == trial.control,
            trial.shares[name],
            found["photos"][name],
            found["recipes"][name],
            yaml.safe_dump(found["spec"]["arms"][name], sort_keys=False, allow_unicode=True)
            if changes
            else "",
        )
        for name, changes in trial.arms.items()
    ]


def _means(
    trial: Trial, means: Mapping[str, Mapping[str, float | None]]
) -> Sequence[tuple[str, str, Sequence[str]]]:
    """Label, what it measures, and the mean of each arm."""
    return [
        (label(name), METRICS[name].about, [level(name, means[name][arm]) for arm in trial.arms])
        for name in trial.metrics
    ]


def _effects(compared: Sequence[Mapping[str, Any]]) -> Sequence[Effect]:
    """In words; those that differ come first, else as they were."""
    found = [
        Effect(
            metric=one["metric"],
            label=label(one["metric"]),
            about=METRICS[one["metric"]].about,
            arm=one["arm"],
            category=one["category"],
            photos=(one["n_control"], one["n_arm"]),
            effect=effect(one["metric"], one["effect"]),
            between="" if one["refusal"] else between(one["metric"], one["lower"], one["upper"]),
            refusal=one["refusal"],
            differs=one["differs"],
            better=(one["effect"] or 0.0) > 0.0,
            plot=plot,
        )
        for one, plot in zip(compared, plots(compared), strict=True)
    ]
    return sorted(found, key=lambda one: not one.differs)
