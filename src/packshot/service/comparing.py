"""Having two recipes see the same photo: what waits to be compared, and one comparison done.

A comparison has no effect on its photo: nothing is published, no item is moved.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from packshot.edges.decode import open_photo
from packshot.errors import PackshotError
from packshot.executors.side_by_side import Figures, standing_codes
from packshot.executors.treatment import Input, Treated
from packshot.fidelity.difference import pixel_difference
from packshot.ledger import queue
from packshot.ledger.identity import new_id
from packshot.ledger.missing import insert_missing
from packshot.ledger.rollout_tables import Comparing, Comparison, Rollout, Runs
from packshot.ledger.tables import Artefact, Item, TrailRow
from packshot.recipe import Recipe
from packshot.rollout.assign import chosen
from packshot.rollout.gate import Check
from packshot.rollout.progress import OPEN
from packshot.service import checking, figures, lanes
from packshot.service.context import Context
from packshot.service.lanes import CANARY, Turn
from packshot.service.options import Options
from packshot.service.treating import Lived, given_of

ATTEMPTS = 2
"""A photo at which the process died so often counts as the candidate's failure."""
_LEASE_SECONDS = 300.0
_MOST_WAITING = 2_000
"""Comparisons that may wait; beyond, the oldest are dropped: a shadow never catches up with a flood."""
_PICTURES = 40
"""Of so many comparisons of a phase, those that differ most, the pictures are kept."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one recipe made of a photo: figures, the main file (None without one), what was decided."""

    figures: Figures
    output: bytes | None
    verdict: str | None
    codes: frozenset[str] = frozenset()

    def decision(self) -> dict[str, object]:
        """Its verdict, and the codes that stand."""
        return {"verdict": self.verdict, "codes": sorted(self.codes)}


def note(session: Session, item: Item, row: TrailRow, lived: Lived, turn: Turn) -> None:
    """In the transaction that writes down a photo's trail: have the other recipe see it, too, later."""
    if turn.rollout is None or not row.first:
        return
    made = Comparison(
        id=new_id("cmp"),
        rollout_id=turn.rollout,
        phase=turn.phase,
        item_id=item.id,
        runs=Runs.CANDIDATE,
        state=Comparing.PENDING,
        created_at=row.created_at,
    )
    if turn.lane == CANARY and lived.fell_back:
        made.runs, made.state, made.done_at = Runs.BASELINE, Comparing.DONE, row.created_at
        made.candidate, made.baseline = dict(lived.figures), dict(lived.other or {})
        made.difference = 1.0
        made.decisions = {"baseline": _seen(lived.treated).decision()}
    elif turn.mirror is Runs.BASELINE:
        made.runs, made.candidate = Runs.BASELINE, dict(lived.figures)
    elif turn.mirror is Runs.CANDIDATE:
        made.baseline = dict(lived.figures)
    else:
        return
    session.add(made)


def waiting_in(session: Session, rollout: str, phase: int) -> int:
    """Comparisons of a phase that are not done."""
    mine = Comparison.rollout_id == rollout, Comparison.phase == phase
    query = select(func.count()).where(*mine, Comparison.state == Comparing.PENDING)
    return session.scalar(query) or 0


def worst(session: Session, rollout: str, limit: int) -> Sequence[tuple[Comparison, Item]]:
    """The comparisons of a rollout whose results differ most, with their photos' items."""
    found = (
        select(Comparison, Item)
        .join(Item, Item.id == Comparison.item_id)
        .where(Comparison.rollout_id == rollout, Comparison.difference > 0)
        .order_by(Comparison.difference.desc(), Comparison.id)
        .limit(limit)
    )
    return [(comparison, item) for comparison, item in session.execute(found)]


def checks_of(session: Session, rollout: str) -> tuple[Check, ...]:
    """The checks that need no truth, over all photos of a rollout on which they were tried."""
    tried: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    found = select(Comparison.checks).where(Comparison.rollout_id == rollout, Comparison.checks.is_not(None))
    for checks in session.scalars(found):
        for name, passed in (checks or {}).items():
            tried[name] += 1
            failed[name] += not passed
    return tuple(Check(name, tried[name], failed[name], checking.ALLOWED[name]) for name in sorted(tried))


def compare_one(context: Context) -> bool:
    """Do the newest comparison that waits; False when none does."""
    with context.ledger.reading() as session:  # holds up no writer while there is nothing to do
        if session.scalar(_due()) is None:
            return False
    with context.ledger.transaction() as session:
        mine = session.scalar(_due().with_for_update(skip_locked=True))
        if mine is None:
            return False
        mine.attempts += 1
        mine.lease_until = time.time() + _LEASE_SECONDS
        rollout = session.get_one(Rollout, mine.rollout_id)
        change = lanes.change_of(session, rollout) if rollout.status in OPEN else None
        item = queue.find(session, mine.item_id)
        first = select(TrailRow).where(TrailRow.item_id == item.id, TrailRow.first)
        trail = session.scalars(first.limit(1)).first()
    if change is None:
        _write_down(context, mine, {}, state=Comparing.DROPPED)
        return True
    if mine.attempts > ATTEMPTS:
        baseline = mine.baseline or {"failure_rate": 0.0}
        _write_down(context, mine, {"candidate": figures.CRASHED, "baseline": baseline})
        return True
    try:
        given = _given(context, item)
        stood = _stood(context, trail)
    except PackshotError:  # what is lost from the storage says nothing about a recipe
        _write_down(context, mine, {}, state=Comparing.DROPPED)
        return True
    seen: dict[Runs, Seen] = {}
    wanted = (Runs.BASELINE, Runs.CANDIDATE) if mine.runs == Runs.BOTH else (Runs(mine.runs),)
    for lane in wanted:
        recipe = change.baseline if lane is Runs.BASELINE else change.candidate
        seen[lane] = _see(context, item, given, recipe)
    checks = None
    if mine.runs != Runs.BASELINE and chosen(f"{rollout.salt}:checks", item.id, checking.SHARE):
        checks = checking.check(context, item, given, change)
    before, after = seen.get(Runs.BASELINE, stood), seen.get(Runs.CANDIDATE, stood)
    known = {lane.value: dict(made.figures) for lane, made in seen.items()}
    _write_down(context, mine, known, before=before, after=after, checks=checks)
    return True


