"""What every storage keeps to: a folder, and buckets of two servers."""

import os
import secrets
import signal
import string
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from servers import BUCKET, free_ports, moto_server

from packshot.edges.artefacts import Artefacts, DamagedArtefactError
from packshot.edges.storage import (
    InvalidKeyError,
    MissingObjectError,
    StorageError,
    StorageRefusedError,
    UnconditionalStorageError,
    check_key,
    open_storage,
)
from packshot.errors import TooLargeError, UnreadableError, UsageError

KIND = "application/octet-stream"


def create(storage, key, data):
    return storage.create(key, data, content_type=KIND)


def swap(storage, key, data, tag):
    return storage.swap(key, data, tag, content_type=KIND)


def count_up(storage, times):
    """Add 1 to a number in the storage, ``times`` times, the way a manifest is changed."""
    for _ in range(times):
        while True:
            data, tag = storage.read_tagged("number")
            if swap(storage, "number", b"%d" % (int(data) + 1), tag):
                break


def test_an_object_is_created_once(storage):
    assert create(storage, "a/b.txt", b"first")
    assert not create(storage, "a/b.txt", b"second")
    assert storage.read("a/b.txt") == b"first"
    assert storage.exists("a/b.txt")
    assert storage.size("a/b.txt") == 5


def test_a_file_is_created_from_its_path(storage, tmp_path):
    source = tmp_path / "source"
    source.write_bytes(bytes(range(256)) * 30_000)
    assert create(storage, "large", source)
    assert not create(storage, "large", source)
    assert storage.read("large") == source.read_bytes()


def test_an_empty_object_is_an_object(storage):
    assert create(storage, "empty", b"")
    assert storage.exists("empty")
    assert storage.size("empty") == 0
    assert storage.read("empty", limit=0) == b""


def test_what_is_not_there_is_said(storage):
    assert not storage.exists("a/b")
    assert storage.read_tagged("a/b") is None
    for ask in (storage.read, storage.size):
        with pytest.raises(MissingObjectError, match="a/b"):
            ask("a/b")
    storage.delete("a/b")
    assert storage.list() == ()
    assert storage.list("a") == ()


def test_a_folder_of_keys_is_no_object(storage):
    create(storage, "a/b/c", b"1")
    assert not storage.exists("a/b")
    assert storage.read_tagged("a/b") is None
    with pytest.raises(MissingObjectError):
        storage.read("a/b")
    with pytest.raises(MissingObjectError):
        storage.size("a/b")
    storage.delete("a/b")
    assert storage.read("a/b/c") == b"1"


def test_reading_has_a_limit(storage):
    create(storage, "key", b"12345")
    assert storage.read("key", limit=5) == b"12345"
    with pytest.raises(TooLargeError, match="5 bytes, more than the limit of 4"):
        storage.read("key", limit=4)


def test_a_deleted_object_can_be_created_again(storage):
    create(storage, "key", b"1")
    storage.delete("key")
    assert not storage.exists("key")
    assert create(storage, "key", b"2")


def test_keys_are_listed_in_order_below_a_folder(storage):
    for key in ("b", "a/2", "a/1/x", "ab/3", "a-b"):
        create(storage, key, b"")
    assert storage.list() == ("a-b", "a/1/x", "a/2", "ab/3", "b")
    assert storage.list("a") == ("a/1/x", "a/2")


def test_a_swap_needs_what_was_read(storage):
    assert swap(storage, "key", b"1", None)
    assert not swap(storage, "key", b"2", None)
    data, tag = storage.read_tagged("key")
    assert data == b"1"
    assert swap(storage, "key", b"3", tag)
    assert not swap(storage, "key", b"4", tag)
    assert storage.read("key") == b"3"


def test_a_swap_of_what_is_gone_changes_nothing(storage):
    create(storage, "key", b"1")
    _, tag = storage.read_tagged("key")
    storage.delete("key")
    assert not swap(storage, "key", b"2", tag)
    assert not storage.exists("key")


def test_of_many_creators_one_succeeds(storage):
    def compete(number):
        return [create(storage, f"key{turn}", b"%d" % number) for turn in range(10)]

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(compete, range(8)))
    for turn in range(10):
        winners = [number for number in range(8) if won[number][turn]]
        assert [b"%d" % number for number in winners] == [storage.read(f"key{turn}")]


def test_swaps_of_many_threads_lose_nothing(storage):
    create(storage, "number", b"0")
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: count_up(storage, 10), range(6)))
    assert storage.read("number") == b"60"


def test_swaps_of_many_processes_lose_nothing(storage, storage_url):
    create(storage, "number", b"0")
    program = (
        "import sys; from test_storage import count_up, open_storage; count_up(open_storage(sys.argv[1]), 15)"
    )
    # The storage is opened again in each: what protects it is in no process's memory.
    processes = [
        subprocess.Popen([sys.executable, "-c", program, storage_url], cwd=Path(__file__).parent)
        for _ in range(4)
    ]
    assert [process.wait() for process in processes] == [0] * 4
    assert storage.read("number") == b"60"


