"""Publishing keeps its promises on a folder and on buckets of two servers."""

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from servers import BUCKET

from packshot.edges.decode import open_photo
from packshot.edges.encode import encode
from packshot.edges.publish import (
    DamagedManifestError,
    Entry,
    Manifest,
    ManifestConflictError,
    MislabelledError,
    Product,
    Publisher,
    TamperedObjectError,
    ToPublish,
    UnstatedProvenanceError,
)
from packshot.edges.storage import MissingObjectError, open_storage
from packshot.edges.xmp import COMPOSITE_WITH_TRAINED, ENHANCED, Provenance
from packshot.errors import UnknownNameError, UsageError

LAMP = Product("Müller & Söhne", "lamp/7")
STATED = Provenance(ENHANCED, ("Ada",), "© Ada", "Ada's")
TYPES = {"jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp"}


def to_publish(seed=0, fmt="jpeg", *, channel=None, stated=STATED):
    """A drawn photo as a file that states its provenance."""
    coarse = np.random.default_rng(seed).integers(0, 255, (6, 8, 3), np.uint8)
    drawn = BytesIO()
    Image.fromarray(coarse).resize((64, 48), Image.Resampling.BICUBIC).save(drawn, "png")
    return ToPublish(channel, fmt, 64, 48, encode(open_photo(drawn.getvalue()), fmt, provenance=stated))


def publish(publisher, item="item-1", slot="front", *, product=LAMP, seed=0, **options):
    options = {"files": [to_publish(seed)], "expected": STATED, **options}
    return publisher.publish(product, slot, item=item, batch="batch", **options)


def publish_many(url, slot, times):
    """Publish items one after another into a slot, as a worker of its own would."""
    publisher, file = Publisher(open_storage(url)), to_publish()
    for number in range(times):
        publish(publisher, f"{slot}-{number}", slot, files=[file])


class Meddling:
    """A storage in which something happens just before a swap."""

    def __init__(self, storage, happen):
        self._storage, self._happen = storage, happen

    def __getattr__(self, name):
        return getattr(self._storage, name)

    def swap(self, *args, **options):
        self._happen()
        return self._storage.swap(*args, **options)


class LostAnswer(Meddling):
    """A storage whose first successful swap is answered as if it had failed."""

    def swap(self, *args, **options):
        done = self._storage.swap(*args, **options)
        answer, self._happen = (done, None) if self._happen is None else (False, None)
        return answer


@pytest.fixture
def publisher(storage):
    return Publisher(storage, "https://media.example/shop/")


def test_a_publication_says_where_everything_is(storage, publisher):
    files = [to_publish(), to_publish(fmt="png", channel="google")]
    publication = publish(publisher, files=files, receipt=b'{"signed": true}')
    jpeg, png = publication.entry.files
    assert (jpeg.channel, jpeg.format, jpeg.width, jpeg.height) == (None, "jpeg", 64, 48)
    assert (png.channel, png.format) == ("google", "png")
    assert jpeg.key == f"renditions/{jpeg.sha256[:2]}/{jpeg.sha256}.jpg"
    assert jpeg.url == f"https://media.example/shop/{jpeg.key}"
    for file, given in zip((jpeg, png), files, strict=True):
        assert storage.read(file.key) == given.data
        assert file.bytes == len(given.data)
    assert storage.read(publication.entry.receipt) == b'{"signed": true}'
    assert (publication.previous, publication.manifest_version) == (None, 1)
    assert not publication.superseded
    assert publication.purge_error is None
    manifest = publisher.manifest(LAMP)
    assert manifest == Manifest(LAMP.merchant, LAMP.product, 1, {"front": publication.entry}, {})
    assert publisher.entry(LAMP, "front") == publication.entry
    assert publisher.entry(LAMP, "back") is None


def test_objects_have_their_type_and_lifetime(bucket_url, bucket_server):
    publisher = Publisher(open_storage(bucket_url))
    files = [to_publish(fmt=fmt) for fmt in TYPES]
    publication = publish(publisher, files=files, receipt=b"{}")
    prefix = bucket_url.rsplit("/", 1)[1]

    def head(key):
        found = bucket_server.client.head_object(Bucket=BUCKET, Key=f"{prefix}/{key}")
        return found["ContentType"], found["CacheControl"]

    for file in publication.entry.files:
        assert head(file.key) == (TYPES[file.format], "public, max-age=31536000, immutable")
        assert file.url is None
    assert head(publication.entry.receipt) == ("application/json", "public, max-age=31536000, immutable")
    assert head(LAMP.key) == ("application/json", "no-cache")


