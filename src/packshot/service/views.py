"""What users get to see of batches and jobs, as plain data."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from packshot.ledger import queue
from packshot.ledger.tables import Batch, Item, Publication, Review, State, TrailRow
from packshot.service.batches import public

STATES: dict[str, tuple[State, ...]] = {
    "accepted": (State.ACCEPTED,),
    "processing": (State.PROCESSING, State.PUBLISHING),
    "done": (State.DONE,),
    "needs_review": (State.NEEDS_REVIEW,),
    "skipped": (State.SKIPPED,),
    "failed": (State.FAILED,),
}
"""The states that users know, and the ledger's that they stand for."""


def state_of(item: Item) -> str:
    """The state of an item in users' words."""
    return next(name for name, states in STATES.items() if item.state in states)


def batch_view(session: Session, batch: Batch) -> dict[str, Any]:
    """A batch with the counts of its jobs."""
    found = queue.counts(session, batch.id)
    return {
        "id": batch.id,
        "source": batch.source,
        "submitted_by": batch.actor,
        "merchant": batch.merchant,
        "attested_by": batch.attested_by,
        "created_at": batch.created_at,
        "finished_at": batch.finished_at,
        "cancelled_at": batch.cancelled_at,
        "unpublished_at": batch.unpublished_at,
        "total": sum(found.values()),
        "counts": public(found),
    }


def batches(session: Session, *, before: str | None, limit: int) -> list[Batch]:
    """The newest batches, or those before the one called ``before``."""
    query = select(Batch).order_by(Batch.id.desc()).limit(limit)
    return list(session.scalars(query.where(Batch.id < before) if before else query))


def jobs(
    session: Session, *, batch: str | None, states: tuple[State, ...], after: str | None, limit: int
) -> list[Item]:
    """Jobs in the order in which they were submitted."""
    query = select(Item).order_by(Item.id).limit(limit)
    if batch is not None:
        query = query.where(Item.batch_id == batch)
    if states:
        query = query.where(Item.state.in_(states))
    return list(session.scalars(query.where(Item.id > after) if after else query))


def job_line(item: Item) -> dict[str, Any]:
    """A job in a list."""
    return {
        "id": item.id,
        "batch": item.batch_id,
        "name": item.name,
        "state": state_of(item),
        "reason": item.reason,
        "verdict": item.verdict,
        "product": item.product,
        "category": item.category,
        "merchant": item.merchant,
        "created_at": item.created_at,
        "updated_at": item.updated_at,
    }


def job_view(session: Session, item: Item) -> dict[str, Any]:
    """A job with all that is known about it."""
    row = session.get(TrailRow, item.trail_id) if item.trail_id else None
    standing = session.scalars(
        select(Publication)
        .where(Publication.item_id == item.id, Publication.unpublished_at.is_(None))
        .order_by(Publication.published_at.desc())
    ).first()
    reviews = session.scalars(
        select(Review).where(Review.item_id == item.id).order_by(Review.created_at, Review.id)
    )
    return {
        **job_line(item),
        "decided_by": item.decided_by,
        "options": item.options,
        "input": item.photo,
        "files": row.files if row else [],
        "mask": row.mask if row else None,
        "receipt": row.receipt if row else None,
        "trail": row.body if row else None,
        "published": standing.entry if standing else None,
        "reviews": [
            {
                "id": review.id,
                "actor": review.actor,
                "action": review.action,
                "reason": review.reason,
                "at": review.created_at,
                "undone_at": review.undone_at,
            }
            for review in reviews
        ],
    }