@pytest.mark.parametrize(
    "key",
    [
        *("", "/", "/a", "a/", "a//b", ".", "..", "a/../b", "../a", "./a", "a/.", ".packshot/probe", "a/.b"),
        *(
            "a\0b",
            "a\nb",
            "a\x7fb",
            "a\x85b",
            "\ud800",
            "a\\b",
            "x" * 256,
            "é" * 128,
            "/".join(["x" * 100] * 11),
        ),
    ],
)
def test_bad_keys_are_refused_everywhere(tmp_path, key):
    storage = open_storage(str(tmp_path / "storage"))
    for use in (storage.read, storage.read_tagged, storage.exists, storage.size, storage.delete):
        with pytest.raises(InvalidKeyError):
            use(key)
    with pytest.raises(InvalidKeyError):
        create(storage, key, b"1")
    with pytest.raises(InvalidKeyError):
        swap(storage, key, b"1", None)
    if key:
        with pytest.raises(InvalidKeyError):
            storage.list(key)
    assert list(tmp_path.rglob("*")) == []


def test_a_bucket_is_not_asked_for_bad_keys(bucket_url):
    storage = open_storage(bucket_url)
    for use in (
        storage.read,
        storage.read_tagged,
        storage.exists,
        storage.size,
        storage.delete,
        storage.list,
    ):
        with pytest.raises(InvalidKeyError):
            use("../a")
    with pytest.raises(InvalidKeyError):
        create(storage, "../a", b"1")
    with pytest.raises(InvalidKeyError):
        swap(storage, "../a", b"1", None)


PARTS = st.text(
    st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="/\\"), min_size=1, max_size=60
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(key=st.lists(PARTS.filter(lambda part: part[0] != "."), min_size=1, max_size=3).map("/".join))
def test_every_valid_key_leads_to_its_object(storage, key):
    folder = secrets.token_hex(
        8
    )  # a folder on disk stays when its last file goes, and a file cannot be there
    key = f"{folder}/{key}"
    check_key(key)
    assert create(storage, key, key.encode())
    assert storage.read(key) == key.encode()
    assert storage.list(folder) == (key,)


def test_objects_have_their_type_and_lifetime(bucket_url, bucket_server):
    storage = open_storage(bucket_url)
    storage.create("a", b"1", content_type="image/png", cache_control="immutable")
    storage.swap("b", b"1", None, content_type="application/json", cache_control="no-cache")
    _, tag = storage.read_tagged("b")
    storage.swap("b", b"2", tag, content_type="application/json", cache_control="no-cache")
    prefix = bucket_url.rsplit("/", 1)[1]
    for key, kind, lifetime in (("a", "image/png", "immutable"), ("b", "application/json", "no-cache")):
        head = bucket_server.client.head_object(Bucket=BUCKET, Key=f"{prefix}/{key}")
        assert (head["ContentType"], head["CacheControl"]) == (kind, lifetime)


@pytest.mark.parametrize("header", ["If-Match", "If-None-Match"])
def test_a_server_that_forgets_conditions_is_not_written_to(talk_to, header):
    with moto_server(without=header) as server:
        talk_to(server)
        storage = open_storage(f"s3://{BUCKET}/photos")
        for write in (lambda: create(storage, "key", b"1"), lambda: swap(storage, "key", b"1", None)):
            with pytest.raises(UnconditionalStorageError):
                write()
        assert storage.list() == ()


def test_a_server_that_is_gone_is_said(monkeypatch, moto, talk_to):
    talk_to(moto)
    with free_ports(1) as (port,):
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        storage = open_storage(f"s3://{BUCKET}")
        with pytest.raises(StorageError, match=f"s3://{BUCKET} failed at 'key'") as caught:
            storage.read("key")
    assert caught.value.retryable
    assert "\n" not in str(caught.value)


def test_plain_http_must_be_allowed(monkeypatch, moto, talk_to):
    talk_to(moto)
    monkeypatch.delenv("AWS_ALLOW_HTTP")
    with pytest.raises(StorageError):
        open_storage(f"s3://{BUCKET}").read("key")


def test_wrong_credentials_are_said_and_not_repeated(monkeypatch, seaweed, talk_to):
    talk_to(seaweed)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong-and-private")
    with pytest.raises(StorageRefusedError, match="permissions") as caught:
        create(open_storage(f"s3://{BUCKET}"), "key", b"1")
    assert "wrong-and-private" not in str(caught.value)


def test_a_bucket_that_is_not_there_is_said(moto, talk_to):
    talk_to(moto)
    with pytest.raises(StorageError, match="s3://no-such-bucket failed"):
        create(open_storage("s3://no-such-bucket"), "key", b"1")


@pytest.mark.parametrize(
    "url",
    [
        *("", "s3://", "s3:///prefix", "s3://key:secret@bucket/x", "s3://bucket?x=1", "s3://bucket#x"),
        *("gs://bucket", "http://host/x", "file://host/x", "file://relative", "a\0b", "file:///a%00b"),
    ],
)
def test_what_is_no_storage_is_refused(url):
    with pytest.raises(UsageError) as caught:
        open_storage(url)
    assert "secret" not in str(caught.value)


