"""How a worker lets go of an item that it does not publish: skipped, put aside, put off, given up."""

from __future__ import annotations

import time

from packshot.edges.artefacts import DamagedArtefactError
from packshot.edges.storage import MissingObjectError
from packshot.errors import PackshotError
from packshot.ledger import audit, queue
from packshot.ledger.missing import insert_missing
from packshot.ledger.queue import Lease
from packshot.ledger.tables import Item, Photo, State
from packshot.service.batches import settle
from packshot.service.context import Context

WORKER = "packshot"
"""The actor of what nobody decided."""

_LOST = (MissingObjectError, DamagedArtefactError)
"""What a kept file says that somebody deleted or changed."""


def skip(context: Context, item: Item, lease: Lease, digest: str, reason: str) -> State:
    """An item that need not be treated ends with the reason; ``digest`` is its photo's."""
    with context.ledger.transaction() as session:
        mine = queue.held(session, item.id, lease)
        insert_missing(session, Photo, digest=digest, created_at=time.time())
        mine.photo = digest
        queue.move(mine, State.SKIPPED, reason=reason)
        settle(session, mine)
        audit.record(session, WORKER, "job.skipped", item.id, {"reason": reason})
    return State.SKIPPED


def put_aside(context: Context, item: Item, lease: Lease, error: PackshotError) -> State:
    """An item that cannot be treated ends with the reason.

    One that cannot be published, or whose kept files are gone, waits for a person: it is not to blame.
    """
    with context.ledger.transaction() as session:
        mine = queue.held(session, item.id, lease)
        blameless = mine.state == State.PUBLISHING or isinstance(error, _LOST)
        state = State.NEEDS_REVIEW if blameless else State.FAILED
        queue.move(mine, state, reason=str(error))
        mine.loss = 1.0 if blameless else mine.loss
        settle(session, mine)
        action = "job.held_back" if blameless else "job.failed"
        audit.record(session, WORKER, action, item.id, {"code": error.code, "reason": str(error)})
    return state


def put_off(
    context: Context, item: Item, lease: Lease, error: PackshotError, seconds: float, *, counted: bool
) -> State:
    """Try an item again after ``seconds``; whether this attempt is ``counted`` among those it may have."""
    now = time.time()
    with context.ledger.transaction() as session:
        mine = queue.held(session, item.id, lease)
        mine.reason, mine.updated_at, mine.lease_until = str(error), now, now + seconds
        mine.attempts -= not counted
        mine.begun_in = None
    return State(mine.state)


def give_up(context: Context, item: Item, lease: Lease) -> State:
    """An item whose workers died or failed too often goes to a person."""
    reason = f"working on it was tried {item.attempts - 1} times and never ended; see the log."
    with context.ledger.transaction() as session:
        mine = queue.held(session, item.id, lease)
        queue.move(mine, State.NEEDS_REVIEW, reason=reason)
        mine.loss = 1.0
        settle(session, mine)
        audit.record(session, WORKER, "job.given_up", item.id, {"attempts": item.attempts - 1})
    return State.NEEDS_REVIEW
