"""Which recipe treats a photo: the live one, or another that is being tried on its product."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

from sqlalchemy import select
from sqlalchemy.orm import Session

from packshot.ledger import audit
from packshot.ledger.database import Ledger
from packshot.ledger.rollout_tables import ExperimentRow, LiveRow, Rollout, Runs
from packshot.ledger.tables import Item
from packshot.recipe import Recipe
from packshot.rollout.assign import arm, chosen
from packshot.rollout.plan import Kind, Phase, Plan
from packshot.rollout.progress import OPEN, Progress, Status
from packshot.service import recipes
from packshot.service.slots import product_of
from packshot.service.treatments import Treatments

LIVE, CANARY = "live", "canary"
_NAME = "live"
_STALE_SECONDS = 1.0
"""So long workers may go on as before after something was switched."""


@dataclass(frozen=True, slots=True)
class Change:
    """An open rollout, as workers see it."""

    id: str
    plan: Plan
    salt: str
    baseline: Recipe
    candidate: Recipe
    progress: Progress

    @property
    def phase(self) -> Phase:
        """The phase that it is in."""
        return self.plan.phases[self.progress.phase]


@dataclass(frozen=True, slots=True)
class Trial:
    """A running experiment, as workers see it."""

    id: str
    salt: str
    shares: Mapping[str, float]
    recipes: Mapping[str, Recipe]
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What stands in the ledger about lanes, as of ``at``."""

    live: Recipe
    change: Change | None
    trial: Trial | None
    at: float


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn a photo is.

    Attributes:
        lane: ``live``, ``canary``, or an arm of an experiment.
        rollout: the rollout or experiment that it takes part in; None for none.
        recipe: what treats it.
        fallback: what treats it where that fails; None for the live recipe itself.
        phase: index of the rollout's phase.
        mirror: which recipe is to see the photo as well, later and without effect; None for none.
    """

    lane: str
    rollout: str | None
    recipe: Recipe
    fallback: Recipe | None = None
    phase: int = 0
    mirror: Runs | None = None

    @property
    def watched(self) -> bool:
        """Whether lanes are compared on it, so that its memory and a worker's death count."""
        return self.rollout is not None


class Lanes:
    """Knows the lanes of a ledger. Thread-safe; other processes' switches are seen within a second.

    Args:
        ledger: where they stand.
        treatments: told when the live recipe is another.
        configured: the recipe that the service was set up with.
    """

    def __init__(self, ledger: Ledger, treatments: Treatments, configured: Recipe) -> None:
        self._ledger = ledger
        self._treatments = treatments
        self._lock = Lock()
        self._snapshot: Snapshot | None = None
        _begin(ledger, configured)
        self.refresh()

    def refresh(self) -> Snapshot:
        """Look at the ledger now."""
        with self._ledger.reading() as session:
            found = _read(session)
        with self._lock:
            self._snapshot = found
            self._treatments.switch(found.live)
        return found

    def snapshot(self) -> Snapshot:
        """What stands there, at most a second old."""
        with self._lock:
            found = self._snapshot
        if found is None or time.monotonic() - found.at > _STALE_SECONDS:
            return self.refresh()
        return found

    def turn(self, item: Item) -> Turn:
        """Whose turn ``item`` is: the same for all photos of a product."""
        found = self.snapshot()
        subject = _subject(item)
        if found.change is not None and found.change.plan.concerns(item.category):
            return _turn_in(found.change, found.live, subject, item.id)
        trial = found.trial
        if trial is not None and (not trial.categories or item.category in trial.categories):
            name = arm(trial.salt, subject, trial.shares)
            if name is not None:
                return Turn(name, trial.id, trial.recipes[name], found.live)
        return Turn(LIVE, None, found.live)


def switch_live(session: Session, recipe_digest: str, actor: str, rollout_id: str | None) -> None:
    """Make a kept recipe the live one; workers follow within a second."""
    live = session.get_one(LiveRow, _NAME, with_for_update=True)
    before = live.recipe_digest
    live.recipe_digest, live.actor, live.rollout_id, live.since = (
        recipe_digest,
        actor,
        rollout_id,
        time.time(),
    )
    audit.record(session, actor, "live.switched", recipe_digest, {"from": before, "rollout": rollout_id})


def live_row(session: Session) -> LiveRow:
    """The live lane."""
    return session.get_one(LiveRow, _NAME)


def live_digest(session: Session) -> str:
    """Digest of the recipe that is live."""
    return live_row(session).recipe_digest


def _begin(ledger: Ledger, configured: Recipe) -> None:
    """Have a live lane; one that came of another configured recipe gives way, and that is audited."""
    content = recipes.content_digest(configured)
    with ledger.reading() as session:
        live = session.get(LiveRow, _NAME)
    if live is not None and live.configured == content:
        return
    with ledger.transaction() as session:
        digest = recipes.keep(session, configured)
        session.flush()
        live = session.get(LiveRow, _NAME, with_for_update=True)
        if live is None:
            live = LiveRow(name=_NAME, rollout_id=None)
            session.add(live)
        live.recipe_digest, live.configured = digest, content
        live.rollout_id, live.actor, live.since = None, "configuration", time.time()
        audit.record(session, "configuration", "live.configured", digest, {})


def _read(session: Session) -> Snapshot:
    live = live_row(session)
    row = session.scalars(select(Rollout).where(Rollout.status.in_(OPEN)).limit(1)).first()
    trial = session.scalars(select(ExperimentRow).where(ExperimentRow.running).limit(1)).first()
    return Snapshot(
        live=recipes.kept(session, live.recipe_digest),
        change=change_of(session, row) if row is not None else None,
        trial=_trial_of(session, trial) if trial is not None else None,
        at=time.monotonic(),
    )


def change_of(session: Session, row: Rollout) -> Change:
    """A rollout with its plan and recipes read."""
    return Change(
        id=row.id,
        plan=Plan.from_dict(row.plan, f"rollout {row.id}"),
        salt=row.salt,
        baseline=recipes.kept(session, row.baseline),
        candidate=recipes.kept(session, row.candidate),
        progress=Progress(Status(row.status), row.phase, row.errors),
    )


def _trial_of(session: Session, row: ExperimentRow) -> Trial:
    return Trial(
        id=row.id,
        salt=row.salt,
        shares=row.spec["shares"],
        recipes={name: recipes.kept(session, digest) for name, digest in row.recipes.items()},
        categories=tuple(row.spec["categories"]),
    )


def _turn_in(change: Change, live: Recipe, subject: str, item: str) -> Turn:
    phase, index = change.phase, change.progress.phase
    mirrored = chosen(f"{change.salt}:mirror", item, phase.mirror)
    if phase.kind is Kind.CANARY:
        if chosen(change.salt, subject, phase.share):
            mirror = Runs.BASELINE if mirrored else None
            return Turn(CANARY, change.id, change.candidate, live, index, mirror)
        return Turn(LIVE, change.id, live, None, index)
    mirror = Runs.CANDIDATE if mirrored and phase.kind is Kind.SHADOW else None
    return Turn(LIVE, change.id, live, None, index, mirror)


def _subject(item: Item) -> str:
    product = product_of(item)
    return f"{product.merchant or ''}\x00{product.product}"