def test_the_same_item_twice_is_published_once(storage, publisher):
    first = publish(publisher)
    keys = storage.list()
    assert publish(publisher) == first
    assert storage.list() == keys
    assert publisher.manifest(LAMP).version == 1


def test_the_same_item_twice_still_knows_what_it_replaced(publisher):
    old = publish(publisher, "old").entry
    new = publish(publisher, "new", seed=1)
    assert new.previous == old
    assert publish(publisher, "new", seed=1) == new


def test_an_item_that_was_replaced_does_not_come_back(publisher):
    old = publish(publisher, "old")
    new = publish(publisher, "new", seed=1)
    late = publish(publisher, "old")
    assert late.superseded
    assert (late.entry, late.manifest_version) == (old.entry, 2)
    assert publisher.entry(LAMP, "front") == new.entry


def test_a_rendition_that_exists_is_not_written_again(bucket_url, bucket_server):
    publisher = Publisher(open_storage(bucket_url))
    (file,) = publish(publisher).entry.files
    key = f"{bucket_url.rsplit('/', 1)[1]}/{file.key}"
    client = bucket_server.client
    # Its metadata would not survive being written again.
    client.put_object(Bucket=BUCKET, Key=key, Body=to_publish().data, Metadata={"mark": "kept"})
    publish(publisher, "item-2", "back")
    assert client.head_object(Bucket=BUCKET, Key=key)["Metadata"] == {"mark": "kept"}
    assert publisher.entry(LAMP, "back").files == (file,)


def test_a_tampered_object_is_not_published(storage, publisher):
    (file,) = publish(publisher).entry.files
    wrong = bytearray(to_publish().data)
    wrong[-3] ^= 1
    for tampered in (bytes(wrong), b"", to_publish().data + b"more"):
        storage.delete(file.key)
        storage.create(file.key, tampered, content_type="image/jpeg")
        with pytest.raises(TamperedObjectError, match=file.sha256):
            publish(publisher, "item-2", "back")
    assert publisher.entry(LAMP, "back") is None
    storage.delete(file.key)
    assert publish(publisher, "item-2", "back").entry.files == (file,)


def test_a_tampered_receipt_is_not_published(storage, publisher):
    key = publish(publisher, receipt=b"{}").entry.receipt
    storage.delete(key)
    storage.create(key, b"[]", content_type="application/json")
    with pytest.raises(TamperedObjectError, match="receipts"):
        publish(publisher, "item-2", "back", receipt=b"{}")
    assert publisher.entry(LAMP, "back") is None


@pytest.mark.parametrize(
    ("expected", "missing"),
    [
        (replace(STATED, digital_source_type=COMPOSITE_WITH_TRAINED), "compositeWithTrained"),
        (replace(STATED, creators=("Ada", "Grace")), "creator 'Grace'"),
        (replace(STATED, rights="© Grace"), "rights '© Grace'"),
        (replace(STATED, credit="Grace's"), 'credit "Grace\'s"'),
    ],
)
def test_what_does_not_state_its_provenance_is_not_published(storage, publisher, expected, missing):
    with pytest.raises(UnstatedProvenanceError, match=missing):
        publish(publisher, expected=expected)
    assert publisher.manifest(LAMP).version == 0
    assert not storage.exists(LAMP.key)


def test_a_file_without_any_statement_is_published_only_if_none_is_expected(publisher):
    silent = to_publish(stated=None)
    with pytest.raises(UnstatedProvenanceError, match="algorithmicallyEnhanced"):
        publish(publisher, files=[to_publish(), silent], expected=Provenance(ENHANCED))
    assert publisher.entry(LAMP, "front") is None
    assert publish(publisher, files=[silent], expected=None).manifest_version == 1


def test_a_file_may_say_more_about_its_source_than_is_expected(publisher):
    composite = to_publish(stated=Provenance(COMPOSITE_WITH_TRAINED))
    assert publish(publisher, files=[composite], expected=Provenance(ENHANCED)).manifest_version == 1


def test_files_are_what_they_are_called(storage, publisher):
    with pytest.raises(MislabelledError, match="published as png, but is jpeg"):
        publish(publisher, files=[replace(to_publish(), format="png")])
    with pytest.raises(UnknownNameError):
        publish(publisher, files=[replace(to_publish(), format="svg")])
    with pytest.raises(UsageError, match="no file"):
        publish(publisher, files=[])
    assert storage.list() == ()


