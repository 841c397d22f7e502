"""The database behind the ledger: SQLite or PostgreSQL, brought to the current schema when it is opened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.orm import Session, sessionmaker

from packshot.ledger import audit
from packshot.ledger.errors import LedgerUnreachableError, LedgerUrlError
from packshot.ledger.migrate import upgrade

_BUSY_SECONDS = 30
"""How long a writer of SQLite waits for the one before it."""


class Ledger:
    """Opens the database at ``url`` and gives transactions. Thread-safe.

    Args:
        url: ``sqlite:////absolute/file.db``, ``sqlite:///relative.db`` or ``postgresql://user@host/name``.

    Raises:
        LedgerUrlError: the URL names neither of the two.
        LedgerUnreachableError: the database is not there, or refuses.
        LedgerNewerError: a newer packshot has changed it.
    """

    def __init__(self, url: str) -> None:
        self._engine = _engine(url)
        try:
            upgrade(self._engine)
        except DBAPIError as error:
            where = self._engine.url.render_as_string(hide_password=True)
            raise LedgerUnreachableError(url=where, detail=_said(error)) from error
        finally:
            # Nothing is left open where this fails; elsewhere the pool begins anew.
            self._engine.dispose()
        self._sessions = sessionmaker(self._engine, expire_on_commit=False)

    @property
    def engine(self) -> Engine:
        """SQLAlchemy's engine."""
        return self._engine

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session that commits at the end and rolls back on an error; on SQLite the only writer."""
        with self._sessions.begin() as session:
            if self._engine.dialect.name == "sqlite":
                session.connection(execution_options={"writes": True})
            yield session
            audit.write(session)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that changes nothing and holds up nobody."""
        with self._sessions() as session:
            yield session

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
        kind = parsed.get_backend_name()
    except (ArgumentError, NoSuchModuleError) as error:
        raise LedgerUrlError(url=url) from error
    # A database in memory is another one for every connection.
    if kind == "sqlite" and parsed.database not in (None, "", ":memory:"):
        engine = create_engine(parsed, connect_args={"timeout": _BUSY_SECONDS})
        event.listen(engine, "connect", _on_connect)
        event.listen(engine, "begin", _on_begin)
        return engine
    if kind == "postgresql":
        # pg8000 is the driver by its licence; a URL that names another gets that one.
        named = parsed if "+" in parsed.drivername else parsed.set(drivername="postgresql+pg8000")
        return create_engine(named, pool_pre_ping=True, pool_size=10, max_overflow=20)
    raise LedgerUrlError(url=parsed.render_as_string(hide_password=True))


def _on_connect(connection: Any, _record: Any) -> None:  # noqa: ANN401 - DBAPI's own
    # SQLAlchemy's own BEGIN is wanted, not the driver's late one: see `_on_begin`.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _on_begin(connection: Any) -> None:  # noqa: ANN401
    """A writer takes the lock at once: one that reads first and writes later can be refused half-way."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _said(error: DBAPIError) -> object:
    """What the database said; pg8000 gives PostgreSQL's fields, of which M is the message."""
    given = error.orig.args[0] if error.orig is not None and error.orig.args else error
    return given.get("M", given) if isinstance(given, dict) else given
