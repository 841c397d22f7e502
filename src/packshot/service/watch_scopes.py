"""What the regression watch reads and remembers: new photos, and what is known of each scope.

All that it remembers stands in the table of detectors and changes in the transaction that counts the photos,
so that a killed process counts none twice and forgets none.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import structlog
from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from packshot.ledger.rollout_tables import Detector, ExperimentRow, Rollout
from packshot.ledger.tables import Item, TrailRow
from packshot.rollout.errors import DesignError, MeasuredValueError
from packshot.rollout.usual import Baseline, level
from packshot.rollout.watched import WATCHED, Watched
from packshot.service.lanes import CANARY, LIVE

FIRST: Mapping[str, int] = {"shop": 1_000, "merchant": 200, "category": 400}
"""Photos from which is told what is usual; a wider scope needs more, for it is a mixture."""
MOST: Mapping[str, int] = {"merchant": 1_000, "category": 200, "version": 20}
"""Scopes of a kind that are remembered; of more, those that had no photo for longest are forgotten."""


_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a detector covers: ``kind`` is shop, merchant, category or version."""

    kind: str
    value: str = ""

    def as_dict(self) -> dict[str, str]:
        """``{"merchant": "acme"}``; empty for the whole shop."""
        return {self.kind: self.value} if self.kind != "shop" else {}

    @classmethod
    def from_dict(cls, raw: Mapping[str, str]) -> Self:
        """What :meth:`as_dict` was called on."""
        return cls(*next(iter(raw.items()))) if raw else cls("shop")

    def named(self, metric: str) -> str:
        """The name of the detector of a metric here."""
        return f"{metric}/{self.kind}/{self.value}"

    @property
    def words(self) -> str:
        """For people."""
        shown = self.value[:12] if self.kind == "version" else self.value
        return "the whole shop" if self.kind == "shop" else f"{self.kind} {shown}"


SHOP = Scope("shop")


@dataclass(frozen=True, slots=True)
class Seen:
    """A photo as the watch sees it.

    Attributes:
        at: when it was treated, seconds.
        trial: it was treated by a recipe that is being tried, so it does not say what is usual.
        values: of each metric that it says something about, in the metric's unit.
        scopes: those it belongs to.
    """

    id: str
    item: str
    at: float
    batch: str
    product: str
    merchant: str | None
    category: str | None
    version: str
    trial: bool
    values: Mapping[str, float]
    scopes: tuple[Scope, ...]


def first_trails() -> Select[Any]:
    """Each item's first trail, with what :func:`photos` needs."""
    return (
        select(
            TrailRow.id,
            TrailRow.item_id,
            TrailRow.created_at,
            TrailRow.recipe_digest,
            TrailRow.failed_checks,
            TrailRow.figures,
            TrailRow.lane,
            TrailRow.rollout_id,
            TrailRow.fell_back,
            Item.batch_id,
            Item.merchant,
            Item.category,
            Item.product,
            Item.name,
        )
        .join(Item, Item.id == TrailRow.item_id)
        .where(TrailRow.first)
    )


def photos(session: Session, chosen: Select[Any]) -> list[Seen]:
    """The photos that a choice of :func:`first_trails` gives."""
    rows = session.execute(chosen).all()
    failed = {row.rollout_id for row in rows if row.fell_back}
    tried: dict[tuple[str, str], str] = {}
    if failed:  # where the live lane stepped in, the figures are those of the lane that failed
        for rollout in session.scalars(select(Rollout).where(Rollout.id.in_(failed))):
            tried[rollout.id, CANARY] = rollout.candidate
        for experiment in session.scalars(select(ExperimentRow).where(ExperimentRow.id.in_(failed))):
            tried |= {(experiment.id, arm): digest for arm, digest in experiment.recipes.items()}
    found = []
    for row in rows:
        version = row.recipe_digest
        if row.fell_back:
            version = tried.get((row.rollout_id, row.lane), version)
        found.append(
            Seen(
                id=row.id,
                item=row.item_id,
                at=row.created_at,
                batch=row.batch_id,
                product=row.product or row.name,
                merchant=row.merchant,
                category=row.category,
                version=version,
                trial=row.lane != LIVE,
                values=_values(row.id, row.failed_checks, row.figures or {}),
                scopes=_scopes(row.merchant, row.category, version),
            )
        )
    return found


def _values(trail: str, failed_checks: bool, figures: Mapping[str, float | None]) -> dict[str, float]:
    found = {"validation_failures": float(failed_checks)}
    for name, value in figures.items():
        if name not in WATCHED or value is None:
            continue
        try:
            WATCHED[name].metric.transformed(value)
        except MeasuredValueError as error:  # one broken figure must not stop the watch for good
            _log.warning("watch.refused", trail=trail, reason=str(error))
        else:
            found[name] = value
    return found


