"""Requests that may be sent twice: one with an ``Idempotency-Key`` is carried out once.

Call ``remembered``, the work and ``remember`` in one transaction. Of two such requests at the same time, the
second then waits in ``remembered`` until the first has committed, and gets its answer.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from packshot.ledger.errors import IdempotencyError, IdempotencyRaceError
from packshot.ledger.locks import Lock, hold
from packshot.ledger.tables import IdempotentRequest

KEEP_S = 24 * 3600
"""How long an answer is remembered, in seconds."""


def remembered(
    session: Session, actor: str, key: str, request_digest: str, *, now: float | None = None
) -> dict[str, Any] | None:
    """The answer that this request got in the last 24 hours; None if it is new.

    Args:
        session: a transaction that may write.
        actor: who asks; every one has keys of its own.
        key: the value of the header.
        request_digest: of all that makes the request what it is.
        now: seconds since 1970; None for the present.

    Raises:
        IdempotencyError: the key came with another request.
    """
    hold(session, Lock.REQUEST, f"{actor}\n{key}")
    since = (time.time() if now is None else now) - KEEP_S
    mine = (IdempotentRequest.actor == actor) & (IdempotentRequest.key == key)
    choice = select(IdempotentRequest.request_digest, IdempotentRequest.response)
    found = session.execute(choice.where(mine & (IdempotentRequest.created_at >= since))).one_or_none()
    if found is None:
        return None
    if found[0] != request_digest:
        raise IdempotencyError(key=key)
    answer: dict[str, Any] = found[1]
    return answer


def remember(
    session: Session,
    actor: str,
    key: str,
    request_digest: str,
    response: Mapping[str, Any],
    *,
    now: float | None = None,
) -> None:
    """Keep the answer to a request; it stands if the transaction is committed.

    Raises:
        IdempotencyRaceError: another transaction has answered since ``remembered`` was asked. Roll back.
    """
    now = time.time() if now is None else now
    mine = (IdempotentRequest.actor == actor) & (IdempotentRequest.key == key)
    session.execute(delete(IdempotentRequest).where(mine & (IdempotentRequest.created_at < now - KEEP_S)))
    dialect = postgresql if session.connection().dialect.name == "postgresql" else sqlite
    row = {
        "actor": actor,
        "key": key,
        "request_digest": request_digest,
        "response": dict(response),
        "created_at": now,
    }
    insertion = dialect.insert(IdempotentRequest).values(row).on_conflict_do_nothing()
    if session.scalar(insertion.returning(IdempotentRequest.key)) is None:
        raise IdempotencyRaceError(key=key)


def forget_old(session: Session, now: float | None = None) -> None:
    """Delete the answers that are older than 24 hours."""
    now = time.time() if now is None else now
    session.execute(delete(IdempotentRequest).where(IdempotentRequest.created_at < now - KEEP_S))
