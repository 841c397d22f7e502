"""The tables. Times are seconds since 1970 (UTC), digests are SHA-256 in hexadecimal."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, Double, ForeignKey, Index, Integer, MetaData, String, Text, false
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

_DIGEST = String(64)
_JSON = JSON(none_as_null=True)  # so that IS NULL finds what is None
_NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Rows of the ledger."""

    metadata = MetaData(naming_convention=_NAMING)
    type_annotation_map = {str: Text, float: Double, dict[str, Any]: _JSON, list[Any]: _JSON}  # noqa: RUF012


class State(StrEnum):
    """Where an item is on its way. ``PUBLISHING`` is decided and not yet in the shop's storage."""

    ACCEPTED = "accepted"
    PROCESSING = "processing"
    PUBLISHING = "publishing"
    DONE = "done"
    NEEDS_REVIEW = "needs_review"
    SKIPPED = "skipped"
    FAILED = "failed"


WAITING = (State.ACCEPTED, State.PROCESSING, State.PUBLISHING)
"""States that a worker has yet to move on."""


class Merchant(Base):
    """Somebody who sends photos."""

    __tablename__ = "merchants"

    name: Mapped[str] = mapped_column(primary_key=True)
    created_at: Mapped[float]


class Product(Base):
    """A product of a merchant; ``merchant`` is empty where none is known."""

    __tablename__ = "products"

    merchant: Mapped[str] = mapped_column(primary_key=True)
    product: Mapped[str] = mapped_column(primary_key=True)
    category: Mapped[str | None]
    created_at: Mapped[float]


