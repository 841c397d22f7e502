"""The database behind the ledger: SQLite or PostgreSQL, brought to the current schema when it is opened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from packshot.ledger import audit
from packshot.ledger.engine import engine_for
from packshot.ledger.errors import LedgerUnreachableError
from packshot.ledger.migrate import upgrade


class Ledger:
    """Opens the database at ``url`` and gives transactions. Thread-safe.

    Args:
        url: ``sqlite:////absolute/file.db``, ``sqlite:///relative.db`` or ``postgresql://user@host/name``.

    Raises:
        LedgerUrlError: the URL names neither of the two.
        LedgerDriverError: its driver is not installed.
        LedgerUnreachableError: the database is not there, or refuses.
        LedgerNewerError: a newer packshot has changed it.
        UnknownNameError: the URL has an option that there is not.
    """

    def __init__(self, url: str) -> None:
        self._engine = engine_for(url)
        try:
            upgrade(self._engine)
        except DBAPIError as error:
            self.close()
            where = self._engine.url.render_as_string()
            raise LedgerUnreachableError(url=where, detail=_said(error)) from error
        except BaseException:
            self.close()
            raise
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


def _said(error: DBAPIError) -> object:
    """What the database said; pg8000 gives PostgreSQL's fields, of which M is the message."""
    given = error.orig.args[0] if error.orig is not None and error.orig.args else error
    return given.get("M", given) if isinstance(given, dict) else given
