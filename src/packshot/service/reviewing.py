"""What a person decides: approve, reject, redo, paint and erase, and take any of it back."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from packshot.errors import UsageError
from packshot.ledger import audit, queue
from packshot.ledger.errors import NotFoundError
from packshot.ledger.identity import new_id
from packshot.ledger.missing import insert_missing
from packshot.ledger.tables import Artefact, Item, Review, State, TrailRow
from packshot.service import publishing
from packshot.service.batches import settle
from packshot.service.context import Context
from packshot.service.masks import decode_mask, mask_png
from packshot.service.options import Options

_OPEN = (State.NEEDS_REVIEW,)


def approve(context: Context, items: Sequence[str], actor: str, reason: str | None = None) -> list[str]:
    """Publish what is in review as it is; all of ``items`` or none. Names of the reviews.

    Raises:
        NotFoundError: there is no such item.
        UsageError: one is not in review, or has nothing that could be published.
    """
    with context.ledger.transaction() as session:
        opened = [_open(session, name) for name in sorted(set(items))]
        made = [_approve(session, item, actor, reason) for item in opened]
        _write_down(session, made)
    context.bell.ring()
    return [review.id for review in made]


def reject(context: Context, items: Sequence[str], actor: str, reason: str) -> list[str]:
    """Refuse what is in review: its merchant must send another photo.

    Raises:
        NotFoundError: there is no such item.
        UsageError: one is not in review, or no reason was given.
    """
    if not reason.strip():
        raise UsageError(detail="Say why: the reason is what the merchant gets to read.")
    with context.ledger.transaction() as session:
        opened = [_open(session, name) for name in sorted(set(items))]
        made = [_reject(session, item, actor, reason) for item in opened]
        settle(session, *opened)
        _write_down(session, made)
    return [review.id for review in made]


def redo(context: Context, item_id: str, actor: str, options: Options) -> str:
    """Treat a photo again with other options, from what came in; what was painted stays painted.

    The result comes back to review, also when it passes.

    Raises:
        NotFoundError: there is no such item.
        UsageError: it is not in review.
        RecipeError, UnknownNameError: the options name what does not exist.
    """
    context.treatments.of(options)
    with context.ledger.transaction() as session:
        item = _open(session, item_id)
        kept = Options.model_validate(item.options)
        channels = options.channels or kept.channels
        options = options.model_copy(
            update={"channels": channels, "paint": kept.paint, "painted_by": kept.painted_by}
        )
        made = _again(session, item, actor, "redo", options)
    context.bell.ring()
    return made


def erase(context: Context, item_id: str, actor: str, mask: bytes) -> str:
    """Have what a person painted filled: ``mask`` is a picture of the original's size, white where painted.

    Raises:
        NotFoundError: there is no such item.
        UsageError: it is not in review, or nothing is painted.
        UndecodableError: the mask is no picture.
    """
    painted = decode_mask(mask)
    if not painted.any():
        raise UsageError(detail="Nothing is painted. Paint over what has to go, then erase.")
    with context.ledger.reading() as session:
        earlier = Options.model_validate(queue.find(session, item_id).options)
    if earlier.paint is not None:
        before = decode_mask(context.artefacts.get(earlier.paint))
        if before.shape == painted.shape:
            painted = np.logical_or(before, painted)
    data = mask_png(painted)
    digest = context.artefacts.put(data)
    options = earlier.model_copy(update={"paint": digest, "painted_by": actor})
    with context.ledger.transaction() as session:
        item = _open(session, item_id)
        insert_missing(
            session, Artefact, digest=digest, size=len(data), media_type="image/png", created_at=time.time()
        )
        made = _again(session, item, actor, "erase", options)
    context.bell.ring()
    return made


def undo(context: Context, review_id: str, actor: str) -> None:
    """Take a decision back: what was published goes, the item is in review again as it was.

    Raises:
        NotFoundError: there is no such review.
        UsageError: it was taken back already, is not the last about its item, or is being carried out.
    """
    with context.ledger.transaction() as session:
        _, item = _undoable(session, review_id)
        published = item.state == State.DONE
    if published:
        # First, so that a process that is killed here leaves a decision that can still be taken back.
        publishing.take_back(context, item.id, actor)
    with context.ledger.transaction() as session:
        review, item = _undoable(session, review_id)
        before = review.before
        review.undone_at = time.time()
        item.options, item.trail_id, item.verdict = before["options"], before["trail_id"], before["verdict"]
        item.decided_by, item.loss = before["decided_by"], before["loss"]
        queue.move(item, State(before["state"]), reason=before["reason"])
        settle(session, item)
        audit.record(session, actor, "review.undone", item.id, {"review": review_id, "action": review.action})


def _undoable(session: Session, review_id: str) -> tuple[Review, Item]:
    """A review and its item, locked, if the review can be taken back now."""
    review = session.get(Review, review_id, with_for_update=True, populate_existing=True)
    if review is None:
        raise NotFoundError(kind="review", name=review_id)
    item = queue.get(session, review.item_id)
    last = session.scalars(
        select(Review.id).where(Review.item_id == item.id, Review.undone_at.is_(None))
        .order_by(Review.created_at.desc(), Review.id.desc())
    ).first()  # fmt: skip
    if last != review_id:
        raise UsageError(detail="Only the last decision about a photo can be taken back.")
    if item.state in (State.PROCESSING, State.PUBLISHING):
        raise UsageError(detail="It is being carried out right now. Try again in a few seconds.")
    return review, item


def _approve(session: Session, item: Item, actor: str, reason: str | None) -> Review:
    row = session.get(TrailRow, item.trail_id) if item.trail_id else None
    if row is None or not row.files:
        raise UsageError(detail=f"{item.name} has no result that could be published. Reject it, or redo it.")
    made = _decided(session, item, actor, "approve", reason)
    # Free to be claimed at once, as if a worker had decided it and died before publishing.
    queue.move(item, State.PUBLISHING)
    item.lease_owner, item.lease_until, item.attempts = actor, 0.0, 0
    item.verdict, item.decided_by = "publish", actor
    return made


def _reject(session: Session, item: Item, actor: str, reason: str) -> Review:
    made = _decided(session, item, actor, "reject", reason)
    queue.move(item, State.FAILED, reason=reason)
    item.verdict, item.decided_by = "reject", actor
    return made


def _again(session: Session, item: Item, actor: str, action: str, options: Options) -> str:
    made = _decided(session, item, actor, action, None)
    item.options = options.model_dump(mode="json")
    item.attempts = 0
    queue.move(item, State.ACCEPTED)
    _write_down(session, [made])
    return made.id


def _write_down(session: Session, reviews: Sequence[Review]) -> None:
    """Into the audit log, after everything else: from then on all others wait for this transaction."""
    for review in reviews:
        detail = {"review": review.id, "reason": review.reason}
        audit.record(session, review.actor, f"review.{review.action}", review.item_id, detail)


def _open(session: Session, name: str) -> Item:
    item = queue.get(session, name)
    if item.state not in _OPEN:
        raise UsageError(detail=f"{item.name} is not in review: it is {item.state}.")
    return item


def _decided(session: Session, item: Item, actor: str, action: str, reason: str | None) -> Review:
    before: dict[str, Any] = {
        "state": item.state,
        "reason": item.reason,
        "verdict": item.verdict,
        "trail_id": item.trail_id,
        "options": item.options,
        "decided_by": item.decided_by,
        "loss": item.loss,
    }
    review = Review(
        id=new_id("rev"),
        item_id=item.id,
        actor=actor,
        action=action,
        reason=reason,
        before=before,
        created_at=time.time(),
        undone_at=None,
    )
    session.add(review)
    return review