class Artefact(Base):
    """Bytes kept under their digest: inputs, outputs, masks, receipts."""

    __tablename__ = "artefacts"

    digest: Mapped[str] = mapped_column(_DIGEST, primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[str]
    created_at: Mapped[float]


class Photo(Base):
    """A file that came in, whatever it is called and however often it comes."""

    __tablename__ = "photos"

    digest: Mapped[str] = mapped_column(_DIGEST, ForeignKey("artefacts.digest"), primary_key=True)
    width: Mapped[int | None]
    height: Mapped[int | None]
    created_at: Mapped[float]


class Batch(Base):
    """What was submitted at once, by whom, and on whose word it may be altered."""

    __tablename__ = "batches"

    id: Mapped[str] = mapped_column(primary_key=True)
    actor: Mapped[str]
    source: Mapped[str]
    merchant: Mapped[str | None]
    attested_by: Mapped[str | None]
    options: Mapped[dict[str, Any]]
    callback_url: Mapped[str | None]
    created_at: Mapped[float] = mapped_column(index=True)
    cancelled_at: Mapped[float | None]
    finished_at: Mapped[float | None]
    unpublished_at: Mapped[float | None]


class Item(Base):
    """One photo of a batch: what a job is.

    ``photo`` is None until a photo that was named by ``location`` has been fetched; ``version`` tells one
    state of what is there from the next. ``loss`` is what a wrong publication is expected to cost, 0..1: the
    queue of reviewers is ordered by it. ``begun_in`` is the lane in which a treatment began that has not
    ended: where a worker finds it set, the one before it died.
    """

    __tablename__ = "items"

    id: Mapped[str] = mapped_column(primary_key=True)
    batch_id: Mapped[str] = mapped_column(ForeignKey("batches.id"))
    position: Mapped[int]
    name: Mapped[str]
    photo: Mapped[str | None] = mapped_column(_DIGEST, ForeignKey("photos.digest"))
    location: Mapped[str | None]
    version: Mapped[str | None]
    product: Mapped[str | None]
    category: Mapped[str | None]
    merchant: Mapped[str | None]
    options: Mapped[dict[str, Any]]
    state: Mapped[str]
    reason: Mapped[str | None]
    verdict: Mapped[str | None]
    decided_by: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(default=0)
    lease_owner: Mapped[str | None]
    lease_until: Mapped[float | None]
    begun_in: Mapped[str | None]
    trail_id: Mapped[str | None]
    loss: Mapped[float] = mapped_column(default=0.0)
    created_at: Mapped[float]
    updated_at: Mapped[float]
    finished_at: Mapped[float | None]

    __table_args__ = (
        Index("ix_items_queue", "state", "created_at", "id"),
        Index("ix_items_review", "state", "loss"),
        Index("ix_items_batch", "batch_id", "position", unique=True),
        Index("ix_items_product", "merchant", "product"),
        Index("ix_items_finished", "finished_at"),
        Index("ix_items_location", "location"),
    )


class TrailRow(Base):
    """What one attempt at an item came to.

    ``files`` are the outputs, the main one first; ``first`` says that it is the item's first trail. The
    figures are those that dashboards and rollouts add up: docs/metrics.md defines them. ``lane`` is whose
    turn it was; where it failed there and the live lane stepped in, ``fell_back`` says so.
    """

    __tablename__ = "trails"

    id: Mapped[str] = mapped_column(primary_key=True)
    item_id: Mapped[str] = mapped_column(ForeignKey("items.id"), index=True)
    body: Mapped[dict[str, Any]]
    files: Mapped[list[Any]]
    mask: Mapped[str | None] = mapped_column(_DIGEST)
    receipt: Mapped[str | None] = mapped_column(_DIGEST)
    recipe_digest: Mapped[str]
    first: Mapped[bool]
    failed_checks: Mapped[bool]
    edge_fidelity: Mapped[float | None]
    artefact: Mapped[bool | None]
    residue: Mapped[bool | None]
    seconds: Mapped[float]
    cpu_seconds: Mapped[float]
    lane: Mapped[str] = mapped_column(default="live", server_default="live")
    rollout_id: Mapped[str | None]
    fell_back: Mapped[bool] = mapped_column(default=False, server_default=false())
    figures: Mapped[dict[str, Any] | None]
    created_at: Mapped[float] = mapped_column(index=True)

    __table_args__ = (Index("ix_trails_rollout", "rollout_id", "created_at"),)


class Flaw(Base):
    """An error that a photo came with."""

    __tablename__ = "flaws"

    trail_id: Mapped[str] = mapped_column(ForeignKey("trails.id"), primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)


class Review(Base):
    """A person's decision about an item. ``before`` is what an undo puts back."""

    __tablename__ = "reviews"

    id: Mapped[str] = mapped_column(primary_key=True)
    item_id: Mapped[str] = mapped_column(ForeignKey("items.id"), index=True)
    actor: Mapped[str]
    action: Mapped[str]
    reason: Mapped[str | None]
    before: Mapped[dict[str, Any]]
    created_at: Mapped[float] = mapped_column(index=True)
    undone_at: Mapped[float | None]


class Publication(Base):
    """What was put before the public, and what stood in its place before."""

    __tablename__ = "publications"

    id: Mapped[str] = mapped_column(primary_key=True)
    item_id: Mapped[str] = mapped_column(ForeignKey("items.id"), index=True)
    batch_id: Mapped[str] = mapped_column(ForeignKey("batches.id"), index=True)
    merchant: Mapped[str | None]
    product: Mapped[str]
    slot: Mapped[str]
    entry: Mapped[dict[str, Any]]
    previous: Mapped[dict[str, Any] | None]
    published_at: Mapped[float] = mapped_column(index=True)
    unpublished_at: Mapped[float | None]

    __table_args__ = (Index("ix_publications_slot", "product", "slot", "merchant"),)


class AuditEntry(Base):
    """One line of the audit log. ``digest`` covers the line and the digest of the one before."""

    __tablename__ = "audit"

    sequence: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at: Mapped[float]
    actor: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str] = mapped_column(index=True)
    detail: Mapped[str]
    previous: Mapped[str] = mapped_column(_DIGEST)
    digest: Mapped[str] = mapped_column(_DIGEST)


class ApiKey(Base):
    """A key to the API. Only its hash is kept."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    secret_hash: Mapped[str] = mapped_column(_DIGEST, unique=True)
    scopes: Mapped[list[Any]]
    per_minute: Mapped[int]
    created_at: Mapped[float]
    expires_at: Mapped[float | None]
    revoked_at: Mapped[float | None]


class IdempotentRequest(Base):
    """A request that named an ``Idempotency-Key``, and what it was answered."""

    __tablename__ = "idempotent_requests"

    actor: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_digest: Mapped[str] = mapped_column(_DIGEST)
    response: Mapped[dict[str, Any]]
    created_at: Mapped[float]


class Delivery(Base):
    """A message to a webhook, until it has arrived or been given up; an alert is about no batch."""

    __tablename__ = "deliveries"

    id: Mapped[str] = mapped_column(primary_key=True)
    batch_id: Mapped[str | None] = mapped_column(ForeignKey("batches.id"), index=True)
    url: Mapped[str]
    body: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[float | None] = mapped_column(index=True)
    delivered_at: Mapped[float | None]
    error: Mapped[str | None]
    created_at: Mapped[float]