def _scopes(merchant: str | None, category: str | None, version: str) -> tuple[Scope, ...]:
    found = [SHOP, Scope("version", version)]
    if merchant:
        found.append(Scope("merchant", merchant))
    if category:
        found.append(Scope("category", category))
    return tuple(found)


class States:
    """What is known of the scopes that ``found`` belong to, and of others when they are asked for.

    Args:
        session: of the transaction that counts.
        found: photos.
    """

    def __init__(self, session: Session, found: Sequence[Seen]) -> None:
        self._session = session
        self._rows: dict[str, Detector] = {}
        self._states: dict[tuple[str, Scope], Watched] = {}
        self._changed: set[tuple[str, Scope]] = set()
        self._known: set[Scope] = set()
        self.load(found)

    def load(self, found: Iterable[Seen]) -> None:
        """Get what is known of the scopes of ``found``."""
        self.load_scopes(scope for photo in found for scope in photo.scopes)

    def load_scopes(self, scopes: Iterable[Scope]) -> None:
        """Get what is known of ``scopes``."""
        new = sorted(set(scopes) - self._known, key=lambda scope: (scope.kind, scope.value))
        self._known.update(new)
        names = [scope.named(metric) for scope in new for metric in WATCHED]
        for start in range(0, len(names), 5_000):  # databases take only so many parameters
            part = select(Detector).where(Detector.name.in_(names[start : start + 5_000]))
            for row in self._session.scalars(part):
                self._rows[row.name] = row
                try:
                    state = Watched.from_dict(row.state)
                except DesignError as error:
                    _log.warning("watch.begins_anew", detector=row.name, reason=str(error))
                    continue
                self._states[row.metric, Scope.from_dict(row.scope)] = state

    def of(self, metric: str, scope: Scope) -> Watched:
        """What is known of a metric there."""
        found = self._states.get((metric, scope))
        if found is None:
            first = FIRST.get(scope.kind)
            found = Watched(None if first is None else Baseline(first))
            self._states[metric, scope] = found
        return found

    def put(self, metric: str, scope: Scope, state: Watched) -> None:
        """What is known of it now."""
        self._states[metric, scope] = state
        self._changed.add((metric, scope))

    def usual(self, metric: str, scope: Scope, photo: Seen) -> Baseline | None:
        """What a photo's value is held against in a scope; None where that is not known yet.

        A merchant is held against its own past, a category against its own, a shop likewise. A version is
        held against the shop, for its own first photos may be bad already; after an alert about it was seen,
        against its own level. Where the photo's merchant or category is shown to have a higher level than a
        wider scope, that counts.
        """
        base = self.of(metric, scope).baseline
        if scope.kind == "version" and base is None:
            base = self.of(metric, SHOP).baseline
        narrower = []
        if scope.kind != "merchant" and photo.merchant:
            narrower.append(self.of(metric, Scope("merchant", photo.merchant)).baseline)
        if scope.kind in ("shop", "version") and photo.category:
            narrower.append(self.of(metric, Scope("category", photo.category)).baseline)
        return level(base, narrower)

    def save(self) -> None:
        """Write down what changed, and forget scopes beyond :data:`MOST`."""
        now, new = time.time(), set()
        for metric, scope in sorted(self._changed, key=lambda key: key[1].named(key[0])):
            state, name = self._states[metric, scope].as_dict(), scope.named(metric)
            row = self._rows.get(name)
            if row is None:
                row = Detector(name=name, metric=metric, scope=scope.as_dict())
                self._session.add(row)
                self._rows[name] = row
                new.add(scope.kind)
            row.state, row.updated_at = state, now
        self._changed.clear()
        self._session.flush()
        for kind in new & set(MOST):
            self._forget(kind)

    def _forget(self, kind: str) -> None:
        always = Detector.metric == "validation_failures"  # every photo has it, so every scope does
        rows = self._session.execute(
            select(Detector.scope, Detector.updated_at)
            .where(always, Detector.name.startswith(f"validation_failures/{kind}/", autoescape=True))
            .order_by(Detector.updated_at.desc(), Detector.name)
        ).all()
        gone = [Scope.from_dict(scope) for scope, _ in rows[MOST[kind] :]]
        names = [scope.named(metric) for scope in gone for metric in WATCHED]
        for start in range(0, len(names), 5_000):
            self._session.execute(delete(Detector).where(Detector.name.in_(names[start : start + 5_000])))
        if gone:
            _log.info("watch.forgot", kind=kind, scopes=len(gone))
