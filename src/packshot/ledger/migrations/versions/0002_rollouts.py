"""Safe change: recipes, lanes, rollouts and their comparisons, experiments, detectors, labels."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the tables, and say of each trail which lane made it."""
    _trails()
    _lanes()
    _rollouts()
    _watching()
    _guarantees()
    with op.batch_alter_table("deliveries") as deliveries:  # an alert belongs to no batch
        deliveries.alter_column("batch_id", existing_type=sa.Text, nullable=True)


def downgrade() -> None:
    """Drop them; alerts that were not delivered are lost."""
    op.execute("DELETE FROM deliveries WHERE batch_id IS NULL")
    with op.batch_alter_table("deliveries") as deliveries:
        deliveries.alter_column("batch_id", existing_type=sa.Text, nullable=False)
    for table in (
        *("self_tests", "labels", "guarantees", "sampling"),
        *("alerts", "detectors", "experiments", "comparisons", "judgements"),
        *("transitions", "rollouts", "live", "recipes"),
    ):
        op.drop_table(table)
    op.drop_index("ix_trails_rollout", "trails")
    with op.batch_alter_table("trails") as trails:
        for column in ("figures", "fell_back", "rollout_id", "lane"):
            trails.drop_column(column)
    with op.batch_alter_table("items") as items:
        items.drop_column("begun_in")


def _trails() -> None:
    op.add_column("trails", sa.Column("lane", sa.Text, nullable=False, server_default="live"))
    op.add_column("trails", _text("rollout_id", null=True))
    op.add_column("trails", sa.Column("fell_back", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("trails", _json("figures", null=True))
    op.create_index("ix_trails_rollout", "trails", ["rollout_id", "created_at"])
    op.add_column("items", _text("begun_in", null=True))


def _lanes() -> None:
    op.create_table("recipes", _digest("digest", primary=True), _json("content"), _real("created_at"))
    op.create_table(
        "live",
        _text("name", primary=True),
        _recipe("recipe_digest"),
        _digest("configured"),
        _text("rollout_id", null=True),
        _text("actor"),
        _real("since"),
    )


def _rollouts() -> None:
    op.create_table(
        "rollouts",
        *(_text("id", primary=True), _text("name"), _json("plan"), _text("salt")),
        *(_recipe("baseline"), _recipe("candidate")),
        *(_text("status"), _whole("phase"), _whole("errors"), _real("phase_at")),
        *(_real("judged_at", null=True), _json("judgement", null=True), _text("reason", null=True)),
        *(_text("actor"), _real("created_at"), _real("ended_at", null=True)),
    )
    op.create_index("ix_rollouts_name", "rollouts", ["name"])
    op.create_index("ix_rollouts_status", "rollouts", ["status"])
    op.create_table(
        "transitions",
        *(_text("id", primary=True), _reference("rollout_id", "rollouts.id"), _real("at")),
        *(_text("actor"), _text("action"), _whole("phase"), _text("status")),
        *(_text("reason", null=True), _json("judgement", null=True)),
    )
    op.create_index("ix_transitions_rollout_id", "transitions", ["rollout_id"])
    op.create_table(
        "judgements",
        *(_text("id", primary=True), _reference("rollout_id", "rollouts.id"), _real("at")),
        *(_whole("phase"), _whole("photos"), _text("verdict"), _json("evidence")),
    )
    op.create_index("ix_judgements_rollout_id", "judgements", ["rollout_id"])
    op.create_table(
        "comparisons",
        *(_text("id", primary=True), _reference("rollout_id", "rollouts.id"), _whole("phase")),
        *(_reference("item_id", "items.id"), _text("runs"), _text("state"), _whole("attempts")),
        *(_real("lease_until", null=True), _json("baseline", null=True), _json("candidate", null=True)),
        *(_json("decisions", null=True), _real("difference", null=True), _json("pictures", null=True)),
        _json("checks", null=True),
        *(_real("created_at"), _real("done_at", null=True)),
    )
    op.create_index("ix_comparisons_rollout", "comparisons", ["rollout_id", "phase", "state"])
    op.create_index("ix_comparisons_queue", "comparisons", ["state", "created_at"])
    op.create_index("ix_comparisons_item", "comparisons", ["rollout_id", "phase", "item_id"], unique=True)
    op.create_table(
        "experiments",
        *(_text("id", primary=True), _text("name"), _json("spec"), _text("salt"), _json("recipes")),
        sa.Column("running", sa.Boolean, nullable=False),
        *(_text("reason", null=True), _text("actor"), _real("created_at"), _real("ended_at", null=True)),
    )
    op.create_index("ix_experiments_name", "experiments", ["name"])
    op.create_index("ix_experiments_running", "experiments", ["running"])


def _watching() -> None:
    op.create_table(
        "detectors",
        *(_text("name", primary=True), _text("metric"), _json("scope"), _json("state"), _real("updated_at")),
    )
    op.create_table(
        "alerts",
        *(_text("id", primary=True), _text("metric"), _json("scope"), _json("detail"), _real("at")),
        *(_text("seen_by", null=True), _real("seen_at", null=True)),
    )
    op.create_index("ix_alerts_at", "alerts", ["at"])


def _guarantees() -> None:
    op.create_table("sampling", _text("name", primary=True), _text("salt"))
    op.create_table(
        "guarantees",
        *(_text("id", primary=True), _digest("recipe_digest")),
        *(_json("guarantee"), _json("model"), _json("counts"), _real("at")),
    )
    op.create_index("ix_guarantees_recipe", "guarantees", ["recipe_digest", "at"])
    op.create_table(
        "labels",
        sa.Column("item_id", sa.Text, sa.ForeignKey("items.id"), primary_key=True),
        *(_reference("trail_id", "trails.id"), _digest("recipe_digest")),
        sa.Column("guarantee_id", sa.Text, sa.ForeignKey("guarantees.id"), nullable=True),
        *(_digest("photo"), _text("part"), _json("figures", null=True)),
        *(_real("risk", null=True), _real("chance")),
        sa.Column("asked", sa.Boolean, nullable=False),
        _real("created_at"),
    )
    op.create_index("ix_labels_recipe", "labels", ["recipe_digest", "created_at"])
    op.create_index("ix_labels_photo", "labels", ["photo", "recipe_digest"])
    op.create_table(
        "self_tests",
        *(_text("id", primary=True), _digest("recipe_digest"), _json("kinds"), _json("examples")),
        *(_text("note", null=True), _real("at")),
    )
    op.create_index("ix_self_tests_recipe", "self_tests", ["recipe_digest", "at"])


def _text(name: str, *, primary: bool = False, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, primary_key=primary, nullable=null)


def _digest(name: str, *, primary: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(64), primary_key=primary, nullable=False)


def _recipe(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(64), sa.ForeignKey("recipes.digest"), nullable=False)


def _reference(name: str, to: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, sa.ForeignKey(to), nullable=False)


def _real(name: str, *, null: bool = False) -> sa.Column[float]:
    return sa.Column(name, sa.Double, nullable=null)


def _whole(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)


def _json(name: str, *, null: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.JSON, nullable=null)
