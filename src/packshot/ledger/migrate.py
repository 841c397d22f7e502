"""Brings a database to the current schema, one process at a time."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from packshot.ledger.errors import LedgerNewerError
from packshot.ledger.locks import Lock, hold

_MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(engine: Engine) -> None:
    """Apply the migrations that ``engine``'s database lacks, all or none of them.

    Raises:
        LedgerNewerError: a newer packshot has changed the database.
    """
    with engine.execution_options(writes=True).begin() as connection:
        hold(connection, Lock.MIGRATE)
        settings = configuration(connection)
        known = {script.revision for script in ScriptDirectory.from_config(settings).walk_revisions()}
        for revision in MigrationContext.configure(connection).get_current_heads():
            if revision not in known:
                raise LedgerNewerError(revision=revision)
        command.upgrade(settings, "head")


def configuration(connection: Connection) -> Config:
    """Alembic's configuration for a connection, for use in code: there is no ini file."""
    config = Config()
    # The parser of ini files, through which Alembic reads it, gives % a meaning.
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
