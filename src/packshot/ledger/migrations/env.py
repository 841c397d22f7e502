"""What Alembic runs to bring a database up to date; `packshot.ledger.migrate` gives the connection."""

from __future__ import annotations

from alembic import context

from packshot.ledger.tables import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