def test_publishers_of_several_slots_lose_nothing(storage_url):
    slots = [f"slot-{number}" for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda slot: publish_many(storage_url, slot, 5), slots))
    manifest = Publisher(open_storage(storage_url)).manifest(LAMP)
    assert manifest.version == 20
    assert {slot: entry.item for slot, entry in manifest.entries.items()} == {
        slot: f"{slot}-4" for slot in slots
    }
    assert {slot: entry.item for slot, entry in manifest.replaced.items()} == {
        slot: f"{slot}-3" for slot in slots
    }


def test_publishing_processes_lose_nothing(storage_url):
    program = "import sys; from test_publish import publish_many; publish_many(*sys.argv[1:3], 5)"
    processes = [
        subprocess.Popen([sys.executable, "-c", program, storage_url, slot], cwd=Path(__file__).parent)
        for slot in ("front", "back")
    ]
    assert [process.wait() for process in processes] == [0, 0]
    manifest = Publisher(open_storage(storage_url)).manifest(LAMP)
    assert manifest.version == 10
    assert {entry.item for entry in manifest.entries.values()} == {"front-4", "back-4"}


def test_one_item_from_many_workers_is_published_once(storage, publisher):
    with ThreadPoolExecutor(6) as pool:
        publications = list(pool.map(lambda _: publish(publisher), range(6)))
    assert len({publication.entry for publication in publications}) == 1
    assert publisher.manifest(LAMP).version == 1
    assert len(storage.list("renditions")) == 1


def test_what_comes_between_is_kept(storage, publisher):
    others = [("rival", "front"), ("other", "back")]
    meddled = Publisher(Meddling(storage, lambda: others and publish(publisher, *others.pop(), seed=1)))
    mine = publish(meddled, "mine", seed=2)
    assert mine.previous.item == "rival"
    assert mine.manifest_version == 3
    assert publisher.entry(LAMP, "back").item == "other"


def test_a_swap_whose_answer_got_lost_is_not_done_twice(storage, publisher):
    old = publish(publisher, "old").entry
    publication = publish(Publisher(LostAnswer(storage, "once")), "new", seed=1)
    assert (publication.entry.item, publication.previous) == ("new", old)
    assert publisher.manifest(LAMP).version == 2
    assert not publication.superseded


def test_retries_are_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr("packshot.edges.publish.publisher._LONGEST_PAUSE_S", 0.0)
    storage = open_storage(str(tmp_path))
    others = iter(range(1000))
    rival = Publisher(storage)
    meddled = Publisher(Meddling(storage, lambda: publish(rival, f"rival-{next(others)}", "back")))
    with pytest.raises(ManifestConflictError) as caught:
        publish(meddled)
    assert caught.value.retryable
    assert publish(rival).entry.item == "item-1"


def test_unpublishing_puts_back_what_was_there(publisher):
    old = publish(publisher, "old").entry
    new = publish(publisher, "new", seed=1)
    assert publisher.replace(LAMP, "front", new.previous, only_if_item="new").entry == old
    assert publisher.manifest(LAMP).entries == {"front": old}
    # Again: nothing changes.
    assert publisher.replace(LAMP, "front", new.previous, only_if_item="new").entry == old
    assert publisher.manifest(LAMP).version == 3
    # And back: the batch is restored.
    assert publisher.replace(LAMP, "front", new.entry, only_if_item="old").entry == new.entry
    assert publish(publisher, "new", seed=1).entry == new.entry


def test_unpublishing_the_first_leaves_nothing(publisher):
    publication = publish(publisher)
    assert publisher.replace(LAMP, "front", publication.previous, only_if_item="item-1").entry is None
    assert publisher.manifest(LAMP).entries == {}
    assert publisher.replace(LAMP, "front", None, only_if_item="item-1").entry is None
    assert publisher.manifest(LAMP).version == 2
    # It was taken back, not replaced: publishing it again is meant.
    assert publish(publisher).manifest_version == 3


def test_unpublishing_never_takes_away_something_newer(publisher):
    old = publish(publisher, "old")
    newer = publish(publisher, "newer", seed=1).entry
    assert publisher.replace(LAMP, "front", old.previous, only_if_item="old").entry == newer
    assert publisher.entry(LAMP, "front") == newer
    publisher.replace(LAMP, "front", None)
    assert publisher.replace(LAMP, "front", newer, only_if_item="old").entry is None


def test_unpublishing_where_nothing_was_writes_nothing(storage, publisher):
    assert publisher.replace(LAMP, "front", None).entry is None
    assert storage.list() == ()


