import os
import threading
from pathlib import Path

import pytest
from homes import home, picture, rows, work

from packshot.ledger.errors import QueueFullError
from packshot.ledger.tables import Batch, Item, State
from packshot.service.watching import Watcher


@pytest.fixture
def folder(tmp_path):
    watched = tmp_path / "watched"
    (watched / "lamps").mkdir(parents=True)
    return watched


def _drop(path: Path, seed: int) -> None:
    path.write_bytes(picture(seed))


def _look(watcher: Watcher, folder: Path, times: int = 2) -> list[int]:
    """A file is taken at the second look at which it is the same: it may still be being copied."""
    return [watcher.look(str(folder)) for _ in range(times)]


def test_a_dropped_photo_is_taken_once_and_published(tmp_path, folder):
    with home(tmp_path, watch=str(folder), watch_attested_by="Rights desk") as service:
        watcher = Watcher(service)
        _drop(folder / "lamps" / "lamp.png", 1)
        assert _look(watcher, folder, 4) == [0, 1, 0, 0]
        work(service)
        (item,), (batch,) = rows(service, Item), rows(service, Batch)
        assert (item.state, item.category) == (State.DONE, "lamps")
        assert (batch.source, batch.actor, batch.attested_by) == (str(folder), "watcher", "Rights desk")


def test_after_a_restart_only_what_is_new_or_changed_is_taken(tmp_path, folder):
    with home(tmp_path, watch=str(folder)) as service:
        for name in "ab":
            _drop(folder / f"{name}.png", ord(name))
        assert _look(Watcher(service), folder) == [0, 2]
        work(service)
        _drop(folder / "a.png", 3)
        os.utime(folder / "a.png", ns=(0, 10**18))
        _drop(folder / "c.png", 4)
        assert _look(Watcher(service), folder) == [0, 2]
        work(service)
        assert sorted(item.name for item in rows(service, Item)) == ["a.png", "a.png", "b.png", "c.png"]
        assert {item.state for item in rows(service, Item)} == {State.DONE}


def test_what_the_queue_has_no_room_for_waits_and_what_changes_meanwhile_is_taken_once(tmp_path, folder):
    with home(tmp_path, watch=str(folder), queue_limit=4) as service:
        watcher = Watcher(service)
        for number in range(10):
            _drop(folder / f"{number}.png", number)
        watcher.look(str(folder))
        with pytest.raises(QueueFullError):
            watcher.look(str(folder))
        taken = {item.name for item in rows(service, Item)}
        assert len(taken) == 4
        waiting = next(f"{number}.png" for number in range(10) if f"{number}.png" not in taken)
        _drop(folder / waiting, 99)
        os.utime(folder / waiting, ns=(0, 10**18))
        for _ in range(2):  # until the change is seen, and seen to be over
            with pytest.raises(QueueFullError):
                watcher.look(str(folder))
        for _ in range(10):
            work(service)
            try:
                watcher.look(str(folder))
            except QueueFullError:
                continue
        work(service)
        found = rows(service, Item)
        assert sorted(item.name for item in found) == sorted(f"{number}.png" for number in range(10))
        assert {item.state for item in found} == {State.DONE}


def test_a_photo_that_is_gone_before_its_turn_ends_with_the_reason(tmp_path, folder):
    with home(tmp_path, watch=str(folder)) as service:
        _drop(folder / "a.png", 1)
        _look(Watcher(service), folder)
        (folder / "a.png").unlink()
        work(service)
        (item,) = rows(service, Item)
        assert item.state == State.FAILED
        assert "not there any more" in item.reason


def test_a_place_that_cannot_be_read_does_not_stop_the_others(tmp_path, folder):
    missing = tmp_path / "missing"
    with home(tmp_path, watch=f"{missing},{folder}", watch_seconds=0.01) as service:
        _drop(folder / "a.png", 1)
        watcher = Watcher(service)
        watcher.start()
        try:
            while not rows(service, Item):
                service.bell.wait(service.bell.count(), 0.02)
        finally:
            watcher.stop()
    assert not [thread for thread in threading.enumerate() if thread.name == "packshot-watcher"]


def test_what_is_refused_is_said_once(tmp_path, folder, capsys):
    with home(tmp_path, watch=str(folder)) as service:
        (folder / "link.png").symlink_to(folder / "elsewhere.png")
        watcher = Watcher(service)
        _look(watcher, folder, 3)
    assert capsys.readouterr().out.count("watch.refused") == 1


def test_without_places_nothing_is_watched(service):
    watcher = Watcher(service)
    watcher.start()
    watcher.stop()
