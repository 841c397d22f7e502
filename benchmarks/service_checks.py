"""What must hold of a home that nobody works on any more, whatever happened to the processes before."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from packshot.edges.publish import Manifest
from packshot.ledger import audit
from packshot.ledger.database import Ledger
from packshot.ledger.tables import AuditEntry, Batch, Item, Publication, State, TrailRow

_ENDED = (State.DONE, State.NEEDS_REVIEW, State.SKIPPED, State.FAILED)
_OWN = ".packshot"


@dataclass(frozen=True, slots=True)
class Accepted:
    """A batch that the service said it had accepted: its name, and the names of its photos."""

    batch: str
    photos: tuple[str, ...]


def violations(home: Path, database_url: str, accepted: Mapping[str, Accepted]) -> dict[str, list[str]]:
    """Each thing that must hold, with what breaks it.

    Every photo is taken to have a name of its own, so that none takes another's place, and nothing to have
    been taken back.

    Args:
        home: of the service, which does not run.
        database_url: its ledger.
        accepted: by ``Idempotency-Key``.
    """
    ledger = Ledger(database_url)
    try:
        with ledger.reading() as session:
            return {
                "each accepted batch exists once": list(_batches(session, accepted)),
                "each accepted photo exists once": list(_photos(session, accepted)),
                "each photo ended, with a reason": list(_ended(session)),
                "each batch is finished": list(_unfinished(session)),
                "one publication a published photo": list(_publications(session)),
                "each photo has one trail": list(_trails(session)),
                "published objects are whole": list(_objects(home / "published")),
                "manifests tell the ledger's story": list(_manifests(session, home / "published")),
                "kept files are whole and complete": list(_kept(session, home / "artefacts")),
                "the audit log holds together": list(_audit(session)),
                "no temporary files": list(_temporary(home)),
            }
    finally:
        ledger.close()


def states(database_url: str) -> Counter[str]:
    """How many photos ended how."""
    ledger = Ledger(database_url)
    try:
        with ledger.reading() as session:
            rows = session.execute(select(Item.state, func.count()).group_by(Item.state))
            return Counter({str(state): count for state, count in rows})
    finally:
        ledger.close()


def _batches(session: Session, accepted: Mapping[str, Accepted]) -> Iterator[str]:
    there = Counter(session.scalars(select(Batch.id)))
    said = Counter(batch.batch for batch in accepted.values())
    yield from (f"{name} was accepted for {count} keys" for name, count in said.items() if count > 1)
    yield from (f"{name} is lost" for name in said.keys() - there.keys())
    yield from (f"{name} is there though no one was told" for name in there.keys() - said.keys())


def _photos(session: Session, accepted: Mapping[str, Accepted]) -> Iterator[str]:
    there = Counter((batch, name) for batch, name in session.execute(select(Item.batch_id, Item.name)))
    said = Counter((batch.batch, name) for batch in accepted.values() for name in batch.photos)
    yield from (f"{photo}: accepted {said[photo]} times, there {there[photo]} times"
                for photo in said.keys() | there.keys() if said[photo] != there[photo])  # fmt: skip


def _ended(session: Session) -> Iterator[str]:
    for item in session.scalars(select(Item)):
        if item.state not in _ENDED:
            yield f"{item.name} is {item.state}"
        elif item.state != State.DONE and not item.reason:
            yield f"{item.name} is {item.state} without a reason"


def _unfinished(session: Session) -> Iterator[str]:
    yield from session.scalars(select(Batch.id).where(Batch.finished_at.is_(None)))


def _publications(session: Session) -> Iterator[str]:
    counts = Counter(session.scalars(select(Publication.item_id)))
    told = Counter(session.scalars(select(AuditEntry.subject).where(AuditEntry.action == "job.published")))
    for item in session.scalars(select(Item)):
        wanted = int(item.state == State.DONE)
        if counts[item.id] != wanted or told[item.id] != wanted:
            yield f"{item.name} is {item.state}: {counts[item.id]} publications, {told[item.id]} in the log"


def _trails(session: Session) -> Iterator[str]:
    counts = Counter(session.scalars(select(TrailRow.item_id)))
    for item in session.scalars(select(Item).where(Item.trail_id.is_not(None))):
        if counts[item.id] != 1:
            yield f"{item.name} has {counts[item.id]} trails"


def _objects(published: Path) -> Iterator[str]:
    for folder in ("renditions", "receipts"):
        for path in (published / folder).rglob("*"):
            if path.is_file() and path.stem != hashlib.sha256(path.read_bytes()).hexdigest():
                yield f"{path.name} holds something else"


def _manifests(session: Session, published: Path) -> Iterator[str]:
    found: Counter[str] = Counter()
    for path in sorted((published / "products").rglob("*")):
        if not path.is_file():
            continue
        try:
            manifest = Manifest.from_json(path.read_bytes())
        except ValueError as error:
            yield f"{path.name}: {error}"
            continue
        found.update(entry.item for entry in manifest.entries.values())
        if manifest.version != len(manifest.entries) or manifest.replaced:
            yield f"{path.name} has {len(manifest.entries)} photos and was changed {manifest.version} times"
        for entry in manifest.entries.values():
            keys = [file.key for file in entry.files] + ([entry.receipt] if entry.receipt else [])
            yield from (f"{path.name} names {key}" for key in keys if not (published / key).is_file())
    wanted = Counter(session.scalars(select(Item.trail_id).where(Item.state == State.DONE)))
    yield from (f"{trail}: in {found[trail]} manifests instead of {wanted[trail]}"
                for trail in found.keys() | wanted.keys() if found[trail] != wanted[trail])  # fmt: skip


def _kept(session: Session, artefacts: Path) -> Iterator[str]:
    there = set()
    for path in artefacts.rglob("*"):
        if path.is_file() and _OWN not in path.parts:
            there.add(path.name)
            if path.name != hashlib.sha256(path.read_bytes()).hexdigest():
                yield f"{path.name} holds something else"
    wanted = set(session.scalars(select(Item.photo).where(Item.photo.is_not(None))))
    for row in session.scalars(select(TrailRow)):
        wanted |= {file["digest"] for file in row.files} | ({row.mask, row.receipt} - {None})
    yield from (f"{digest} is gone" for digest in wanted - there)


def _audit(session: Session) -> Iterator[str]:
    try:
        audit.verify(session)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is asked for
        yield str(error)
    accepted = Counter(
        session.scalars(select(AuditEntry.subject).where(AuditEntry.action == "batch.accepted"))
    )
    for batch in session.scalars(select(Batch.id)):
        if accepted[batch] != 1:
            yield f"{batch} was accepted {accepted[batch]} times"


def _temporary(home: Path) -> Iterator[str]:
    """Unfinished files, but for those of a storage's own: at most 256, which the next writer goes on with."""
    for path in home.rglob("*"):
        if path.is_file() and path.suffix in (".part", ".tmp") and _OWN not in path.parts:
            yield str(path.relative_to(home))
