"""When a batch is finished, and who is told."""

from __future__ import annotations

import json
import time
from typing import Any

from sqlalchemy.orm import Session

from packshot.ledger import queue
from packshot.ledger.identity import new_id
from packshot.ledger.tables import WAITING, Batch, Delivery, Item, State


def settle(session: Session, item: Item) -> None:
    """After ``item`` has moved: finish its batch once nothing of it waits, and have its owner told.

    A batch is finished when workers have nothing more to do for it; photos may still be in review. The owner
    is told of each later decision.
    """
    session.flush()
    if State(item.state) in WAITING:
        return
    batch = session.get_one(Batch, item.batch_id, with_for_update=True)
    found = queue.counts(session, batch.id)
    if any(found[state] for state in WAITING):
        return
    first = batch.finished_at is None
    batch.finished_at = batch.finished_at or time.time()
    if batch.callback_url:
        told = {
            "type": "batch.finished" if first else "job.decided",
            "batch": batch.id,
            "counts": public(found),
        }
        tell(session, batch, told if first else told | {"job": item.id, "state": item.state})


def tell(session: Session, batch: Batch, message: dict[str, Any]) -> None:
    """Have ``message`` sent to the batch's callback."""
    assert batch.callback_url is not None
    now = time.time()
    name = new_id("evt")
    body = json.dumps({"id": name, "created_at": round(now, 3), **message})
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