def test_a_prefix_is_a_key():
    with pytest.raises(InvalidKeyError):
        open_storage("s3://bucket/a/../b")


@pytest.mark.parametrize("name", ["plain", "with space", "with#hash?and%20", "ünï"])
def test_a_folder_has_a_path_and_a_url(tmp_path, name):
    folder = tmp_path / name
    create(open_storage(str(folder)), "key", b"1")
    assert (folder / "key").read_bytes() == b"1"
    assert open_storage(folder.as_uri()).read("key") == b"1"


# A child that is killed by itself in the middle of something leaves exactly what a crash leaves there.
KILLED = """
import os, signal, sys
from pathlib import Path
from packshot.edges.storage import folder, open_storage

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def half(source, target, _):
    target.write(source.read()[:1000])
    target.flush()
    die()

url, moment, source = sys.argv[1:]
if moment == "half written":
    folder.shutil.copyfileobj = half
elif moment == "written":
    os.fsync = die
elif moment == "before its rename":
    os.replace = die
else:
    rename = os.replace
    os.replace = lambda *names: (rename(*names), die())
open_storage(url).create("a/b", Path(source), content_type="text/plain")
"""


@pytest.mark.parametrize("moment", ["half written", "written", "before its rename", "after its rename"])
def test_a_killed_writer_leaves_all_or_nothing(tmp_path, moment):
    source, folder = tmp_path / "source", tmp_path / "storage"
    source.write_bytes(b"x" * 5000)
    storage = open_storage(str(folder))
    create(storage, "other", b"1")
    command = [sys.executable, "-c", KILLED, str(folder), moment, str(source)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    there = moment == "after its rename"
    assert storage.list() == (("a/b", "other") if there else ("other",))
    assert create(storage, "a/b", source) is not there
    assert storage.read("a/b") == source.read_bytes()
    assert not list(folder.rglob("*.part"))


def test_a_full_disk_leaves_nothing_and_gives_its_room_back(tmp_path):
    program = (
        "import resource, signal, sys; from packshot.edges.storage import StorageError, open_storage\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try: open_storage(sys.argv[1]).create('key', b'x' * 5000, content_type='text/plain')\n"
        "except StorageError as error: print(error)\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert "too large" in done.stdout
    assert open_storage(str(tmp_path)).list() == ()
    assert not list(tmp_path.rglob("*.part"))


def test_a_file_in_a_folders_place_is_said(tmp_path):
    storage = open_storage(str(tmp_path))
    create(storage, "a", b"1")
    assert not storage.exists("a/b")
    assert storage.read_tagged("a/b") is None
    storage.delete("a/b")
    with pytest.raises(StorageError, match="'a/b'"):
        create(storage, "a/b", b"2")
    create(storage, "c/d", b"3")
    with pytest.raises(StorageError, match="'c'"):
        create(storage, "c", b"4")
    assert storage.list() == ("a", "c/d")


def test_written_files_can_be_read_by_a_web_server(tmp_path):
    old = os.umask(0o022)
    try:
        create(open_storage(str(tmp_path)), "a/b", b"1")
    finally:
        os.umask(old)
    assert (tmp_path / "a/b").stat().st_mode & 0o777 == 0o644


def test_artefacts_are_found_by_their_digest(storage, tmp_path):
    artefacts, data = Artefacts(storage), b"some bytes"
    digest = artefacts.put(data)
    assert artefacts.put(data) == digest
    source = tmp_path / "source"
    source.write_bytes(data)
    assert artefacts.put_file(source) == digest
    assert storage.list() == (f"{digest[:2]}/{digest[2:4]}/{digest}",)
    assert artefacts.get(digest, limit=10) == data
    assert artefacts.exists(digest)
    assert artefacts.size(digest) == 10
    with pytest.raises(TooLargeError):
        artefacts.get(digest, limit=9)
    artefacts.delete(digest)
    assert not artefacts.exists(digest)
    for ask in (artefacts.get, artefacts.size):
        with pytest.raises(MissingObjectError):
            ask(digest)


def test_a_damaged_artefact_is_not_given_out(storage):
    artefacts = Artefacts(storage)
    digest = artefacts.put(b"true")
    key = storage.list()[0]
    storage.delete(key)
    create(storage, key, b"false")
    with pytest.raises(DamagedArtefactError, match=digest):
        artefacts.get(digest)


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 64 + "\n", "٣" * 64])
def test_what_is_no_digest_is_refused(tmp_path, digest):
    artefacts = Artefacts(open_storage(str(tmp_path)))
    for use in (artefacts.get, artefacts.exists, artefacts.size, artefacts.delete):
        with pytest.raises(InvalidKeyError):
            use(digest)


def test_an_artefacts_file_must_be_there(tmp_path):
    with pytest.raises(UnreadableError):
        Artefacts(open_storage(str(tmp_path / "storage"))).put_file(tmp_path / string.ascii_letters)
