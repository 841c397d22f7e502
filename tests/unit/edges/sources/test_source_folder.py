"""A watched folder: what is whole is offered once, and nothing outside of it can be read."""

import os

import pytest

from packshot.edges.sources.errors import GoneError, NotWatchedError
from packshot.edges.sources.folder import WatchedFolder, read_file
from packshot.edges.sources.offer import Offer
from packshot.errors import TooLargeError, UnreadableError


def write(path, data=b"photo", at=1_000_000_000):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, ns=(at, at))
    return path


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "in"
    root.mkdir()
    return root


def names(offers):
    return [offer.location.rsplit("/", 1)[1] for offer in offers]


def test_a_photo_is_offered_at_the_second_look_and_once(root):
    photo = write(root / "knit" / "2026" / "jumper.jpg")
    folder = WatchedFolder(root)
    assert folder.poll() == []
    (offer,) = folder.poll()
    assert offer.location == str(photo)
    assert (offer.category, offer.product, offer.merchant) == ("knit", None, None)
    assert offer.version == "1000000000-5"
    assert folder.poll() == []
    assert folder.read(offer, 5) == b"photo"


def test_a_file_that_still_grows_waits(root):
    photo = write(root / "a.jpg", b"p")
    folder = WatchedFolder(str(root))
    folder.poll()
    write(photo, b"pho")
    assert folder.poll() == []
    write(photo, b"pho", at=2_000_000_000)
    assert folder.poll() == []
    assert names(folder.poll()) == ["a.jpg"]


def test_a_changed_photo_is_offered_again_under_its_own_name(root):
    photo = write(root / "a.jpg")
    folder = WatchedFolder(root)
    folder.poll()
    (first,) = folder.poll()
    write(photo, b"other", at=2_000_000_000)
    assert folder.poll() == []
    (second,) = folder.poll()
    assert (first.location, first.name) == (second.location, second.name)
    assert first.version != second.version
    with pytest.raises(GoneError):
        folder.read(first, 100)
    assert folder.read(second, 100) == b"other"


def test_a_photo_that_went_and_came_back_is_offered_again(root):
    photo = write(root / "a.jpg")
    folder = WatchedFolder(root)
    folder.poll()
    (offer,) = folder.poll()
    photo.unlink()
    assert folder.poll() == []
    with pytest.raises(GoneError):
        folder.read(offer, 100)
    write(photo)
    folder.poll()
    assert folder.poll() == [offer]


def test_a_new_watcher_gives_the_same_offers(root):
    write(root / "b c.jpg")
    write(root / "a" / "x.png")
    looks = []
    for path in (root, f"{root}/", os.path.relpath(root)):
        folder = WatchedFolder(path)
        folder.poll()
        looks.append(folder.poll())
    assert looks[0] == looks[1] == looks[2]
    assert len({offer.name for offer in looks[0]}) == 2


def test_only_photos_are_taken(root):
    for name in ("a.JPG", ".b.jpg", "c.jpg.part", "d.tmp", "e.txt", ".hidden/f.jpg", "g.webp"):
        write(root / name)
    os.mkfifo(root / "pipe.jpg")
    (root / "folder.jpg").mkdir()
    folder = WatchedFolder(root)
    folder.poll()
    assert sorted(names(folder.poll())) == ["a.JPG", "g.webp"]
    assert folder.refused == ()


def test_links_are_not_followed(root, tmp_path):
    secret = write(tmp_path / "secret" / "s.jpg", b"secret")
    write(root / "a.jpg")
    (root / "file.jpg").symlink_to(secret)
    (root / "folder").symlink_to(secret.parent)
    (root / "loop").symlink_to(root)
    (root / "inner.jpg").symlink_to(root / "a.jpg")
    (root / "broken.jpg").symlink_to("nowhere")
    folder = WatchedFolder(root)
    folder.poll()
    assert names(folder.poll()) == ["a.jpg"]
    assert len(folder.refused) == 5
    for location in ("file.jpg", "folder/s.jpg", "loop/a.jpg"):
        with pytest.raises(UnreadableError):
            folder.read(Offer(str(root / location), "x"), 100)


def test_a_link_that_takes_a_photo_s_place_is_not_followed(root, tmp_path):
    secret = write(tmp_path / "secret" / "jumper.jpg", b"photo")
    photo = write(root / "knit" / "jumper.jpg")
    folder = WatchedFolder(root)
    folder.poll()
    (offer,) = folder.poll()
    photo.unlink()
    photo.symlink_to(secret)
    with pytest.raises(UnreadableError):
        folder.read(offer, 100)
    photo.unlink()
    photo.parent.rmdir()
    photo.parent.symlink_to(secret.parent)
    with pytest.raises(UnreadableError):
        folder.read(offer, 100)


def test_the_folder_itself_may_be_a_link(root, tmp_path):
    write(root / "a.jpg")
    (tmp_path / "link").symlink_to(root)
    folder = WatchedFolder(tmp_path / "link")
    folder.poll()
    (offer,) = folder.poll()
    assert offer.location == str(root / "a.jpg")
    assert read_file(offer.location, (str(tmp_path / "link"),), 100) == b"photo"


def test_nothing_outside_can_be_read(root, tmp_path):
    write(tmp_path / "secret.jpg", b"secret")
    write(tmp_path / "in2" / "a.jpg", b"secret")
    folder = WatchedFolder(root)
    for location in (
        str(tmp_path / "secret.jpg"),
        f"{root}/../secret.jpg",
        f"{root}2/a.jpg",
        f"{root}/x/../../secret.jpg",
        f"{root}//a.jpg",
        str(root),
        "a.jpg",
        "",
        "/",
    ):
        with pytest.raises(NotWatchedError):
            folder.read(Offer(location, "x"), 100)
    with pytest.raises(NotWatchedError):
        read_file(str(tmp_path / "secret.jpg"), (), 100)


def test_what_is_no_file_is_not_read_and_not_waited_for(root):
    os.mkfifo(root / "pipe.jpg")
    (root / "folder.jpg").mkdir()
    for name in ("pipe.jpg", "folder.jpg"):
        with pytest.raises((NotWatchedError, UnreadableError)):
            read_file(str(root / name), (str(root),), 100)
    with pytest.raises(UnreadableError):
        read_file(f"{write(root / 'a.jpg')}/b.jpg", (str(root),), 100)


def test_the_limit(root):
    photo = write(root / "a.jpg", bytes(100))
    assert len(read_file(str(photo), (str(root),), 100)) == 100
    with pytest.raises(TooLargeError):
        read_file(str(photo), (str(root),), 99)


def test_names_that_nothing_can_store_are_said(root):
    with open(os.fsencode(root) + b"/\xff.jpg", "wb"):  # noqa: PTH123 - Path does not take bytes
        pass
    write(root / "a\nb.jpg")
    write(root / ("k" * 201) / "a.jpg")
    write(root / "größe.jpg")
    folder = WatchedFolder(root)
    folder.poll()
    assert names(folder.poll()) == ["größe.jpg"]
    assert len(folder.refused) == 3
    assert all(sentence.isprintable() for sentence in folder.refused)


def test_a_folder_that_is_not_there(root):
    folder = WatchedFolder(root / "none")
    with pytest.raises(UnreadableError):
        folder.poll()
