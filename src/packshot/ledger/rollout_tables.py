"""The tables of safe change: recipes, lanes, what was compared, what was decided, what was noticed."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from packshot.ledger.tables import Base

_DIGEST = String(64)


class RecipeRow(Base):
    """A recipe that some lane has used, under its digest."""

    __tablename__ = "recipes"

    digest: Mapped[str] = mapped_column(_DIGEST, primary_key=True)
    content: Mapped[dict[str, Any]]
    created_at: Mapped[float]


class LiveRow(Base):
    """The live lane: one row, and which recipe file it was derived from.

    ``configured`` is the digest of the content that the service was set up with when the live recipe was
    chosen; a service that is set up with another one begins anew from that.
    """

    __tablename__ = "live"

    name: Mapped[str] = mapped_column(primary_key=True)
    recipe_digest: Mapped[str] = mapped_column(_DIGEST, ForeignKey("recipes.digest"))
    configured: Mapped[str] = mapped_column(_DIGEST)
    rollout_id: Mapped[str | None]
    actor: Mapped[str]
    since: Mapped[float]


class Rollout(Base):
    """A change on its way. ``phase`` is an index into the plan's phases; ``phase_at`` is when it began."""

    __tablename__ = "rollouts"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)
    plan: Mapped[dict[str, Any]]
    salt: Mapped[str]
    baseline: Mapped[str] = mapped_column(_DIGEST, ForeignKey("recipes.digest"))
    candidate: Mapped[str] = mapped_column(_DIGEST, ForeignKey("recipes.digest"))
    status: Mapped[str] = mapped_column(index=True)
    phase: Mapped[int]
    errors: Mapped[int] = mapped_column(default=0)
    phase_at: Mapped[float]
    judged_at: Mapped[float | None]
    judgement: Mapped[dict[str, Any] | None]
    reason: Mapped[str | None]
    actor: Mapped[str]
    created_at: Mapped[float]
    ended_at: Mapped[float | None]


class Transition(Base):
    """One step of a rollout, and the evidence for it."""

    __tablename__ = "transitions"

    id: Mapped[str] = mapped_column(primary_key=True)
    rollout_id: Mapped[str] = mapped_column(ForeignKey("rollouts.id"), index=True)
    at: Mapped[float]
    actor: Mapped[str]
    action: Mapped[str]
    phase: Mapped[int]
    status: Mapped[str]
    reason: Mapped[str | None]
    judgement: Mapped[dict[str, Any] | None]


class JudgementRow(Base):
    """What a gate said at one time; kept where it had seen more photos than the time before."""

    __tablename__ = "judgements"

    id: Mapped[str] = mapped_column(primary_key=True)
    rollout_id: Mapped[str] = mapped_column(ForeignKey("rollouts.id"), index=True)
    at: Mapped[float]
    phase: Mapped[int]
    photos: Mapped[int]
    verdict: Mapped[str]
    evidence: Mapped[list[Any]]


class Runs(StrEnum):
    """What a comparison has yet to run: the lane that has not seen the photo."""

    CANDIDATE = "candidate"
    BASELINE = "baseline"
    BOTH = "both"


class Comparing(StrEnum):
    """How far a comparison is."""

    PENDING = "pending"
    DONE = "done"
    DROPPED = "dropped"


class Comparison(Base):
    """A photo that both recipes see. It has no effect on the photo's item.

    ``decisions`` holds verdict and standing codes of each lane. ``difference`` says how much the two results
    differ, 0..1; ``pictures`` names their artefacts where kept;
    ``checks`` says which of the checks that need no truth the candidate failed.
    """

    __tablename__ = "comparisons"

    id: Mapped[str] = mapped_column(primary_key=True)
    rollout_id: Mapped[str] = mapped_column(ForeignKey("rollouts.id"))
    phase: Mapped[int]
    item_id: Mapped[str] = mapped_column(ForeignKey("items.id"))
    runs: Mapped[str]
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[float | None]
    baseline: Mapped[dict[str, Any] | None]
    candidate: Mapped[dict[str, Any] | None]
    decisions: Mapped[dict[str, Any] | None]
    difference: Mapped[float | None]
    pictures: Mapped[dict[str, Any] | None]
    checks: Mapped[dict[str, Any] | None]
    created_at: Mapped[float]
    done_at: Mapped[float | None]

    __table_args__ = (
        Index("ix_comparisons_rollout", "rollout_id", "phase", "state"),
        Index("ix_comparisons_queue", "state", "created_at"),
        Index("ix_comparisons_item", "rollout_id", "phase", "item_id", unique=True),
    )