def test_what_is_put_back_must_still_be_there(storage, publisher):
    old = publish(publisher, "old").entry
    new = publish(publisher, "new", seed=1).entry
    storage.delete(old.files[0].key)
    with pytest.raises(MissingObjectError):
        publisher.replace(LAMP, "front", old, only_if_item="new")
    storage.create(old.files[0].key, b"wrong", content_type="image/jpeg")
    with pytest.raises(TamperedObjectError):
        publisher.replace(LAMP, "front", old, only_if_item="new")
    assert publisher.entry(LAMP, "front") == new


def test_a_manifest_that_is_not_ours_is_left_alone(storage, publisher):
    publish(publisher)
    good = json.loads(storage.read(LAMP.key))
    damaged = [
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        json.dumps(good | {"version": "1"}).encode(),
        json.dumps(good | {"from_the_future": 1}).encode(),
        json.dumps(good | {"product": "another"}).encode(),
    ]
    for content in damaged:
        storage.delete(LAMP.key)
        storage.create(LAMP.key, content, content_type="application/json")
        with pytest.raises(DamagedManifestError, match="Nothing was changed"):
            publish(publisher, "item-2")
        with pytest.raises(DamagedManifestError):
            publisher.replace(LAMP, "front", None)
        assert storage.read(LAMP.key) == content


def test_entries_survive_a_database(publisher):
    entry = publish(publisher, receipt=b"{}").entry
    assert Entry.from_dict(json.loads(json.dumps(entry.as_dict()))) == entry


# Dies by SIGKILL before or after the n-th call that writes: the moments in which a crash differs.
KILLED = """
import os, signal, sys
from packshot.edges.publish import Publisher
from packshot.edges.storage import open_storage
from test_publish import publish, to_publish

class Mortal:
    def __init__(self, storage, moment):
        self._storage, self._left = storage, moment

    def __getattr__(self, name):
        found = getattr(self._storage, name)
        return self._counted(found) if name in ("create", "swap") else found

    def _counted(self, call):
        def counted(*args, **options):
            self._tick()
            done = call(*args, **options)
            self._tick()
            return done
        return counted

    def _tick(self):
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self._left -= 1

url, moment = sys.argv[1:]
publisher = Publisher(Mortal(open_storage(url), int(moment)))
publish(publisher, "new", files=[to_publish(1), to_publish(1, "png")], receipt=b"{}")
"""


def test_a_killed_publisher_is_made_good_by_the_next(storage, storage_url):
    publisher = Publisher(storage)
    old = publish(publisher, "old").entry
    files = [to_publish(1), to_publish(1, "png")]
    for moment in range(8):  # before and after: two renditions, the receipt, the manifest
        command = [sys.executable, "-c", KILLED, storage_url, str(moment)]
        done = subprocess.run(command, cwd=Path(__file__).parent, check=False)
        assert done.returncode == -signal.SIGKILL
        # What a shop sees is the old state or the new one, and every object that there is, is whole.
        seen = publisher.entry(LAMP, "front")
        assert (seen.item == "new") is (moment == 7)
        for key in (*storage.list("renditions"), *storage.list("receipts")):
            assert storage.read(key) in [to_publish().data, files[0].data, files[1].data, b"{}"]
        publication = publish(publisher, "new", files=files, receipt=b"{}")
        assert publication.previous == old
        assert publisher.manifest(LAMP).version == 2
        assert len(storage.list()) == 5
        for key in storage.list():
            if key.startswith("receipts/") or key in [file.key for file in publication.entry.files]:
                storage.delete(key)
        storage.delete(LAMP.key)
        assert publish(publisher, "old", files=[to_publish()]).manifest_version == 1
        old = publisher.entry(LAMP, "front")


def test_a_folders_publisher_killed_from_outside_leaves_whole_objects(tmp_path):
    folder = tmp_path / "storage"
    program = (
        "import sys; from test_publish import *\n"
        "publisher = Publisher(open_storage(sys.argv[1]))\n"
        "print(flush=True)\n"
        "for n in range(10_000): publish(publisher, f'item-{n}', f'slot-{n}', seed=n)\n"
    )
    whole = 0
    for _ in range(3):
        command = [sys.executable, "-c", program, str(folder)]
        with subprocess.Popen(command, cwd=Path(__file__).parent, stdout=subprocess.PIPE) as child:
            child.stdout.readline()
            while not (folder / "products").is_dir():  # it is writing
                assert child.poll() is None
            os.kill(child.pid, signal.SIGKILL)
        storage = open_storage(str(folder))
        for key in storage.list("renditions"):
            with Image.open(BytesIO(storage.read(key))) as image:
                image.load()
            whole += 1
        publisher = Publisher(storage)
        for slot, entry in publisher.manifest(LAMP).entries.items():
            assert publisher.replace(LAMP, slot, entry).entry == entry  # looks at its objects first
    assert whole
