"""Ending a batch early."""

from __future__ import annotations

import time

from sqlalchemy import select

from packshot.ledger import audit, queue
from packshot.ledger.tables import Item, State
from packshot.service.batches import settle
from packshot.service.context import Context


def cancel(context: Context, batch_id: str, actor: str) -> int:
    """Skip what nobody has begun; how many photos. What is in work is finished, what is done stays.

    Raises:
        NotFoundError: there is no such batch.
    """
    with context.ledger.transaction() as session:
        batch = queue.batch(session, batch_id)
        waiting = select(Item).where(Item.batch_id == batch_id, Item.state == State.ACCEPTED)
        items = session.scalars(waiting.with_for_update(skip_locked=True)).all()
        for item in items:
            queue.move(item, State.SKIPPED, reason="cancelled")
        settle(session, *items)
        batch.cancelled_at = batch.cancelled_at or time.time()
        audit.record(session, actor, "batch.cancelled", batch_id, {"photos": len(items)})
    return len(items)
