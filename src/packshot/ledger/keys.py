"""Keys to the API. A secret is shown once, when it is made; the ledger keeps its hash."""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from collections.abc import Iterable, Sequence
from enum import StrEnum

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from packshot.errors import UsageError
from packshot.ledger.errors import KeyNameTakenError, NotFoundError
from packshot.ledger.identity import new_id
from packshot.ledger.locks import Lock, hold
from packshot.ledger.tables import ApiKey

_PREFIX = "pk_live_"  # lets scanners for leaked secrets know one when they see it
_NAME = re.compile(r"(?!key_)[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")


class Scope(StrEnum):
    """What the holder of a key may do."""

    SUBMIT = "submit"
    READ = "read"
    REVIEW = "review"
    ADMIN = "admin"


def create(
    session: Session, name: str, scopes: Iterable[Scope], per_minute: int, expires_at: float | None = None
) -> tuple[ApiKey, str]:
    """A new key, and its secret, which cannot be had again.

    Args:
        session: a transaction that may write.
        name: whose it is; one valid key has it at a time, except while one replaces another.
        scopes: what it opens, one at least.
        per_minute: requests that it may make, 1 or more.
        expires_at: seconds since 1970; None for never.

    Raises:
        UsageError: a value that cannot be meant.
        KeyNameTakenError: a valid key has this name.
    """
    chosen, now = sorted(set(scopes)), time.time()
    if not _NAME.fullmatch(name):
        detail = (
            f"{name!r} is no name for a key: take up to 64 of A-Z a-z 0-9 . _ @ - and do not begin with key_"
        )
        raise UsageError(detail=detail)
    if not chosen:
        raise UsageError(
            detail=f"Key {name} would open nothing. Give it one scope at least: {', '.join(Scope)}"
        )
    if per_minute < 1:
        raise UsageError(
            detail=f"Key {name} could make no request: per_minute is {per_minute}, 1 is the least"
        )
    if expires_at is not None and expires_at <= now:
        raise UsageError(detail=f"Key {name} would have expired already. Choose a later time")
    hold(session, Lock.KEYS)
    if _valid(session, name, now):
        raise KeyNameTakenError(name=name)
    return _add(session, name, [str(scope) for scope in chosen], per_minute, now=now, expires_at=expires_at)


def find(session: Session, secret: str) -> ApiKey | None:
    """The key of ``secret``; None for one that is unknown, has expired or was revoked.

    Comparing in constant time would win nothing: what is compared is the hash, which nobody can steer.
    """
    key = session.scalar(select(ApiKey).where(ApiKey.secret_hash == _hash(secret)))
    return key if key is not None and _is_valid(key, time.time()) else None


def rotate(session: Session, name: str, grace_seconds: float) -> str:
    """A new secret for ``name``, with the same rights, that lives as long as the one before was meant to.

    Args:
        session: a transaction that may write.
        name: whose.
        grace_seconds: how long the secrets before it go on, so that clients can change over; 0 or more.

    Raises:
        UsageError: a negative time.
        NotFoundError: no valid key has this name.
    """
    if not grace_seconds >= 0:  # NaN, too
        raise UsageError(detail=f"A time of grace cannot be {grace_seconds} seconds")
    hold(session, Lock.KEYS)
    now = time.time()
    valid = _valid(session, name, now)
    if not valid:
        raise NotFoundError(kind="valid key", name=name)
    newest, end = valid[-1], now + grace_seconds
    expires_at = None if newest.expires_at is None else now + newest.expires_at - newest.created_at
    _, secret = _add(session, name, newest.scopes, newest.per_minute, now=now, expires_at=expires_at)
    for key in valid:
        key.expires_at = end if key.expires_at is None else min(key.expires_at, end)
    session.flush()
    return secret


def revoke(session: Session, id_or_name: str) -> None:
    """Make a key worthless at once: the one of this id, or all of this name.

    Raises:
        NotFoundError: there is none.
    """
    hold(session, Lock.KEYS)
    found = session.scalars(
        select(ApiKey).where(or_(ApiKey.id == id_or_name, ApiKey.name == id_or_name))
    ).all()
    if not found:
        raise NotFoundError(kind="key", name=id_or_name)
    for key in found:
        key.revoked_at = key.revoked_at or time.time()
    session.flush()


def listing(session: Session) -> Sequence[ApiKey]:
    """All keys that there ever were, the oldest first."""
    return session.scalars(select(ApiKey).order_by(ApiKey.created_at, ApiKey.id)).all()


def _add(
    session: Session, name: str, scopes: list[str], per_minute: int, *, now: float, expires_at: float | None
) -> tuple[ApiKey, str]:
    secret = _PREFIX + secrets.token_hex(32)
    key = ApiKey(
        id=new_id("key"),
        name=name,
        secret_hash=_hash(secret),
        scopes=scopes,
        per_minute=per_minute,
        created_at=now,
        expires_at=expires_at,
    )
    session.add(key)
    session.flush()
    return key, secret


def _valid(session: Session, name: str, now: float) -> list[ApiKey]:
    named = session.scalars(select(ApiKey).where(ApiKey.name == name).order_by(ApiKey.created_at, ApiKey.id))
    return [key for key in named if _is_valid(key, now)]


def _is_valid(key: ApiKey, now: float) -> bool:
    return key.revoked_at is None and (key.expires_at is None or key.expires_at > now)


def _hash(secret: str) -> str:
    # A slow hash protects what people can think up. 256 bits of chance cannot be guessed at any speed, and
    # every request pays for the hash.
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()
