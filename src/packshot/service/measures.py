"""What the dashboard and Prometheus show, counted from the ledger. Defined in docs/metrics.md."""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import median
from typing import Any

from sqlalchemy import Case, ColumnExpressionArgument, Select, case, exists, func, select
from sqlalchemy.orm import Session

from packshot.ledger import queue
from packshot.ledger.tables import Flaw, Item, Publication, Review, State, TrailRow
from packshot.service.context import Context

DAY = 86_400.0

EDITS = ("erase", "redo")
"""Decisions by which a person changes a photo rather than judging it."""


@dataclass(frozen=True, slots=True)
class Measures:
    """Figures over a time; None where there is nothing to tell them from.

    Attributes:
        photos: photos that workers finished with.
        failed_checks: share that had an error as it came.
        automation: share of decided photos that nobody had to look at.
        edits_per_1000: photos that a person had to change, per 1,000.
        seconds_to_publish: median from acceptance to publication.
        edge_fidelity: mean over changed photos.
        artefact_rate: share of treated photos on which a check saw harm.
        residue_rate: share of erasures that left something.
        cpu_seconds: mean processor time a photo.
        seconds: mean wall time a photo.
    """

    photos: int
    failed_checks: float | None
    automation: float | None
    edits_per_1000: float | None
    seconds_to_publish: float | None
    edge_fidelity: float | None
    artefact_rate: float | None
    residue_rate: float | None
    cpu_seconds: float | None
    seconds: float | None


def measure(session: Session, since: float, until: float, *, merchant: str | None = None) -> Measures:
    """The figures of the photos that were first treated between two times."""
    these = _first_trails(since, until, merchant)
    touched = exists().where(Review.item_id == Item.id)
    edited = exists().where(Review.item_id == Item.id, Review.action.in_(EDITS), Review.undone_at.is_(None))
    decided = Item.state.in_((State.DONE, State.FAILED, State.NEEDS_REVIEW))
    alone = decided & (Item.state != State.NEEDS_REVIEW) & ~touched
    row = session.execute(
        these.with_only_columns(
            func.count(),
            func.avg(_number(TrailRow.failed_checks)),
            func.sum(_number(decided)),
            func.sum(_number(alone)),
            func.sum(_number(edited)),
            func.avg(TrailRow.edge_fidelity),
            func.avg(case((TrailRow.artefact.is_(None), None), else_=_number(TrailRow.artefact.is_(True)))),
            func.avg(case((TrailRow.residue.is_(None), None), else_=_number(TrailRow.residue.is_(True)))),
            func.avg(TrailRow.cpu_seconds),
            func.avg(TrailRow.seconds),
        )
    ).one()
    photos, failed, decided_count, alone_count, edited_count, edges, artefacts, residue, cpu, seconds = row
    first = func.min(Publication.published_at) - Item.created_at
    published = these.join(Publication, Publication.item_id == Item.id).group_by(Item.id, Item.created_at)
    times = session.scalars(published.with_only_columns(first)).all()
    return Measures(
        photos=photos,
        failed_checks=_known(failed),
        automation=alone_count / decided_count if decided_count else None,
        edits_per_1000=1000 * edited_count / photos if photos else None,
        seconds_to_publish=median(times) if times else None,
        edge_fidelity=_known(edges),
        artefact_rate=_known(artefacts),
        residue_rate=_known(residue),
        cpu_seconds=_known(cpu),
        seconds=_known(seconds),
    )


def flaws(
    session: Session, since: float, until: float, *, merchant: str | None = None
) -> list[tuple[str, int]]:
    """How many photos came with each error, the most frequent first."""
    these = _first_trails(since, until, merchant).join(Flaw, Flaw.trail_id == TrailRow.id)
    many = func.count().label("many")
    counted = these.with_only_columns(Flaw.code, many).group_by(Flaw.code).order_by(many.desc(), Flaw.code)
    return [(code, count) for code, count in session.execute(counted)]


def series(session: Session, since: float, until: float, points: int) -> list[tuple[float, Measures]]:
    """The figures of ``points`` equal parts of a time, each with when it begins."""
    step = (until - since) / points
    starts = [since + number * step for number in range(points)]
    return [(start, measure(session, start, start + step)) for start in starts]


def expose(context: Context) -> None:
    """Bring the gauges up to date."""
    now, metrics = time.time(), context.metrics
    with context.ledger.reading() as session:
        figures = measure(session, now - DAY, now)
        metrics.queue_depth.set(queue.waiting(session))
        oldest = queue.oldest_waiting(session)
    metrics.queue_age.set(now - oldest if oldest is not None else 0.0)
    for gauge, value in (
        (metrics.validation_fail_ratio, figures.failed_checks),
        (metrics.auto_publish_ratio, figures.automation),
        (metrics.manual_edits, figures.edits_per_1000),
        (metrics.edge_fidelity, figures.edge_fidelity),
        (metrics.artifact_rate, figures.artefact_rate),
        (metrics.text_residue, figures.residue_rate),
        (metrics.cpu_seconds, figures.cpu_seconds),
    ):
        gauge.set(float("nan") if value is None else value)


def _first_trails(since: float, until: float, merchant: str | None) -> Select[TrailRow]:
    query = select(TrailRow).join(Item, Item.id == TrailRow.item_id)
    query = query.where(TrailRow.first, TrailRow.created_at >= since, TrailRow.created_at < until)
    return query if merchant is None else query.where(Item.merchant == merchant)


def _number(condition: ColumnExpressionArgument[bool]) -> Case[Any]:
    return case((condition, 1.0), else_=0.0)


def _known(value: float | None) -> float | None:
    return None if value is None else float(value)
