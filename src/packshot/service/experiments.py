"""Experiments: recipes on different products at the same time, compared by what came of it."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from packshot.errors import UsageError
from packshot.executors.side_by_side import Figures
from packshot.ledger import audit
from packshot.ledger.errors import NotFoundError
from packshot.ledger.identity import new_id
from packshot.ledger.locks import Lock, hold
from packshot.ledger.rollout_tables import ExperimentRow
from packshot.ledger.tables import Item, TrailRow
from packshot.rollout.experiment import Measured, analyse
from packshot.rollout.metric import metric_named
from packshot.rollout.srm import Assigned
from packshot.rollout.summary import Summary
from packshot.rollout.trial import Trial
from packshot.service import gauging, recipes, rollouts
from packshot.service.context import Context
from packshot.service.figures import mean, told
from packshot.service.options import Options

NO_CATEGORY = "none"


def start(context: Context, trial: Trial, actor: str) -> str:
    """Begin an experiment; its identifier. The same one again, while it runs, changes nothing.

    Raises:
        UsageError: another change is under way, or arms are alike.
        RecipeError, UnknownNameError, StageOrderError: an arm is no sound recipe.
        WeightsError: a model's weights cannot be had.
    """
    said = trial.model_dump(mode="json")
    with context.ledger.reading() as session:
        running = session.scalars(select(ExperimentRow).where(ExperimentRow.running).limit(1)).first()
    if running is not None and running.spec == said:
        return running.id
    live = context.lanes.refresh().live
    where = f"experiment {trial.experiment}"
    made = {
        name: recipes.merged(live, changes, f"{where}, arm {name}") for name, changes in trial.arms.items()
    }
    for recipe in made.values():
        context.treatments.of(Options(), recipe)
    digests = {name: recipe.digest() for name, recipe in made.items()}
    if len(set(digests.values())) < len(digests):
        raise UsageError(detail=f"Experiment {trial.experiment} has two arms with the same recipe.")
    with context.ledger.transaction() as session:
        hold(session, Lock.LANES)
        rollouts.refuse_second(session)
        for recipe in made.values():
            recipes.keep(session, recipe)
        row = ExperimentRow(
            id=new_id("exp"),
            name=trial.experiment,
            spec=said,
            salt=new_id("salt"),
            recipes=digests,
            running=True,
            actor=actor,
            created_at=time.time(),
        )
        session.add(row)
        audit.record(session, actor, "experiment.start", row.id, {"name": row.name, "recipes": digests})
    context.lanes.refresh()
    return row.id


def stop(context: Context, name: str, actor: str, reason: str | None = None) -> str:
    """End an experiment: all products get the live recipe again; its identifier.

    Raises:
        NotFoundError: there is none of this name.
        UsageError: it has ended.
    """
    with context.ledger.transaction() as session:
        hold(session, Lock.LANES)
        row = find(session, name)
        session.refresh(row, with_for_update=True)
        if not row.running:
            raise UsageError(detail=f"Experiment {row.name} has ended already.")
        row.running, row.ended_at, row.reason = False, time.time(), reason
        audit.record(session, actor, "experiment.stop", row.id, {"name": row.name, "reason": reason})
    context.lanes.refresh()
    return row.id


def find(session: Session, name: str) -> ExperimentRow:
    """The experiment of this identifier, or the newest of this name.

    Raises:
        NotFoundError: there is none.
    """
    found = session.get(ExperimentRow, name)
    if found is None:
        newest = select(ExperimentRow).where(ExperimentRow.name == name).order_by(ExperimentRow.id.desc())
        found = session.scalars(newest.limit(1)).first()
    if found is None:
        raise NotFoundError(kind="experiment", name=name)
    return found


def listing(session: Session, limit: int) -> Sequence[ExperimentRow]:
    """The newest experiments."""
    return session.scalars(select(ExperimentRow).order_by(ExperimentRow.id.desc()).limit(limit)).all()


def view(row: ExperimentRow) -> dict[str, Any]:
    """An experiment as users get to see it, without its result."""
    return {
        "id": row.id,
        "name": row.name,
        "running": row.running,
        "spec": row.spec,
        "recipes": row.recipes,
        "started_by": row.actor,
        "reason": row.reason,
        "created_at": row.created_at,
        "ended_at": row.ended_at,
    }


def result(session: Session, row: ExperimentRow) -> dict[str, Any]:
    """What an experiment says so far: photos by arm, means, effects with intervals, by category as well.

    ``analysis`` is None before the first look of a design with planned ones.
    """
    trial = Trial.from_dict(row.spec, f"experiment {row.id}")
    found = {arm: _photos(session, row.id, arm) for arm in trial.arms}
    photos = {
        arm: len(rows) for arm, rows in found.items()
    }  # one of each product, so these are products, too
    design = trial.designed(min(photos.values()))
    overall = {arm: _summed(trial, [figures for _, figures in rows]) for arm, rows in found.items()}
    analysis = None
    if design is not None:
        analysis = analyse(
            overall,
            trial.control,
            design,
            categories=_by_category(trial, found),
            assigned=Assigned(counts=photos, shares=trial.shares),
        ).as_dict()
    return {**view(row), "photos": photos, "means": _means(trial, found), "analysis": analysis}


def _photos(session: Session, experiment: str, arm: str) -> list[tuple[str, Figures]]:
    """Category and figures of one photo of each of an arm's products."""
    mine = gauging.first_of_products(experiment, arm).order_by(TrailRow.item_id)
    categories = session.scalars(
        mine.join(Item, Item.id == TrailRow.item_id).with_only_columns(Item.category)
    )
    figures = gauging.business(session, mine)
    return [(category or NO_CATEGORY, one) for category, one in zip(categories, figures, strict=True)]


def _summed(trial: Trial, photos: Sequence[Figures]) -> dict[str, Summary]:
    return {name: gauging.summed(metric_named(name), photos) for name in trial.metrics}


def _by_category(trial: Trial, found: Mapping[str, Sequence[tuple[str, Figures]]]) -> dict[str, Measured]:
    parts: dict[str, dict[str, list[Figures]]] = defaultdict(lambda: {arm: [] for arm in trial.arms})
    for arm, rows in found.items():
        for category, figures in rows:
            parts[category][arm].append(figures)
    if len(parts) < 2:
        return {}
    return {
        category: {arm: _summed(trial, photos) for arm, photos in arms.items()}
        for category, arms in sorted(parts.items())
    }


def _means(
    trial: Trial, found: Mapping[str, Sequence[tuple[str, Figures]]]
) -> dict[str, dict[str, float | None]]:
    return {
        name: {arm: mean(told(name, (figures for _, figures in rows))) for arm, rows in found.items()}
        for name in trial.metrics
    }
