"""What the service knows, in a database: queue, keys, audit log. Importing it makes all tables known."""

from packshot.ledger import rollout_tables, tables

__all__ = ["rollout_tables", "tables"]
