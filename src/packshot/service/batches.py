"""When a batch is finished, and who is told."""

from __future__ import annotations

import json
import time
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from packshot.ledger import queue
from packshot.ledger.identity import new_id
from packshot.ledger.tables import WAITING, Batch, Delivery, Item, State


def settle(session: Session, *items: Item) -> None:
    """After ``items`` have moved: finish each batch of which nothing waits any more, and have its owner told.

    A batch is finished when workers have nothing more to do for it; photos may still be in review. The owner
    is told that once, and from then on of each decision. Lock items before: batches come after them.
    """
    session.flush()
    moved: dict[str, list[Item]] = {}
    for item in items:
        if State(item.state) not in WAITING:
            moved.setdefault(item.batch_id, []).append(item)
    for batch_id, decided in sorted(moved.items()):
        # Not FOR UPDATE: rows that refer to the batch, as every publication does, hold its key already, and
        # two workers that had both written such a row would wait for each other.
        lock = {"key_share": True}
        batch = session.get_one(Batch, batch_id, with_for_update=lock, populate_existing=True)
        if batch.finished_at is not None:
            for item in decided:
                tell(session, batch, {"type": "job.decided", "job": item.id, "state": item.state})
        elif not _waits(session, batch_id):
            batch.finished_at = time.time()
            tell(session, batch, {"type": "batch.finished"})


def tell(session: Session, batch: Batch, message: dict[str, Any]) -> None:
    """Have ``message`` and the batch's counts sent to its callback, if it has one."""
    if not batch.callback_url:
        return
    now = time.time()
    name = new_id("evt")
    facts = {"batch": batch.id, "counts": public(queue.counts(session, batch.id))}
    body = json.dumps({"id": name, "created_at": round(now, 3), **message, **facts})
    session.add(
        Delivery(id=name, batch_id=batch.id, url=batch.callback_url, body=body, next_at=now, created_at=now)
    )


def public(found: dict[State, int]) -> dict[str, int]:
    """Counts by the states that users know: what is being published is still being processed."""
    return {
        "accepted": found[State.ACCEPTED],
        "processing": found[State.PROCESSING] + found[State.PUBLISHING],
        "done": found[State.DONE],
        "needs_review": found[State.NEEDS_REVIEW],
        "skipped": found[State.SKIPPED],
        "failed": found[State.FAILED],
    }


def _waits(session: Session, batch_id: str) -> bool:
    """Whether a worker has yet to move on anything of a batch."""
    waiting = select(Item.id).where(Item.batch_id == batch_id, Item.state.in_(WAITING)).limit(1)
    return session.scalar(waiting) is not None
