"""Treating one item, and writing down what came of it in one transaction."""

from __future__ import annotations

import hashlib
import time
from dataclasses import asdict, dataclass, replace
from io import BytesIO

import cv2
import numpy as np
from PIL import Image
from sqlalchemy.orm import Session

from packshot.edges.artefacts import Artefacts
from packshot.edges.decode import open_photo
from packshot.edges.provenance import provenance_of
from packshot.edges.receipt import build, sign
from packshot.errors import PackshotError
from packshot.executors.manifest import Identity
from packshot.executors.treatment import Input, Treated
from packshot.finding import Finding, Mask, Severity
from packshot.ledger import audit, queue
from packshot.ledger.identity import new_id
from packshot.ledger.missing import insert_missing
from packshot.ledger.queue import Lease
from packshot.ledger.tables import Artefact, Flaw, Item, Photo, State, TrailRow
from packshot.service import fidelity, slots
from packshot.service.batches import settle
from packshot.service.context import Context
from packshot.service.credentials import credentialed
from packshot.service.options import Options
from packshot.service.places import read_location
from packshot.stages.inpaint import painted
from packshot.trail import Trail
from packshot.verdict import Verdict

WORKER = "packshot"
"""The actor of what nobody decided."""

_STATE_OF = {
    Verdict.PUBLISH: State.PUBLISHING,
    Verdict.REVIEW: State.NEEDS_REVIEW,
    Verdict.REJECT: State.FAILED,
}


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that was made for an item.

    Attributes:
        name: as it would be called in a folder; ``channels/NAME/`` in front of one for a single channel.
        digest: artefact.
        format: jpeg, png, webp, avif, gif, tiff or bmp.
        width, height: in pixels.
        bytes: its size.
        channel: the channel that it is for; None for the main file.
    """

    name: str
    digest: str
    format: str
    width: int
    height: int
    bytes: int
    channel: str | None


def process(context: Context, item: Item, lease: Lease) -> State:
    """Treat an item that is held by ``lease``; the state that it is in afterwards.

    Raises:
        LostLeaseError: another worker has it by now.
        PackshotError: its bytes cannot be had, or a machine's defect.
    """
    digest, data = _input(context, item)
    if (earlier := _same_as(context, item, digest)) is not None:
        return _skip(context, item, lease, digest, f"the same as {earlier}, which is published")
    options = Options.model_validate(item.options)
    with context.ledger.reading() as session:
        attested_by = queue.batch(session, item.batch_id).attested_by
    extra = _extra(context, options, data, item.name)
    target = _target(item.name)
    given = Input(
        data, item.name, target, Identity(item.product, item.category, item.merchant), attested_by, extra
    )
    started = time.perf_counter()
    treated = context.treatments.of(options).apply(given)
    treated = replace(treated, files=tuple(credentialed(context.settings, treated)))
    row = _row(context, item, treated, time.perf_counter() - started)
    state = _STATE_OF[treated.trail.verdict]
    with context.ledger.transaction() as session:
        mine = queue.held(session, item.id, lease)
        insert_missing(session, Photo, digest=digest, created_at=row.created_at)
        if treated.photo is not None:
            photo = session.get_one(Photo, digest)
            photo.width, photo.height = treated.photo.width, treated.photo.height
        # Sorted, so that two workers who make the same bytes wait for each other in one direction.
        for name, size, media_type in sorted(_artefacts_of(context.artefacts, row)):
            insert_missing(
                session, Artefact, digest=name, size=size, media_type=media_type, created_at=row.created_at
            )
        session.add(row)
        session.flush()
        session.add_all(Flaw(trail_id=row.id, code=code) for code in sorted(flaws(treated.trail)))
        mine.photo, mine.trail_id, mine.verdict = digest, row.id, treated.trail.verdict.value
        mine.loss = expected_loss(session, mine, treated.trail.score_after)
        reason = " ".join(dict.fromkeys(treated.trail.decision.reasons)) or None
        queue.move(mine, state, reason=reason)
        audit.record(
            session,
            WORKER,
            f"job.{treated.trail.verdict.value}",
            item.id,
            {"trail": row.id, "reason": reason},
        )
        settle(session, mine)
    _count(context, treated.trail, item.category)
    return state


def put_aside(context: Context, item: Item, lease: Lease, error: PackshotError) -> State:
    """An item that cannot be treated ends; one that cannot be published waits for a person."""
    with context.ledger.transaction() as session:
        mine = queue.held(session, item.id, lease)
        treated = mine.state == State.PUBLISHING
        queue.move(mine, State.NEEDS_REVIEW if treated else State.FAILED, reason=str(error))
        mine.loss = 1.0 if treated else mine.loss
        settle(session, mine)
        action = "job.not_published" if treated else "job.failed"
        audit.record(session, WORKER, action, item.id, {"code": error.code, "reason": str(error)})
    return State(mine.state)


def put_off(
    context: Context, item: Item, lease: Lease, error: PackshotError, seconds: float, *, counted: bool
) -> State:
    """Try an item again after ``seconds``; whether this attempt is ``counted`` among those it may have."""
    now = time.time()
    with context.ledger.transaction() as session:
        mine = queue.held(session, item.id, lease)
        mine.reason, mine.updated_at, mine.lease_until = str(error), now, now + seconds
        mine.attempts -= not counted
    return State(mine.state)


def give_up(context: Context, item: Item, lease: Lease) -> State:
    """An item whose workers died or failed too often goes to a person."""
    reason = f"working on it was tried {item.attempts - 1} times and never ended; see the log."
    with context.ledger.transaction() as session:
        mine = queue.held(session, item.id, lease)
        queue.move(mine, State.NEEDS_REVIEW, reason=reason)
        mine.loss = 1.0
        settle(session, mine)
        audit.record(session, WORKER, "job.given_up", item.id, {"attempts": item.attempts - 1})
    return State.NEEDS_REVIEW


def expected_loss(session: Session, item: Item, score: float) -> float:
    """What it is expected to cost when nobody looks at the photo, 0..1: see docs/metrics.md."""
    bare = slots.bare(session, slots.product_of(item))
    return round(0.5 * (1.0 - score) + 0.5 * bare, 4)


def mask_png(mask: Mask) -> bytes:
    """A mask (H, W) as a one-bit PNG, white where it is set."""
    buffer = BytesIO()
    Image.fromarray(mask).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


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


def _same_as(context: Context, item: Item, digest: str) -> str | None:
    """The item that stands in this one's place, if it is the same photo asked for in the same way."""
    options = Options.model_validate(item.options)
    recipe = context.treatments.of(options).pipeline.digest
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


