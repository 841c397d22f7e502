"""Treating one item, and writing down what came of it in one transaction."""

from __future__ import annotations

import time

from sqlalchemy import select
from sqlalchemy.orm import Session

from packshot.ledger import audit, queue
from packshot.ledger.missing import insert_missing
from packshot.ledger.queue import Lease
from packshot.ledger.tables import Artefact, Flaw, Item, Photo, Review, State, TrailRow
from packshot.service import comparing, endings, labels, slots, trails
from packshot.service.batches import settle
from packshot.service.context import Context
from packshot.service.lanes import Turn
from packshot.service.options import Options
from packshot.service.places import read_location
from packshot.service.treating import given_of, treat
from packshot.trail import Trail
from packshot.verdict import Verdict

_STATE_OF = {
    Verdict.PUBLISH: State.PUBLISHING,
    Verdict.REVIEW: State.NEEDS_REVIEW,
    Verdict.REJECT: State.FAILED,
}


def process(context: Context, item: Item, lease: Lease) -> State:
    """Treat an item that is held by ``lease``; the state that it is in afterwards.

    Raises:
        LostLeaseError: another worker has it by now.
        PackshotError: its bytes cannot be had, or a machine's defect.
    """
    digest, data = _input(context, item)
    turn = context.lanes.turn(item)
    if (earlier := _same_as(context, item, digest, turn)) is not None:
        return endings.skip(context, item, lease, digest, f"the same as {earlier}, which is published")
    if turn.watched and item.begun_in is None:
        _begin(context, item, lease, turn)
    lived = treat(context, item, given_of(context, item, data), turn)
    treated = lived.treated
    row = trails.row_of(context, item, lived, turn)
    state = _STATE_OF[treated.trail.verdict]
    ruling = labels.rule(context, item, row, lived, turn)
    with context.ledger.transaction() as session:
        mine = queue.held(session, item.id, lease)
        insert_missing(session, Photo, digest=digest, created_at=row.created_at)
        if treated.photo is not None:
            photo = session.get_one(Photo, digest)
            photo.width, photo.height = treated.photo.width, treated.photo.height
        # Sorted, so that two workers who make the same bytes wait for each other in one direction.
        for name, size, media_type in sorted(trails.artefacts_of(context.artefacts, row)):
            insert_missing(
                session, Artefact, digest=name, size=size, media_type=media_type, created_at=row.created_at
            )
        session.add(row)
        session.flush()
        session.add_all(Flaw(trail_id=row.id, code=code) for code in sorted(trails.flaws(treated.trail)))
        mine.begun_in = None
        comparing.note(session, mine, row, lived, turn)
        labels.note(session, mine, row, ruling)
        mine.photo, mine.trail_id, mine.verdict = digest, row.id, treated.trail.verdict.value
        mine.loss = expected_loss(session, mine, treated.trail.score_after)
        reason = " ".join(dict.fromkeys(treated.trail.decision.reasons)) or None
        if state is State.PUBLISHING and asked_for(session, mine):
            state, reason = State.NEEDS_REVIEW, "It passes now. Look at the result, then approve it."
        elif state is State.PUBLISHING and ruling is not None and ruling.reason is not None:
            state, reason = State.NEEDS_REVIEW, ruling.reason
        queue.move(mine, state, reason=reason)
        audit.record(
            session,
            endings.WORKER,
            f"job.{treated.trail.verdict.value}",
            item.id,
            {"trail": row.id, "reason": reason},
        )
        settle(session, mine)
    _count(context, treated.trail, item.category, turn.lane)
    return state


def asked_for(session: Session, item: Item) -> bool:
    """Whether a person had the photo treated again: then that person has to see what came of it."""
    standing = select(Review.action).where(Review.item_id == item.id, Review.undone_at.is_(None))
    last = session.scalars(standing.order_by(Review.created_at.desc(), Review.id.desc())).first()
    return last in ("redo", "erase")


def expected_loss(session: Session, item: Item, score: float) -> float:
    """What it is expected to cost when nobody looks at the photo, 0..1: see docs/metrics.md."""
    bare = slots.bare(session, slots.product_of(item))
    return round(0.5 * (1.0 - score) + 0.5 * bare, 4)


def _input(context: Context, item: Item) -> tuple[str, bytes]:
    """Digest and bytes of an item's photo; fetched and kept when it is elsewhere."""
    if item.photo is not None:
        return item.photo, context.artefacts.get(item.photo)
    assert item.location is not None
    data = read_location(context, item.location, item.version)
    digest = context.artefacts.put(data)
    with context.ledger.transaction() as session:
        now = time.time()
        insert_missing(
            session,
            Artefact,
            digest=digest,
            size=len(data),
            media_type="application/octet-stream",
            created_at=now,
        )
        insert_missing(session, Photo, digest=digest, created_at=now)
    return digest, data


def _begin(context: Context, item: Item, lease: Lease, turn: Turn) -> None:
    """Note in which lane a treatment begins: where this worker dies, the next one knows of what."""
    with context.ledger.transaction() as session:
        queue.held(session, item.id, lease).begun_in = turn.lane


def _same_as(context: Context, item: Item, digest: str, turn: Turn) -> str | None:
    """The item that stands in this one's place, if it is the same photo asked for in the same way."""
    options = Options.model_validate(item.options)
    recipe = context.treatments.of(options, turn.recipe).pipeline.digest
    with context.ledger.reading() as session:
        standing = slots.standing(session, item)
        if standing is None or standing.item_id == item.id:
            return None
        other = queue.find(session, standing.item_id)
        trail = session.get(TrailRow, other.trail_id) if other.trail_id else None
        attested = [queue.batch(session, one.batch_id).attested_by for one in (item, other)]
    same = (
        other.state == State.DONE
        and other.photo == digest
        and (other.product, other.merchant) == (item.product, item.merchant)
        and trail is not None
        and trail.recipe_digest == recipe
        and Options.model_validate(other.options) == options
        and bool(attested[0]) == bool(attested[1])
    )
    return other.id if same else None


def _count(context: Context, trail: Trail, category: str | None, lane: str) -> None:
    known = category or ""
    for step in trail.steps:
        context.metrics.images.labels(step.stage, step.outcome.value, known, lane).inc()
        context.metrics.stage_seconds.labels(step.stage).observe(step.seconds)
    context.metrics.images.labels("verdict", trail.verdict.value, known, lane).inc()
