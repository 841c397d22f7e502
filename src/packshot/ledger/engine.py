"""From a URL to SQLAlchemy's engine, with the settings that the ledger counts on."""

from __future__ import annotations

import getpass
import re
import sqlite3
import time

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from packshot.errors import UnknownNameError
from packshot.ledger.errors import LedgerDriverError, LedgerUrlError

_BUSY_SECONDS = 30
"""How long a writer of SQLite waits for the one before it."""
_POOL = {"pool_size": 10, "max_overflow": 20}
_OPTIONS = ("application_name", "unix_sock")
"""What a URL may tell pg8000: it takes text for these only."""


def engine_for(url: str) -> Engine:
    """The engine for ``url``; nothing is opened yet.

    Raises:
        LedgerUrlError: it names neither a file of SQLite nor PostgreSQL.
        LedgerDriverError: its driver is not installed.
        UnknownNameError: it has an option that there is not.
    """
    try:
        parsed = make_url(url)
        kind = parsed.get_backend_name()
    except (ArgumentError, ValueError) as error:  # ValueError: a port that is no number
        raise LedgerUrlError(url=re.sub("//.*@", "//***@", url)) from error
    try:
        if kind == "sqlite" and _is_file(parsed.database):
            return _sqlite(parsed)
        if kind == "postgresql":
            return _postgresql(parsed)
    except (ImportError, NoSuchModuleError) as error:
        raise LedgerDriverError(url=parsed.render_as_string(), detail=error) from error
    raise LedgerUrlError(url=parsed.render_as_string())


def _is_file(database: str | None) -> bool:
    """A database in memory is another one for every connection."""
    return database not in (None, "", ":memory:") and not database.startswith("file:")


def _sqlite(url: URL) -> Engine:
    engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS}, **_POOL)
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _postgresql(url: URL) -> Engine:
    if "+" not in url.drivername:
        # pg8000 is the driver by its licence; a URL that names another gets that one.
        url = url.set(drivername="postgresql+pg8000")
    if url.get_driver_name() == "pg8000":
        # Others look it up themselves, as PostgreSQL's own library does.
        url = url.set(username=url.username or getpass.getuser())
        for option in url.query:
            if option not in _OPTIONS:
                raise UnknownNameError(kind="option of a URL", name=option, choices=", ".join(_OPTIONS))
    return create_engine(url, pool_pre_ping=True, **_POOL)


def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
    # SQLAlchemy's own BEGIN is wanted, not the driver's late one: see `_on_begin`.
    connection.isolation_level = None
    _use_wal(connection)
    for pragma in ("synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _use_wal(connection: sqlite3.Connection) -> None:
    """Let readers read while one writes. Of two that turn this on in a new file, SQLite refuses one."""
    end = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            # The lowest byte tells the error, those above it which kind.
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(0.01)
        else:
            return


def _on_begin(connection: Connection) -> None:
    """A writer takes the lock at once: one that reads first and writes later can be refused half-way."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
