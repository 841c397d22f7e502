"""Taking photos in: kept, written down, and put into the queue, all or nothing."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from packshot.errors import TooLargeError, UsageError
from packshot.ledger import audit, idempotency, queue
from packshot.ledger.identity import new_id
from packshot.ledger.missing import insert_missing
from packshot.ledger.tables import Artefact, Batch, Item, Merchant, Photo, Product, State
from packshot.service.context import Context
from packshot.service.options import Offered, Options

_PACE = 4.0
"""Photos a second that a refused submitter is told to count on; 15,000 an hour on two cores, measured."""


@dataclass(frozen=True, slots=True)
class Submission:
    """What somebody wants done.

    Attributes:
        actor: who submits.
        source: where it came from: ``api``, ``feed``, a watched place.
        photos: what, in order.
        options: how.
        merchant, category: of photos that name no other.
        attested_by: who states the right to alter the photos.
        callback_url: told when the batch is finished.
    """

    actor: str
    source: str
    photos: Sequence[Offered]
    options: Options = Options()  # noqa: RUF009 - frozen
    merchant: str | None = None
    category: str | None = None
    attested_by: str | None = None
    callback_url: str | None = None


@dataclass(frozen=True, slots=True)
class Idempotency:
    """What makes a repeated request the same one: its key, and the digest of all it says."""

    key: str
    request_digest: str


def keep(context: Context, data: bytes, media_type: str) -> str:
    """Keep bytes under their digest; the same bytes are kept once."""
    digest = context.artefacts.put(data)
    with context.ledger.transaction() as session:
        insert_missing(
            session, Artefact, digest=digest, size=len(data), media_type=media_type, created_at=time.time()
        )
    return digest


def refuse_when_full(context: Context, wanted: int) -> None:
    """Before anything is uploaded: refuse what would not be accepted afterwards.

    Raises:
        QueueFullError: the queue has no room.
    """
    with context.ledger.reading() as session:
        queue.make_room(session, wanted, limit=context.settings.queue_limit, pace=_PACE)


def submit(context: Context, submission: Submission, once: Idempotency | None = None) -> dict[str, Any]:
    """Accept a batch: its name and size. A request that came before gets its answer of then.

    Raises:
        IdempotencyError: the key came with another request before.
        UsageError: it holds no photo, a name twice, or callbacks are not set up.
        TooLargeError: it holds more photos than the queue ever takes.
        QueueFullError: the queue has no room for all of it.
        RecipeError, UnknownNameError: the options name what does not exist.
    """
    _check(context, submission)
    now = time.time()
    batch = Batch(
        id=new_id("bat"),
        actor=submission.actor,
        source=submission.source,
        merchant=submission.merchant,
        attested_by=submission.attested_by,
        options=submission.options.model_dump(mode="json"),
        callback_url=submission.callback_url,
        created_at=now,
        cancelled_at=None,
        finished_at=None,
        unpublished_at=None,
    )
    answer = {"id": batch.id, "state": "accepted", "total": len(submission.photos)}
    with context.ledger.transaction() as session:
        if once is not None:
            said = idempotency.remembered(session, submission.actor, once.key, once.request_digest)
            if said is not None:
                return said
        wanted = len(submission.photos)
        queue.make_room(session, wanted, limit=context.settings.queue_limit, pace=_PACE)
        session.add(batch)
        session.flush()
        numbered = enumerate(submission.photos)
        names = sorted(new_id("job") for _ in submission.photos)  # they are listed by name
        items = [_item(batch, submission, name, *each) for name, each in zip(names, numbered, strict=True)]
        _know(session, items, now)
        session.add_all(items)
        detail: dict[str, Any] = {"photos": wanted, "source": submission.source}
        if submission.attested_by:
            detail["attested_by"] = submission.attested_by
        if once is not None:
            idempotency.remember(session, submission.actor, once.key, once.request_digest, answer)
        audit.record(session, submission.actor, "batch.accepted", batch.id, detail)
    context.bell.ring()
    return answer


def _check(context: Context, submission: Submission) -> None:
    if not submission.photos:
        raise UsageError(detail="The batch holds no photo. Send at least one.")
    found, limit = len(submission.photos), context.settings.queue_limit
    if found > limit:  # waiting for room would not help
        raise TooLargeError(name="the batch", found=found, unit="photos", limit=limit)
    (twice, count), *_ = Counter(photo.name for photo in submission.photos).most_common(1)
    if count > 1:
        raise UsageError(detail=f"The batch names {twice!r} twice. Give each photo a name of its own.")
    if submission.callback_url and not context.settings.webhook_secret:
        detail = "Callbacks are not set up: set PACKSHOT_WEBHOOK_SECRET, which signs them, and start again."
        raise UsageError(detail=detail)
    context.treatments.of(submission.options)


def _know(session: Session, items: Sequence[Item], now: float) -> None:
    """Have rows for the merchants, products and photos of ``items``; each is asked for once."""
    for merchant in sorted({item.merchant for item in items if item.merchant}):
        insert_missing(session, Merchant, name=merchant, created_at=now)
    categories = {
        (item.merchant or "", item.product): item.category for item in reversed(items) if item.product
    }
    for (merchant, product), category in sorted(categories.items(), key=lambda found: found[0]):
        insert_missing(
            session, Product, merchant=merchant, product=product, category=category, created_at=now
        )
    for digest in sorted({item.photo for item in items if item.photo}):
        insert_missing(session, Photo, digest=digest, created_at=now)


def _item(batch: Batch, submission: Submission, name: str, position: int, offered: Offered) -> Item:
    return Item(
        id=name,
        batch_id=batch.id,
        position=position,
        name=offered.name,
        photo=offered.digest,
        location=offered.location,
        version=offered.version,
        product=offered.product,
        category=offered.category or submission.category,
        merchant=offered.merchant or submission.merchant,
        options=batch.options,
        state=State.ACCEPTED,
        created_at=batch.created_at,
        updated_at=batch.created_at,
    )