class ExperimentRow(Base):
    """A comparison of recipes on different products, with no winner taken by itself."""

    __tablename__ = "experiments"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)
    spec: Mapped[dict[str, Any]]
    salt: Mapped[str]
    recipes: Mapped[dict[str, Any]]
    running: Mapped[bool] = mapped_column(index=True)
    reason: Mapped[str | None]
    actor: Mapped[str]
    created_at: Mapped[float]
    ended_at: Mapped[float | None]


class Detector(Base):
    """The state of a change-point detector over one metric of one scope."""

    __tablename__ = "detectors"

    name: Mapped[str] = mapped_column(primary_key=True)
    metric: Mapped[str]
    scope: Mapped[dict[str, Any]]
    state: Mapped[dict[str, Any]]
    updated_at: Mapped[float]


class Alert(Base):
    """A change for the worse that a detector noticed, and what had changed just before."""

    __tablename__ = "alerts"

    id: Mapped[str] = mapped_column(primary_key=True)
    metric: Mapped[str]
    scope: Mapped[dict[str, Any]]
    detail: Mapped[dict[str, Any]]
    at: Mapped[float] = mapped_column(index=True)
    seen_by: Mapped[str | None]
    seen_at: Mapped[float | None]


class SamplingRow(Base):
    """The salt that decides which photos a person is asked about: one row, for as long as the ledger."""

    __tablename__ = "sampling"

    name: Mapped[str] = mapped_column(primary_key=True)
    salt: Mapped[str]


class GuaranteeRow(Base):
    """A publishing threshold that was chosen for a recipe, its model of risk, and what it guarantees.

    Photos that come between it and the next one are its period. ``counts`` says what it was chosen from.
    """

    __tablename__ = "guarantees"

    id: Mapped[str] = mapped_column(primary_key=True)
    recipe_digest: Mapped[str] = mapped_column(_DIGEST)
    guarantee: Mapped[dict[str, Any]]
    model: Mapped[dict[str, Any]]
    counts: Mapped[dict[str, Any]]
    at: Mapped[float]

    __table_args__ = (Index("ix_guarantees_recipe", "recipe_digest", "at"),)


class Label(Base):
    """A photo, as it was decided under a guarantee for the first time; every one, asked about or not.

    What a person said stands in the reviews. ``recipe_digest`` is of the lane's recipe, ``guarantee_id`` is
    None for a photo that came while none was in force. ``figures`` are kept of photos that the recipe would
    publish and that a person is asked about; ``risk`` is None for those that it would not publish.
    """

    __tablename__ = "labels"

    item_id: Mapped[str] = mapped_column(ForeignKey("items.id"), primary_key=True)
    trail_id: Mapped[str] = mapped_column(ForeignKey("trails.id"))
    recipe_digest: Mapped[str] = mapped_column(_DIGEST)
    guarantee_id: Mapped[str | None] = mapped_column(ForeignKey("guarantees.id"))
    photo: Mapped[str] = mapped_column(_DIGEST)
    part: Mapped[str]
    figures: Mapped[dict[str, Any] | None]
    risk: Mapped[float | None]
    chance: Mapped[float]
    asked: Mapped[bool]
    created_at: Mapped[float]

    __table_args__ = (
        Index("ix_labels_recipe", "recipe_digest", "created_at"),
        Index("ix_labels_photo", "photo", "recipe_digest"),
    )


class SelfTestRow(Base):
    """A night's self-test: what the live recipe made of known flaws.

    ``kinds`` counts photos by kind of flaw, ``examples`` are what the risk model learns from them, ``note``
    says what was left out.
    """

    __tablename__ = "self_tests"

    id: Mapped[str] = mapped_column(primary_key=True)
    recipe_digest: Mapped[str] = mapped_column(_DIGEST)
    kinds: Mapped[list[Any]]
    examples: Mapped[list[Any]]
    note: Mapped[str | None]
    at: Mapped[float]

    __table_args__ = (Index("ix_self_tests_recipe", "recipe_digest", "at"),)
