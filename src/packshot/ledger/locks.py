"""Locks of PostgreSQL that are held to the end of a transaction; SQLite has one writer and needs none."""

from __future__ import annotations

import hashlib
from enum import IntEnum

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import Session

_PACKSHOT = 0x7061636B  # 'pack': advisory locks are numbers that a database's users share


class Lock(IntEnum):
    """What only one transaction does at a time. One that takes several takes them in this order."""

    MIGRATE = 0
    REQUEST = 1
    KEYS = 2
    QUEUE = 3
    LANES = 4
    AUDIT = 5


def hold(transaction: Connection | Session, lock: Lock, of: str = "") -> None:
    """Wait for ``lock`` and hold it until ``transaction`` ends.

    Args:
        transaction: where it is held.
        lock: what for.
        of: which one, where there are many; two of these can share a lock, which costs waiting only.
    """
    bind = transaction if isinstance(transaction, Connection) else transaction.connection()
    if bind.dialect.name != "postgresql":
        return
    which = hashlib.sha256(of.encode(errors="surrogatepass")).digest()[:3] if of else b""
    number = int.from_bytes(which) << 4 | lock
    transaction.execute(select(func.pg_advisory_xact_lock(_PACKSHOT, number)))
