"""Putting photos before the public, and taking whole batches back."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from packshot.edges.publish import Entry, Product, ToPublish
from packshot.edges.publish import Publication as Published
from packshot.edges.xmp import Provenance
from packshot.errors import UsageError
from packshot.ledger import audit, queue
from packshot.ledger.errors import LostLeaseError
from packshot.ledger.identity import new_id
from packshot.ledger.queue import Lease
from packshot.ledger.tables import Item, Publication, State, TrailRow
from packshot.service import slots
from packshot.service.batches import settle
from packshot.service.context import Context


def publish_item(context: Context, item_id: str, lease: Lease) -> State:
    """Publish what was decided about an item that ``lease`` holds. Doing it again changes nothing.

    What nobody has looked at does not take the place of a photo that was submitted later.

    Raises:
        LostLeaseError: another worker has it by now.
        PackshotError: the shop's storage cannot be written, or what stands there is not what was written.
    """
    with context.ledger.transaction() as session:
        item = queue.held(session, item_id, lease)
        row = session.get_one(TrailRow, item.trail_id)
        later = None if item.decided_by else slots.later(session, item)
        if later is not None:
            reason = f"{later}, which was submitted later, is published in its place"
            queue.move(item, State.SKIPPED, reason=reason)
            settle(session, item)
            audit.record(session, "packshot", "job.skipped", item_id, {"reason": reason})
            return State.SKIPPED
    published = _put_out(context, item, row)
    now = time.time()
    try:
        with context.ledger.transaction() as session:
            mine = queue.held(session, item_id, lease)
            _write_down(session, mine, published, now)
            why = "a newer photo had its place already" if published.superseded else None
            queue.move(mine, State.DONE, reason=why, now=now)
            detail: dict[str, Any] = {"trail": row.id, "keys": [file.key for file in published.entry.files]}
            if published.superseded:
                detail["superseded"] = True
            if published.purge_error:
                detail["purge_error"] = published.purge_error
            settle(session, mine)
            audit.record(session, "packshot", "job.published", item_id, detail)
    except LostLeaseError:
        _withdraw_unless_wanted(context, item, published)
        raise
    context.metrics.time_to_publish.observe(now - item.created_at)
    return State.DONE


def unpublish(context: Context, batch_id: str, actor: str) -> int:
    """Put back what stood before a batch was published, photo by photo; how many were put back.

    What has been replaced by something newer since is left alone.

    Raises:
        NotFoundError: there is no such batch.
    """
    return _swap_batch(context, batch_id, actor, back=True)


def restore(context: Context, batch_id: str, actor: str) -> int:
    """Publish again what :func:`unpublish` took back; how many photos.

    Raises:
        NotFoundError: there is no such batch.
    """
    return _swap_batch(context, batch_id, actor, back=False)


def take_back(context: Context, item_id: str, actor: str) -> bool:
    """Put back what stood before one item was published; whether it was there to be taken back."""
    with context.ledger.reading() as session:
        standing = session.scalars(
            select(Publication)
            .where(Publication.item_id == item_id, Publication.unpublished_at.is_(None))
            .order_by(Publication.published_at.desc())
        ).first()
    if standing is None:
        return False
    return _swap(context, standing, actor, back=True)


def _put_out(context: Context, item: Item, row: TrailRow) -> Published:
    files = [
        ToPublish(
            data=context.artefacts.get(file["digest"]),
            format=file["format"],
            width=file["width"],
            height=file["height"],
            channel=file["channel"],
        )
        for file in row.files
    ]
    stated = row.body["digital_source_type"]
    return context.publisher.publish(
        slots.product_of(item),
        slot=item.name,
        item=row.id,
        batch=item.batch_id,
        files=files,
        expected=Provenance(stated) if stated else None,
        receipt=context.artefacts.get(row.receipt) if row.receipt else None,
    )


def _withdraw_unless_wanted(context: Context, item: Item, published: Published) -> None:
    """After publishing without a lease: undo it, unless the worker that took the item over wants it so.

    This worker had stood still for so long that another one took the item. That one may have published the
    same, which changes nothing; but when a person has taken it back since, it must not come again.
    """
    trail = published.entry.item
    with context.ledger.reading() as session:
        now = queue.find(session, item.id)
        coming = now.state == State.PUBLISHING and now.trail_id == trail
        rows = session.scalars(
            select(Publication).where(Publication.item_id == item.id, Publication.unpublished_at.is_(None))
        )
        stands = any(row.entry["item"] == trail for row in rows)
    if not (coming or stands):
        context.publisher.replace(slots.product_of(item), item.name, published.previous, only_if_item=trail)


def _swap_batch(context: Context, batch_id: str, actor: str, *, back: bool) -> int:
    with context.ledger.reading() as session:
        queue.batch(session, batch_id)
        publishing = select(Item.id).where(Item.batch_id == batch_id, Item.state == State.PUBLISHING).limit(1)
        if back and session.scalar(publishing) is not None:
            detail = f"Batch {batch_id} is still being published. Cancel it, or wait until it is finished."
            raise UsageError(detail=detail)
        rows = _standing(session, batch_id) if back else _withdrawn(session, batch_id)
    changed = sum(_swap(context, row, actor, back=back) for row in rows)
    with context.ledger.transaction() as session:
        batch = queue.batch(session, batch_id)
        batch.unpublished_at = time.time() if back else None
        action = "batch.unpublished" if back else "batch.restored"
        audit.record(session, actor, action, batch_id, {"photos": changed})
    return changed


def _standing(session: Session, batch_id: str) -> Sequence[Publication]:
    """A batch's publications that nobody has taken back."""
    mine = Publication.batch_id == batch_id, Publication.unpublished_at.is_(None)
    return session.scalars(select(Publication).where(*mine)).all()


