"""Rows that are made by whoever needs them first."""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from packshot.ledger.tables import Base


def insert_missing(session: Session, kind: type[Base], **values: Any) -> None:  # noqa: ANN401
    """Insert a row unless one with its key is there, also when another transaction inserts it now."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(postgresql.insert(kind).values(**values).on_conflict_do_nothing())
    else:
        session.execute(sqlite.insert(kind).values(**values).on_conflict_do_nothing())
