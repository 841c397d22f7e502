"""The first schema: batches and items, what became of them, who may ask, and the audit log.

Constraints take their names from the convention in `packshot.ledger.tables`.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make all tables, and see to it that the audit log only grows."""
    _submissions()
    _outcomes()
    _access()
    _audit()


def downgrade() -> None:
    """Drop all tables, the audit log and its triggers with them."""
    for table in (
        *("audit", "deliveries", "idempotent_requests", "api_keys", "publications", "reviews", "flaws"),
        *("trails", "items", "batches", "photos", "artefacts", "products", "merchants"),
    ):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_refuse()")


def _submissions() -> None:
    op.create_table("merchants", _text("name", primary=True), _real("created_at"))
    op.create_table(
        "products",
        _text("merchant", primary=True),
        _text("product", primary=True),
        _text("category", null=True),
        _real("created_at"),
    )
    op.create_table(
        "artefacts",
        _digest("digest", primary=True),
        sa.Column("size", sa.BigInteger, nullable=False),
        _text("media_type"),
        _real("created_at"),
    )
    op.create_table(
        "photos",
        sa.Column("digest", sa.String(64), sa.ForeignKey("artefacts.digest"), primary_key=True),
        _whole("width", null=True),
        _whole("height", null=True),
        _real("created_at"),
    )
    op.create_table(
        "batches",
        _text("id", primary=True),
        _text("actor"),
        _text("source"),
        _text("merchant", null=True),
        _text("attested_by", null=True),
        _json("options"),
        _text("callback_url", null=True),
        _real("created_at"),
        _real("cancelled_at", null=True),
        _real("finished_at", null=True),
        _real("unpublished_at", null=True),
    )
    op.create_index("ix_batches_created_at", "batches", ["created_at"])
    op.create_table(
        "items",
        _text("id", primary=True),
        _reference("batch_id", "batches.id"),
        _whole("position"),
        _text("name"),
        sa.Column("photo", sa.String(64), sa.ForeignKey("photos.digest"), nullable=True),
        *(_text(name, null=True) for name in ("location", "version", "product", "category", "merchant")),
        _json("options"),
        _text("state"),
        *(_text(name, null=True) for name in ("reason", "verdict", "decided_by")),
        _whole("attempts"),
        _text("lease_owner", null=True),
        _real("lease_until", null=True),
        _text("trail_id", null=True),
        _real("loss"),
        _real("created_at"),
        _real("updated_at"),
        _real("finished_at", null=True),
    )
    op.create_index("ix_items_queue", "items", ["state", "created_at", "id"])
    op.create_index("ix_items_review", "items", ["state", "loss"])
    op.create_index("ix_items_batch", "items", ["batch_id", "position"], unique=True)
    op.create_index("ix_items_product", "items", ["merchant", "product"])
    op.create_index("ix_items_finished", "items", ["finished_at"])
    op.create_index("ix_items_location", "items", ["location"])


def _outcomes() -> None:
    op.create_table(
        "trails",
        _text("id", primary=True),
        _reference("item_id", "items.id"),
        _json("body"),
        _json("files"),
        _digest("mask", null=True),
        _digest("receipt", null=True),
        _text("recipe_digest"),
        sa.Column("first", sa.Boolean, nullable=False),
        sa.Column("failed_checks", sa.Boolean, nullable=False),
        _real("edge_fidelity", null=True),
        sa.Column("artefact", sa.Boolean, nullable=True),
        sa.Column("residue", sa.Boolean, nullable=True),
        _real("seconds"),
        _real("cpu_seconds"),
        _real("created_at"),
    )
    op.create_index("ix_trails_item_id", "trails", ["item_id"])
    op.create_index("ix_trails_created_at", "trails", ["created_at"])
    op.create_table(
        "flaws",
        sa.Column("trail_id", sa.Text, sa.ForeignKey("trails.id"), primary_key=True),
        _text("code", primary=True),
    )
    op.create_table(
        "reviews",
        _text("id", primary=True),
        _reference("item_id", "items.id"),
        _text("actor"),
        _text("action"),
        _text("reason", null=True),
        _json("before"),
        _real("created_at"),
        _real("undone_at", null=True),
    )
    op.create_index("ix_reviews_item_id", "reviews", ["item_id"])
    op.create_index("ix_reviews_created_at", "reviews", ["created_at"])
    op.create_table(
        "publications",
        _text("id", primary=True),
        _reference("item_id", "items.id"),
        _reference("batch_id", "batches.id"),
        _text("merchant", null=True),
        _text("product"),
        _text("slot"),
        _json("entry"),
        _json("previous", null=True),
        _real("published_at"),
        _real("unpublished_at", null=True),
    )
    op.create_index("ix_publications_item_id", "publications", ["item_id"])
    op.create_index("ix_publications_batch_id", "publications", ["batch_id"])
    op.create_index("ix_publications_published_at", "publications", ["published_at"])
    op.create_index("ix_publications_slot", "publications", ["product", "slot", "merchant"])
    op.create_table(
        "deliveries",
        _text("id", primary=True),
        _reference("batch_id", "batches.id"),
        _text("url"),
        _text("body"),
        _whole("attempts"),
        _real("next_at", null=True),
        _real("delivered_at", null=True),
        _text("error", null=True),
        _real("created_at"),
    )
    op.create_index("ix_deliveries_batch_id", "deliveries", ["batch_id"])
    op.create_index("ix_deliveries_next_at", "deliveries", ["next_at"])


def _access() -> None:
    op.create_table(
        "api_keys",
        _text("id", primary=True),
        _text("name"),
        sa.Column("secret_hash", sa.String(64), nullable=False, unique=True),
        _json("scopes"),
        _whole("per_minute"),
        _real("created_at"),
        _real("expires_at", null=True),
        _real("revoked_at", null=True),
    )
    op.create_table(
        "idempotent_requests",
        _text("actor", primary=True),
        _text("key", primary=True),
        _digest("request_digest"),
        _json("response"),
        _real("created_at"),
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
        _real("at"),
        *(_text(name) for name in ("actor", "action", "subject", "detail")),
        _digest("previous"),
        _digest("digest"),
    )
    op.create_index("ix_audit_subject", "audit", ["subject"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the audit log only grows'; END $$"
        )
        op.execute(
            "CREATE TRIGGER audit_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
        )
        return
    refuse = "BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END"
    op.execute(f"CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit {refuse}")
    op.execute(f"CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit {refuse}")
    # INSERT OR REPLACE deletes a row without asking the trigger above.
    taken = "WHEN EXISTS (SELECT 1 FROM audit WHERE sequence = NEW.sequence)"
    op.execute(f"CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit {taken} {refuse}")


def _text(name: str, *, primary: bool = False, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, primary_key=primary, nullable=null)


def _digest(name: str, *, primary: bool = False, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(64), primary_key=primary, nullable=null)


def _reference(name: str, to: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, sa.ForeignKey(to), nullable=False)


def _real(name: str, *, null: bool = False) -> sa.Column[float]:
    return sa.Column(name, sa.Double, nullable=null)


def _whole(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=null)


def _json(name: str, *, null: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.JSON, nullable=null)
