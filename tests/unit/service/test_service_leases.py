"""Workers that die or stand still, and many at once: nothing is lost, and nothing is done twice."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from homes import (
    POOR,
    again,
    due_now,
    home,
    in_review,
    items,
    only,
    picture,
    rows,
    send,
    shown,
    standing,
    work,
)

from packshot.edges.publish import Publisher
from packshot.edges.storage import StorageError
from packshot.ledger import audit, idempotency, queue
from packshot.ledger.errors import LostLeaseError
from packshot.ledger.queue import Lease
from packshot.ledger.tables import AuditEntry, Batch, IdempotentRequest, Item, Publication, State, TrailRow
from packshot.service import endings, process, publishing, reviewing
from packshot.service import work as working
from packshot.service.options import Options
from packshot.service.work import Workers


def _claim(service, owner: str) -> tuple[Item, Lease]:
    lease = Lease(owner, 60)
    with service.ledger.transaction() as session:
        item = queue.claim(session, lease)
    assert item is not None
    return item, lease


def _workers_that_die(service, count: int) -> None:
    for number in range(count):
        _claim(service, f"dying-{number}")
        due_now(service)


def _published(service) -> Path:
    return Path(service.settings.publish_url)


def test_a_photo_that_kills_its_workers_goes_to_a_person(tmp_path):
    with home(tmp_path, attempts=3) as service:
        batch = send(service, {"a.png": picture()})
        _workers_that_die(service, 3)
        work(service)
        item = only(service, batch)
        assert (item.state, item.loss) == (State.NEEDS_REVIEW, 1.0)
        assert "was tried 3 times" in item.reason
        assert rows(service, Batch)[0].finished_at is not None
        reviewing.redo(service, item.id, "anna", Options())  # and has all its attempts again
        _workers_that_die(service, 2)
        work(service)
        treated = again(service, item)  # it passes, and whoever asked for it has to see it
        assert (treated.state, treated.verdict) == (State.NEEDS_REVIEW, "publish")


def test_a_worker_whose_lease_was_taken_writes_nothing_down(service):
    batch = send(service, {"a.png": picture()})
    slow, lease = _claim(service, "slow")
    due_now(service)
    work(service, "quick")
    done = only(service, batch)
    for late in (
        lambda: process.process(service, slow, lease),
        lambda: publishing.publish_item(service, slow.id, lease),
        lambda: endings.put_aside(service, slow, lease, StorageError(where="", key="", detail="")),
        lambda: endings.put_off(
            service, slow, lease, StorageError(where="", key="", detail=""), 1, counted=True
        ),
        lambda: endings.give_up(service, slow, lease),
    ):
        with pytest.raises(LostLeaseError):
            late()
    assert again(service, done).updated_at == done.updated_at
    assert len(rows(service, TrailRow)) == len(rows(service, Publication)) == 1
    assert len(rows(service, AuditEntry, AuditEntry.subject == done.id)) == 2


def _standing_still(service, monkeypatch, meanwhile) -> None:
    """Publish with a worker that stands still, just before it writes, while ``meanwhile`` runs."""
    item, lease = _claim(service, "slow")
    real = Publisher.publish

    def late(self, *arguments, **named):
        monkeypatch.setattr(Publisher, "publish", real)
        due_now(service)
        meanwhile(item)
        return real(self, *arguments, **named)

    monkeypatch.setattr(Publisher, "publish", late)
    with pytest.raises(LostLeaseError):
        publishing.publish_item(service, item.id, lease)


def test_a_worker_that_stood_still_publishes_nothing_twice(service, monkeypatch):
    (item,) = in_review(service)
    reviewing.approve(service, [item.id], "anna")
    _standing_still(service, monkeypatch, lambda _: work(service, "quick"))
    assert shown(service, item).item == item.trail_id
    assert len(standing(service)) == 1


def test_a_worker_that_stood_still_brings_back_nothing_that_was_taken_back(service, monkeypatch):
    (item,) = in_review(service)
    (review,) = reviewing.approve(service, [item.id], "anna")

    def publish_and_undo(_):
        work(service, "quick")
        reviewing.undo(service, review, "anna")

    _standing_still(service, monkeypatch, publish_and_undo)
    assert shown(service, item) is None
    assert again(service, item).state == State.NEEDS_REVIEW


def _processed(monkeypatch) -> list[str]:
    """The items that were processed, in order."""
    seen, lock, real = [], threading.Lock(), process.process

    def noting(context, item, lease):
        with lock:
            seen.append(item.id)
        return real(context, item, lease)

    monkeypatch.setattr(process, "process", noting)
    return seen


def test_two_processes_on_one_postgresql_share_the_queue(tmp_path, postgresql, monkeypatch):
    """And publish into one product at the same time without waiting for each other in a circle."""
    seen = _processed(monkeypatch)
    with postgresql.database() as url, ExitStack() as stack:
        shared = {name: str(tmp_path / name) for name in ("artefacts", "published")}
        places = {"artefacts_url": shared["artefacts"], "publish_url": shared["published"]}
        contexts = [
            stack.enter_context(home(tmp_path / name, database_url=url, workers=3, **places)) for name in "ab"
        ]
        photos = {f"{n}.png": picture(n, POOR if n % 5 == 0 else 200) for n in range(40)}
        batch = send(contexts[0], photos, product="P")
        crews = [Workers(context) for context in contexts]
        for crew in crews:
            crew.start()
        try:
            while rows(contexts[0], Batch)[0].finished_at is None:
                contexts[0].bell.wait(contexts[0].bell.count(), 0.05)
        finally:
            for crew in crews:
                crew.stop()
        found = items(contexts[0], batch).values()
        assert sorted(seen) == sorted(item.id for item in found)
        assert {item.attempts for item in found} == {1}
        assert len(rows(contexts[0], TrailRow)) == 40
        done = [item for item in found if item.state == State.DONE]
        assert len(done) == 32
        manifest = contexts[0].publisher.manifest(publishing.slots.product_of(done[0]))
        assert manifest.version == len(manifest.entries) == 32
        with contexts[0].ledger.reading() as session:
            assert audit.verify(session) == len(rows(contexts[0], AuditEntry))


def test_groups_of_many_batches_are_decided_at_once_from_many_sides(tmp_path, postgresql):
    """Two people whose groups cross: neither waits for the other in a circle."""
    with (
        postgresql.database() as url,
        home(tmp_path, database_url=url, webhook_secret="x") as service,
    ):
        batches = [
            send(service, {f"{n}.png": picture(n, POOR) for n in range(6)}, product=f"P{m}") for m in range(6)
        ]
        work(service)
        groups = [
            [
                next(item.id for item in items(service, batch).values() if item.name == f"{n}.png")
                for batch in batches
            ]
            for n in range(6)
        ]
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(lambda group: reviewing.reject(service, group, "anna", "no"), groups))
        assert {item.state for item in rows(service, Item)} == {State.FAILED}


def test_workers_start_go_on_after_an_error_and_stop(service, monkeypatch):
    monkeypatch.setattr(working, "_REST_SECONDS", 0.01)
    monkeypatch.setattr(working, "_PUT_OFF_SECONDS", 0.01)
    published = _published(service)
    published.mkdir(parents=True)
    (published / "renditions").write_text("in the way")
    batch = send(service, {"a.png": picture(), "b.png": picture(1, POOR)})
    workers = Workers(service)
    workers.start()
    try:
        while not any("Check that" in (item.reason or "") for item in items(service, batch).values()):
            service.bell.wait(service.bell.count(), 0.02)
        (published / "renditions").unlink()
        while rows(service, Batch)[0].finished_at is None:
            service.bell.wait(service.bell.count(), 0.02)
    finally:
        workers.stop()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("packshot-")]


def test_an_embedded_service_takes_over_at_once_what_a_dead_one_held(service):
    batch = send(service, {"a.png": picture()})
    _claim(service, "dead")
    workers = Workers(service)
    workers.start()
    try:
        while rows(service, Batch)[0].finished_at is None:
            service.bell.wait(service.bell.count(), 0.02)
    finally:
        workers.stop()
    assert only(service, batch).state == State.DONE


def test_old_answers_are_forgotten(service):
    with service.ledger.transaction() as session:
        for key, age in (("old", 2 * idempotency.KEEP_S), ("new", 0)):
            idempotency.remember(session, "shop", key, "digest", {}, now=working.time.time() - age)
    Workers(service)._tidy()
    assert [row.key for row in rows(service, IdempotentRequest)] == ["new"]


def test_what_was_decided_and_never_published_goes_to_a_person_and_can_be_passed_again(tmp_path):
    with home(tmp_path, attempts=2) as service:
        (item,) = in_review(service)
        reviewing.approve(service, [item.id], "anna")
        _workers_that_die(service, 2)
        work(service)
        assert again(service, item).state == State.NEEDS_REVIEW
        reviewing.approve(service, [item.id], "anna")
        work(service)
        assert again(service, item).state == State.DONE


def test_a_worker_that_stood_still_leaves_what_is_about_to_be_published(service, monkeypatch):
    (item,) = in_review(service)
    reviewing.approve(service, [item.id], "anna")
    _standing_still(service, monkeypatch, lambda _: _claim(service, "quick"))
    assert shown(service, item).item == item.trail_id
    due_now(service)
    work(service)
    assert again(service, item).state == State.DONE
    assert len(standing(service)) == 1
