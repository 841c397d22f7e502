"""Full disks, shops that refuse, sources that are silent: nothing is lost, and it is tried again."""

import errno
from pathlib import Path

import pytest
from homes import (
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
from packshot.edges.sources.errors import FetchInterruptedError
from packshot.edges.storage import StorageError, StorageRefusedError
from packshot.edges.storage.folder import FolderStorage
from packshot.ledger.queue import Lease
from packshot.ledger.tables import State, TrailRow
from packshot.service import endings, process, reviewing
from packshot.service.options import Options
from packshot.service.work import Workers


def _published(service) -> Path:
    return Path(service.settings.publish_url)


@pytest.mark.parametrize("what", ["renditions", "products"])
def test_a_shop_that_cannot_be_written_to_is_tried_until_it_can(service, what):
    batch = send(service, {"a.png": picture()})
    published = _published(service)
    published.mkdir(parents=True)
    (published / what).write_text("in the way")
    for _ in range(2 * service.settings.attempts):
        with pytest.raises(StorageError):
            work(service)
        waiting = only(service, batch)
        assert waiting.state == State.PUBLISHING
        assert "Check that it is there and has room" in waiting.reason
        due_now(service)
    (published / what).unlink()
    work(service)
    done = only(service, batch)
    assert (done.state, done.reason) == (State.DONE, None)
    assert len(rows(service, TrailRow)) == len(standing(service)) == 1


def test_a_shop_that_refuses_is_tried_again_too(service, monkeypatch):
    batch = send(service, {"a.png": picture()})

    def refuse(*_, **__):
        raise StorageRefusedError(where="s3://shop", key="k", detail="403")

    with monkeypatch.context() as patch:
        patch.setattr(Publisher, "publish", refuse)
        with pytest.raises(StorageRefusedError):
            work(service)
    assert only(service, batch).state == State.PUBLISHING
    due_now(service)
    work(service)
    assert only(service, batch).state == State.DONE


def test_what_is_put_off_is_not_taken_before_its_time(service):
    send(service, {"a.png": picture()})
    published = _published(service)
    published.mkdir(parents=True)
    (published / "renditions").write_text("in the way")
    with pytest.raises(StorageError):
        work(service)
    assert not Workers(service).move_one(Lease("other", 60))


def test_on_a_full_disk_a_photo_waits_for_room(service, monkeypatch):
    batch = send(service, {"a.png": picture()})

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(FolderStorage, "_write", full)
        for _ in range(2 * service.settings.attempts):
            with pytest.raises(StorageError, match="No space left"):
                work(service)
            due_now(service)
    assert only(service, batch).state == State.PROCESSING
    work(service)
    assert only(service, batch).state == State.DONE
    assert len(rows(service, TrailRow)) == len(standing(service)) == 1


def test_an_object_that_somebody_changed_goes_to_a_person(service):
    (item,) = in_review(service)
    reviewing.approve(service, [item.id], "anna")
    work(service)
    for path in (_published(service) / "renditions").rglob("*.png"):
        path.write_bytes(b"something else")
    batch = send(service, {"b.png": service.artefacts.get(item.photo)})
    work(service)
    again_there = only(service, batch)
    reviewing.approve(service, [again_there.id], "anna")
    work(service)
    held_back = again(service, again_there)
    assert held_back.state == State.NEEDS_REVIEW
    assert "is not what was published under that name" in held_back.reason
    assert shown(service, held_back) is None


def test_a_kept_photo_that_is_gone_or_damaged_waits_for_a_person(service):
    batch = send(service, {"a.png": picture(1), "b.png": picture(2)})
    first, second = items(service, batch).values()
    service.artefacts.delete(first.photo)
    key = second.photo
    (Path(service.settings.artefacts_url) / key[:2] / key[2:4] / key).write_bytes(b"damaged")
    work(service)
    for item in items(service, batch).values():
        assert item.state == State.NEEDS_REVIEW
        assert item.photo in item.reason
    service.artefacts.put(picture(1))  # out of the backup
    reviewing.redo(service, first.id, "anna", Options())
    work(service)
    assert again(service, first).verdict == "publish"


def test_a_source_that_does_not_answer_is_tried_a_few_times(tmp_path):
    allowed = {"allowed_hosts": "127.0.0.1:1", "allowed_networks": "127.0.0.0/8"}
    with home(tmp_path, attempts=3, **allowed) as service:
        batch = send(service, {"a.png": b""}, location="http://127.0.0.1:1/a.png")
        other = send(service, {"b.png": picture()})
        for attempt in range(1, 4):
            work(service)
            item = only(service, batch)
            assert item.attempts == attempt
            assert "127.0.0.1" in item.reason
            due_now(service)
        assert item.state == State.FAILED
        assert only(service, other).state == State.DONE  # nobody else had to wait for it


def test_a_source_that_is_gone_or_not_allowed_ends_with_the_reason(service, tmp_path):
    for location in ("https://elsewhere.example/a.png", str(tmp_path / "a.png"), "s3://elsewhere/a.png"):
        batch = send(service, {"a.png": b""}, location=location)
        work(service)
        assert only(service, batch).state == State.FAILED
        assert only(service, batch).reason


def test_the_waits_between_attempts_grow(service, monkeypatch):
    send(service, {"a.png": b""}, location="http://127.0.0.1:1/a.png")
    waits = []

    def interrupted(*_):
        raise FetchInterruptedError(url="x", detail="503")

    real = endings.put_off

    def noting(context, item, lease, error, seconds, *, counted):
        waits.append(seconds)
        return real(context, item, lease, error, seconds, counted=counted)

    monkeypatch.setattr(process, "read_location", interrupted)
    monkeypatch.setattr(endings, "put_off", noting)
    for _ in range(service.settings.attempts):
        work(service)
        due_now(service)
    assert len(waits) == service.settings.attempts - 1
    assert waits == sorted(set(waits))