def drop_excess(session: Session) -> None:
    """Let go of the oldest comparisons where too many wait."""
    waits = select(Comparison.id).where(Comparison.state == Comparing.PENDING)
    excess = session.scalars(waits.order_by(Comparison.created_at.desc()).offset(_MOST_WAITING)).all()
    if excess:
        dropped = update(Comparison).where(Comparison.id.in_(excess))
        session.execute(dropped.values(state=Comparing.DROPPED, done_at=time.time()))


def difference(before: Seen, after: Seen) -> float:
    """How much two results differ, 0..1: 1 where their verdicts do.

    Otherwise that of their pixels; 1 where only one of them is a picture.
    """
    if before.verdict != after.verdict or (before.output is None) != (after.output is None):
        return 1.0
    if before.output is None or after.output is None or before.output == after.output:
        return 0.0
    return pixel_difference(
        open_photo(before.output, name="before").pixels, open_photo(after.output, name="after").pixels
    )


def _given(context: Context, item: Item) -> Input:
    assert item.photo is not None
    return given_of(context, item, context.artefacts.get(item.photo))


def _see(context: Context, item: Item, given: Input, recipe: Recipe) -> Seen:
    options = Options.model_validate(item.options)
    try:
        treated = context.treatments.of(options, recipe).apply(given, context.memo)
    except (PackshotError, MemoryError):
        return Seen({"failure_rate": 1.0, "pass_rate": 0.0}, None, None)
    return _seen(treated)


def _seen(treated: Treated) -> Seen:
    edges = figures.edges_of(treated)
    output = treated.files[0].data if treated.files else None
    # How long it took beside the live work says nothing.
    known = {**figures.figures_of(treated, edges, None), "latency": None}
    trail = treated.trail
    return Seen(known, output, trail.verdict.value, standing_codes(trail.as_dict()))


def _stood(context: Context, trail: TrailRow | None) -> Seen:
    """What stands of the photo in the ledger."""
    if trail is None:
        return Seen({}, None, None)
    output = context.artefacts.get(trail.files[0]["digest"]) if trail.files else None
    return Seen(trail.figures or {}, output, trail.body["verdict"], standing_codes(trail.body))


def _write_down(
    context: Context,
    comparison: Comparison,
    known: Mapping[str, Figures],
    *,
    state: Comparing = Comparing.DONE,
    before: Seen | None = None,
    after: Seen | None = None,
    checks: Mapping[str, bool] | None = None,
) -> None:
    gap = difference(before, after) if before and after else None
    pictures = None
    with context.ledger.reading() as session:
        worth = gap and gap > _least_kept(session, comparison)
    if worth:
        pictures = {
            name: context.artefacts.put(seen.output) if seen and seen.output else None
            for name, seen in (("baseline", before), ("candidate", after))
        }
    with context.ledger.transaction() as session:
        mine = session.get_one(Comparison, comparison.id, with_for_update=True)
        if mine.state != Comparing.PENDING:
            return
        mine.state, mine.done_at, mine.lease_until = state, time.time(), None
        for digest in sorted({one for one in (pictures or {}).values() if one}):
            size = context.artefacts.size(digest)
            insert_missing(
                session, Artefact, digest=digest, size=size, media_type="image/*", created_at=mine.done_at
            )
        mine.difference, mine.pictures = gap, pictures
        mine.checks = dict(checks) if checks else None
        if before and after:
            mine.decisions = {"baseline": before.decision(), "candidate": after.decision()}
        for lane, values in known.items():
            setattr(mine, lane, dict(values))
    if gap is not None:
        context.metrics.shadow_divergence.observe(gap)


def _least_kept(session: Session, comparison: Comparison) -> float:
    """The difference that must be exceeded for its pictures to be kept."""
    kept = (
        select(Comparison.difference)
        .where(
            Comparison.rollout_id == comparison.rollout_id,
            Comparison.phase == comparison.phase,
            Comparison.pictures.is_not(None),
        )
        .order_by(Comparison.difference.desc())
        .offset(_PICTURES - 1)
        .limit(1)
    )
    return session.scalar(kept) or 0.0


def _due() -> Select[Comparison]:
    now = time.time()
    free = (Comparison.lease_until.is_(None)) | (Comparison.lease_until < now)
    waits = select(Comparison).where(Comparison.state == Comparing.PENDING, free)
    return waits.order_by(Comparison.created_at.desc(), Comparison.id).limit(1)