def _skip(context: Context, item: Item, lease: Lease, digest: str, reason: str) -> State:
    with context.ledger.transaction() as session:
        mine = queue.held(session, item.id, lease)
        insert_missing(session, Photo, digest=digest, created_at=time.time())
        mine.photo = digest
        queue.move(mine, State.SKIPPED, reason=reason)
        settle(session, mine)
        audit.record(session, WORKER, "job.skipped", item.id, {"reason": reason})
    return State.SKIPPED


def _extra(context: Context, options: Options, data: bytes, name: str) -> tuple[Finding, ...]:
    """What reviewers painted, as the finding that has it filled."""
    if options.paint is None:
        return ()
    mask = decode_mask(context.artefacts.get(options.paint))
    height, width = mask.shape
    photo = open_photo(data, name=name)
    if (photo.width, photo.height) != (width, height):
        resized = cv2.resize(
            mask.astype(np.uint8), (photo.width, photo.height), interpolation=cv2.INTER_NEAREST
        )
        mask = resized > 0
    return (painted(mask, options.painted_by or "somebody"),) if mask.any() else ()


def decode_mask(data: bytes) -> Mask:
    """A mask from a picture: set where it is bright and opaque.

    Raises:
        UndecodableError, UnsupportedFormatError, TooLargeError: it is no readable picture.
    """
    picture = open_photo(data, name="mask")
    mask: Mask = picture.pixels.max(2) >= 128
    return mask if picture.alpha is None else mask & (picture.alpha >= 128)


