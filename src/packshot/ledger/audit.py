"""The audit log: who did what to what. Each entry's digest covers the one before, so a changed past shows.

The database refuses changes by triggers; the chain shows those of somebody who can drop them. It cannot show
that the newest entries were cut off, or that everything was written anew: for that, keep a copy of the last
``sequence`` and ``digest`` elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from packshot.ledger.errors import AuditBrokenError
from packshot.ledger.locks import Lock, hold
from packshot.ledger.tables import AuditEntry

GENESIS = "0" * 64
"""``previous`` of the first entry."""

_PENDING = "packshot.audit"  # where a session keeps the entries of its transaction
_CHUNK = 1000


def record(
    session: Session, actor: str, action: str, subject: str, detail: Mapping[str, object]
) -> AuditEntry:
    """Add an entry. It is written, and gets its number and digests, when the ledger's transaction commits.

    Args:
        session: from the ledger's ``transaction()``.
        actor: who: a key's name, a reviewer, ``system``.
        action: what, such as ``publish``.
        subject: to what: an item, a batch, a key.
        detail: what else is worth knowing; what JSON holds, no NaN.

    Raises:
        ValueError: ``detail`` holds a number that JSON does not know.
        TypeError: ``detail`` holds something else that JSON does not know.
    """
    # Milliseconds come back the same from every database, whatever its settings print of a float.
    at = round(time.time(), 3)
    entry = AuditEntry(at=at, actor=actor, action=action, subject=subject, detail=_canonical(detail))
    session.info.setdefault(_PENDING, []).append(entry)
    return entry


def write(session: Session) -> None:
    """Write what was recorded; the last thing before the commit.

    All writers wait for each other here. Whoever waits for a row after this could stand in a circle with one
    that holds the row and waits here.
    """
    pending: list[AuditEntry] = session.info.pop(_PENDING, [])
    if not pending:
        return
    session.flush()
    hold(session, Lock.AUDIT)
    newest = select(AuditEntry.sequence, AuditEntry.digest).order_by(AuditEntry.sequence.desc()).limit(1)
    sequence, previous = session.execute(newest).one_or_none() or (0, GENESIS)
    for number, entry in enumerate(pending, sequence + 1):
        entry.sequence, entry.previous = number, previous
        entry.digest = previous = _digest(entry)
    session.add_all(pending)
    session.flush()


def entries(
    session: Session, subject: str | None = None, after: int = 0, limit: int = 100
) -> Sequence[AuditEntry]:
    """Up to ``limit`` entries, the oldest first, that come after the sequence number ``after``.

    Args:
        session: where to read.
        subject: only those about this one; None for all.
        after: the last number already seen.
        limit: at most so many.
    """
    choice = select(AuditEntry).where(AuditEntry.sequence > after).order_by(AuditEntry.sequence).limit(limit)
    if subject is not None:
        choice = choice.where(AuditEntry.subject == subject)
    return session.scalars(choice).all()


def verify(session: Session) -> int:
    """Go through the whole chain; gives how many entries it has.

    Raises:
        AuditBrokenError: an entry was changed, taken out or put in; the first place where that shows.
    """
    sequence, previous = 0, GENESIS
    while chunk := entries(session, after=sequence, limit=_CHUNK):
        for entry in chunk:
            sequence += 1
            _check(entry, sequence, previous)
            previous = entry.digest
        session.expunge_all()  # a log of years does not fit into memory
    return sequence


def _check(entry: AuditEntry, sequence: int, previous: str) -> None:
    if entry.sequence != sequence:
        detail = f"it is missing, the next one is {entry.sequence}"
    elif entry.previous != previous:
        detail = "it does not follow the one before"
    elif entry.digest != _digest(entry):
        detail = "it was changed after it was written"
    else:
        return
    raise AuditBrokenError(sequence=sequence, detail=detail)


def _digest(entry: AuditEntry) -> str:
    line = [entry.sequence, entry.at, entry.actor, entry.action, entry.subject, entry.detail]
    return hashlib.sha256(f"{entry.previous}{_canonical(line)}".encode()).hexdigest()


def _canonical(value: object) -> str:
    """JSON that is the same for equal values: sorted keys, no spaces, ASCII only."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
