"""The queue of items: bounded, leased, at-least-once. All of it works inside the caller's transaction."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, update
from sqlalchemy.orm import Session

from packshot.ledger.errors import LostLeaseError, NotFoundError, QueueFullError
from packshot.ledger.locks import Lock, hold
from packshot.ledger.tables import WAITING, Batch, Item, State

_LEASED = (State.PROCESSING, State.PUBLISHING)


@dataclass(frozen=True, slots=True)
class Lease:
    """Who holds an item, and for how long it is held from each claim or heartbeat.

    Attributes:
        owner: names one worker of one process; unique.
        seconds: after this long without a heartbeat another worker takes over.
    """

    owner: str
    seconds: float


def waiting(session: Session) -> int:
    """Items that are not finished and need no person."""
    return session.scalar(select(func.count()).where(Item.state.in_(WAITING))) or 0


def oldest_waiting(session: Session) -> float | None:
    """When the oldest item that no worker has begun was accepted; None when there is none."""
    return session.scalar(select(func.min(Item.created_at)).where(Item.state == State.ACCEPTED))


def make_room(session: Session, wanted: int, *, limit: int, pace: float) -> None:
    """Refuse ``wanted`` further items where the queue would hold more than ``limit``.

    To the end of the transaction nobody else is given room.

    Args:
        session: the transaction that will add them.
        wanted: how many.
        limit: how many may wait.
        pace: items done a second, to say when there will be room.

    Raises:
        QueueFullError: there is no room now.
    """
    hold(session, Lock.QUEUE)
    there = waiting(session)
    if there + wanted > limit:
        seconds = max(1, min(300, round((there + wanted - limit) / max(pace, 0.1))))
        raise QueueFullError(waiting=there, limit=limit, retry_after=seconds)


def claim(session: Session, lease: Lease, now: float | None = None) -> Item | None:
    """An item that nobody holds, now held by ``lease``; None when there is none.

    First the oldest whose worker has died or that a person has passed for publication, then the oldest new
    one. An item that is to be published keeps its state, so that it is not processed again.
    """
    now = time.time() if now is None else now
    left = Item.state.in_(_LEASED) & or_(Item.lease_until.is_(None), Item.lease_until < now)
    # Two questions that an index answers each; as one, all that waits would be sorted for every claim.
    item = _oldest(session, left)
    if item is None:
        item = _oldest(session, Item.state == State.ACCEPTED)
    if item is None:
        return None
    item.attempts += 1
    item.lease_owner, item.lease_until, item.updated_at = lease.owner, now + lease.seconds, now
    if item.state == State.ACCEPTED:
        item.state = State.PROCESSING
    session.flush()
    return item


def heartbeat(session: Session, lease: Lease, items: Sequence[str], now: float | None = None) -> None:
    """Hold ``items`` for another ``lease.seconds``; those that were lost meanwhile stay lost."""
    now = time.time() if now is None else now
    mine = Item.id.in_(items) & (Item.lease_owner == lease.owner) & Item.state.in_(_LEASED)
    session.execute(update(Item).where(mine).values(lease_until=now + lease.seconds))


def held(session: Session, item_id: str, lease: Lease) -> Item:
    """The item, locked, if ``lease`` still holds it.

    Raises:
        LostLeaseError: it does not.
    """
    item = _locked(session, select(Item).where(Item.id == item_id).with_for_update())
    if item is None or item.lease_owner != lease.owner or item.state not in _LEASED:
        raise LostLeaseError(item=item_id, owner=lease.owner)
    return item


def move(item: Item, state: State, *, reason: str | None = None, now: float | None = None) -> None:
    """Put ``item`` into ``state``; a worker that held it holds it only while it publishes."""
    now = time.time() if now is None else now
    item.state, item.reason, item.updated_at = state, reason, now
    if state != State.PUBLISHING:
        item.lease_owner = item.lease_until = None
    item.finished_at = now if state in (State.DONE, State.SKIPPED, State.FAILED) else None


def get(session: Session, item_id: str) -> Item:
    """The item, locked for the rest of the transaction.

    Raises:
        NotFoundError: there is none of this name.
    """
    item = _locked(session, select(Item).where(Item.id == item_id).with_for_update())
    if item is None:
        raise NotFoundError(kind="job", name=item_id)
    return item


def counts(session: Session, batch_id: str) -> dict[State, int]:
    """How many items of a batch are in each state."""
    rows = session.execute(
        select(Item.state, func.count()).where(Item.batch_id == batch_id).group_by(Item.state)
    )
    found: dict[Any, int] = dict(rows.all())
    return {state: found.get(state.value, 0) for state in State}


def batch(session: Session, batch_id: str) -> Batch:
    """The batch.

    Raises:
        NotFoundError: there is none of this name.
    """
    found = session.get(Batch, batch_id)
    if found is None:
        raise NotFoundError(kind="batch", name=batch_id)
    return found


def free_all(session: Session) -> None:
    """Let go of all leases: for the one process that works on its ledger, when it starts."""
    session.execute(update(Item).where(Item.state.in_(_LEASED)).values(lease_until=0.0))


def _oldest(session: Session, which: ColumnElement[bool]) -> Item | None:
    """The oldest of these that no other transaction is about to take."""
    choice = select(Item).where(which).order_by(Item.created_at, Item.id).limit(1)
    return _locked(session, choice.with_for_update(skip_locked=True))


def _locked(session: Session, choice: Select[Item]) -> Item | None:
    """What is chosen as it is now, also where the session has seen an earlier state of it."""
    return session.scalar(choice.execution_options(populate_existing=True))


def find(session: Session, item_id: str) -> Item:
    """The item, to be read only.

    Raises:
        NotFoundError: there is none of this name.
    """
    item = session.get(Item, item_id)
    if item is None:
        raise NotFoundError(kind="job", name=item_id)
    return item