def _withdrawn(session: Session, batch_id: str) -> Sequence[Publication]:
    """A batch's publications that were taken back, of photos that are still meant to be published.

    When a decision was undone, its photo's publication was taken back as well; that one stays away.
    """
    found = session.scalars(
        select(Publication)
        .join(Item, Item.id == Publication.item_id)
        .where(Publication.batch_id == batch_id, Item.state == State.DONE)
        .order_by(Publication.published_at, Publication.id)
    )
    latest = {row.item_id: row for row in found}
    return [row for row in latest.values() if row.unpublished_at is not None]


def _swap(context: Context, row: Publication, actor: str, *, back: bool) -> bool:
    """Take one publication back, or put it out again; whether that changed what is published.

    Nothing newer is touched, and what was taken back itself does not come back by it.
    """
    entry, product = Entry.from_dict(row.entry), Product(row.merchant, row.product)
    with context.ledger.reading() as session:
        slot = slots.publications(session, row.merchant, row.product, row.slot)
    current = context.publisher.entry(product, row.slot)
    below = slots.below(row, slot)
    wanted = below if back else entry
    if back:
        may = current is not None and current.item == entry.item
    else:
        may = current is None or slots.is_older(current, row, slot, below)
    detail: dict[str, Any] = {"slot": row.slot, "changed": may and current != wanted}
    if detail["changed"]:
        replaced = context.publisher.replace(
            product,
            row.slot,
            wanted,
            only_if_item=current.item if current else None,
            only_if_empty=current is None,
        )
        detail["changed"] = replaced.entry == wanted
        if replaced.purge_error:
            detail["purge_error"] = replaced.purge_error
    with context.ledger.transaction() as session:
        mine = session.get_one(Publication, row.id, with_for_update=True)
        mine.unpublished_at = time.time() if back else None
        action = "job.unpublished" if back else "job.restored"
        audit.record(session, actor, action, row.item_id, detail)
    changed: bool = detail["changed"]
    return changed


def _write_down(session: Session, item: Item, published: Published, now: float) -> None:
    product = slots.product_of(item)
    entry, previous = published.entry, published.previous
    # What was replaced before it could be written down was published before what replaced it.
    at = datetime.fromisoformat(entry.published_at).timestamp() if published.superseded else now
    session.add(
        Publication(
            id=new_id("pub"),
            item_id=item.id,
            batch_id=item.batch_id,
            merchant=product.merchant,
            product=product.product,
            slot=item.name,
            entry=entry.as_dict(),
            previous=previous.as_dict() if previous else None,
            published_at=at,
            unpublished_at=None,
        )
    )
