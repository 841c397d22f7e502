"""Putting photos before the public, and taking whole batches back."""

from __future__ import annotations

import time
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from packshot.edges.publish import Entry, Product, ToPublish
from packshot.edges.xmp import Provenance
from packshot.errors import UsageError
from packshot.ledger import audit, queue
from packshot.ledger.identity import new_id
from packshot.ledger.queue import Lease
from packshot.ledger.tables import Item, Publication, State, TrailRow
from packshot.service.batches import settle
from packshot.service.context import Context


def publish_item(context: Context, item_id: str, lease: Lease) -> State:
    """Publish what was decided about an item that ``lease`` holds. Doing it again changes nothing.

    Raises:
        LostLeaseError: another worker has it by now.
        PackshotError: the shop's storage cannot be written, or what stands there is not what was written.
    """
    with context.ledger.transaction() as session:
        item = queue.held(session, item_id, lease)
        row = session.get_one(TrailRow, item.trail_id)
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
    published = context.publisher.publish(
        product_of(item),
        slot=item.name,
        item=row.id,
        batch=item.batch_id,
        files=files,
        expected=Provenance(stated) if stated else None,
        receipt=context.artefacts.get(row.receipt) if row.receipt else None,
    )
    now = time.time()
    with context.ledger.transaction() as session:
        mine = queue.held(session, item_id, lease)
        _write_down(session, mine, published.entry, published.previous, now)
        queue.move(mine, State.DONE, now=now)
        detail = {"trail": row.id, "keys": [file.key for file in published.entry.files]}
        if published.purge_error:
            detail["purge_error"] = published.purge_error
        settle(session, mine)
        audit.record(session, "packshot", "job.published", item_id, detail)
    context.metrics.time_to_publish.observe(now - item.created_at)
    return State.DONE


def product_of(item: Item) -> Product:
    """The product whose gallery an item's photo belongs to; its own name where none was given."""
    return Product(item.merchant, item.product or item.name)


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


def _swap_batch(context: Context, batch_id: str, actor: str, *, back: bool) -> int:
    with context.ledger.reading() as session:
        batch = queue.batch(session, batch_id)
        due = Publication.unpublished_at.is_(None) if back else Publication.unpublished_at.is_not(None)
        rows: Sequence[Publication] = session.scalars(
            select(Publication).where(Publication.batch_id == batch_id, due)
        ).all()
        open_still = [
            row.id
            for row in session.scalars(
                select(Item).where(Item.batch_id == batch_id, Item.state == State.PUBLISHING)
            )
        ]
    if back and open_still:
        detail = f"Batch {batch.id} is still being published. Cancel it, or wait until it is finished."
        raise UsageError(detail=detail)
    changed = sum(_swap(context, row, actor, back=back) for row in rows)
    with context.ledger.transaction() as session:
        batch = queue.batch(session, batch_id)
        batch.unpublished_at = time.time() if back else None
        action = "batch.unpublished" if back else "batch.restored"
        audit.record(session, actor, action, batch_id, {"photos": changed})
    return changed


def _swap(context: Context, row: Publication, actor: str, *, back: bool) -> bool:
    """Take one publication back, or put it out again; whether that changed anything."""
    entry = Entry.from_dict(row.entry)
    previous = Entry.from_dict(row.previous) if row.previous else None
    wanted, standing = (previous, entry) if back else (entry, previous)
    product = Product(row.merchant, row.product)
    current = context.publisher.entry(product, row.slot)
    fitting = (current.item if current else None) == (standing.item if standing else None)
    if fitting:
        context.publisher.replace(
            product, row.slot, wanted, only_if_item=standing.item if standing is not None else None
        )
    with context.ledger.transaction() as session:
        mine = session.get_one(Publication, row.id, with_for_update=True)
        mine.unpublished_at = time.time() if back else None
        action = "job.unpublished" if back else "job.restored"
        audit.record(session, actor, action, row.item_id, {"slot": row.slot, "changed": fitting})
    return fitting


def _write_down(session: Session, item: Item, entry: Entry, previous: Entry | None, now: float) -> None:
    product = product_of(item)
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
            published_at=now,
            unpublished_at=None,
        )
    )