def _row(context: Context, item: Item, treated: Treated, seconds: float) -> TrailRow:
    """What is written down of an attempt; its files, mask and receipt are kept first."""
    trail = treated.trail
    files = [_kept(context, file.name, file.data) for file in treated.files]
    mask = context.artefacts.put(mask_png(trail.mask)) if trail.mask is not None else None
    receipt = None
    if treated.photo is not None and treated.files:
        outputs = [(file.name, file.data) for file in treated.files]
        receipt = context.artefacts.put(sign(build(trail, treated.photo, outputs), context.signing_key))
    before, after = treated.photo, trail.photo
    edges = None
    if before is not None and after is not None and trail.changed:
        edges = fidelity.edge_fidelity(before.pixels, after.pixels, trail.mask)
    body = trail.as_dict() | {
        "changed": trail.changed,
        "size_before": [before.width, before.height] if before else None,
        "size_after": [after.width, after.height] if after else None,
        "digital_source_type": provenance_of(trail.steps).digital_source_type,
    }
    return TrailRow(
        id=new_id("trl"),
        item_id=item.id,
        body=body,
        files=[asdict(file) for file in files],
        mask=mask,
        receipt=receipt,
        recipe_digest=trail.recipe_digest,
        first=item.trail_id is None,
        failed_checks=bool(flaws(trail)),
        edge_fidelity=None if edges is None else round(edges, 5),
        artefact=fidelity.has_artefact(trail),
        residue=fidelity.has_residue(trail),
        seconds=round(seconds, 4),
        cpu_seconds=round(trail.cpu_seconds, 4),
        created_at=time.time(),
    )


def flaws(trail: Trail) -> frozenset[str]:
    """Codes of the errors that a photo came with."""
    return frozenset(f.code for f in trail.findings_before if f.severity is Severity.ERROR)


def _kept(context: Context, name: str, data: bytes) -> Kept:
    made = open_photo(data, name=name)
    folder, _, rest = name.partition("/")
    channel = rest.partition("/")[0] if folder == "channels" else None
    return Kept(
        name=name,
        digest=context.artefacts.put(data),
        format=made.origin.format,
        width=made.width,
        height=made.height,
        bytes=len(data),
        channel=channel,
    )


def _artefacts_of(artefacts: Artefacts, row: TrailRow) -> list[tuple[str, int, str]]:
    """Digest, size and media type of everything that a trail refers to."""
    made = [(file["digest"], file["bytes"], f"image/{file['format']}") for file in row.files]
    if row.mask:
        made.append((row.mask, artefacts.size(row.mask), "image/png"))
    if row.receipt:
        made.append((row.receipt, artefacts.size(row.receipt), "application/json"))
    return made


def _target(name: str) -> str:
    """What the files of a photo are called: its name without the suffix of a photo, safe as a file's name."""
    stem = name.rsplit(".", 1)[0] if "." in name[1:] else name
    safe = "".join(c if c.isalnum() or c in "-_." else "-" for c in stem)[:80]
    return safe.strip(".") or hashlib.sha256(name.encode()).hexdigest()[:16]


def _count(context: Context, trail: Trail, category: str | None) -> None:
    known = category or ""
    for step in trail.steps:
        context.metrics.images.labels(step.stage, step.outcome.value, known, "live").inc()
        context.metrics.stage_seconds.labels(step.stage).observe(step.seconds)
    context.metrics.images.labels("verdict", trail.verdict.value, known, "live").inc()
