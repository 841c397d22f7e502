"""A watched prefix on a real S3 server."""

import os
from itertools import count

import boto3
import pytest
from moto.server import ThreadedMotoServer

from packshot.edges.sources.bucket import Bucket, read_object
from packshot.edges.sources.errors import BadKeyError, GoneError, NotWatchedError
from packshot.edges.sources.offer import Offer
from packshot.errors import TooLargeError, UnreadableError, UsageError

_BUCKETS = (f"shop-{number}" for number in count())


@pytest.fixture(scope="module")
def server():
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def shop(server, monkeypatch):
    """The name of an empty bucket, and a client of it."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in {
        "AWS_ENDPOINT_URL": server,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ALLOW_HTTP": "true",
    }.items():
        monkeypatch.setenv(name, value)
    name, client = next(_BUCKETS), boto3.client("s3")
    client.create_bucket(Bucket=name)
    yield name, lambda key, body=b"photo": client.put_object(Bucket=name, Key=key, Body=body)
    client.close()


def test_photos_below_the_prefix_are_offered_once(shop):
    name, put = shop
    for key in (
        "in/knit/2026/a.jpg",
        "in/b.PNG",
        "in/.c.jpg",
        "in/d.txt",
        "in2/e.jpg",
        "f.jpg",
        "in/g.jpg.part",
    ):
        put(key)
    bucket = Bucket(f"s3://{name}/in/")
    offers = bucket.poll()
    assert [(offer.location, offer.category) for offer in offers] == [
        (f"s3://{name}/in/b.PNG", None),
        (f"s3://{name}/in/knit/2026/a.jpg", "knit"),
    ]
    assert [bucket.read(offer, 5) for offer in offers] == [b"photo", b"photo"]
    assert bucket.poll() == []
    assert Bucket(f"s3://{name}/in").poll() == offers


def test_a_replaced_photo_is_offered_again(shop):
    name, put = shop
    put("a.jpg")
    bucket = Bucket(f"s3://{name}")
    (first,) = bucket.poll()
    put("a.jpg", b"other")
    with pytest.raises(GoneError):
        bucket.read(first, 100)
    (second,) = bucket.poll()
    assert (first.location, first.name) == (second.location, second.name)
    assert first.version != second.version
    assert bucket.read(second, 100) == b"other"
    assert read_object(first.location, (f"s3://{name}",), 100) == b"other"


def test_more_than_a_page(shop):
    name, put = shop
    for number in range(1100):
        put(f"{number}.jpg", b"x")
    assert len(Bucket(f"s3://{name}").poll()) == 1100


def test_odd_keys(shop):
    name, put = shop
    keys = ["a b.jpg", "a+b.jpg", "a%20b.jpg", "ü#~?.jpg", "x%2Fy/z.jpg"]
    for number, key in enumerate(keys):
        put(f"in/{key}", str(number).encode())
    put(f"in/{'k' * 201}/a.jpg")
    bucket = Bucket(f"s3://{name}/in")
    offers = bucket.poll()
    assert {offer.location: bucket.read(offer, 1) for offer in offers} == {
        f"s3://{name}/in/{key}": str(number).encode() for number, key in enumerate(keys)
    }
    assert len({offer.name for offer in offers}) == len(keys)
    assert len(bucket.refused) == 1


@pytest.mark.parametrize("key", ["in/a//b.jpg", "in/../b.jpg"])
def test_a_key_that_hinders_listing_is_named(shop, key):
    name, put = shop
    put("in/a.jpg")
    put(key)
    with pytest.raises(BadKeyError, match=r"\.\./b\.jpg|a//b\.jpg"):
        Bucket(f"s3://{name}/in").poll()


def test_the_limit(shop):
    name, put = shop
    put("a.jpg", bytes(100_000))
    bucket = Bucket(f"s3://{name}")
    (offer,) = bucket.poll()
    assert len(bucket.read(offer, 100_000)) == 100_000
    with pytest.raises(TooLargeError):
        bucket.read(offer, 99_999)


def test_nothing_beside_the_prefix_can_be_read(shop):
    name, put = shop
    for key in ("secret.jpg", "in2/a.jpg", "in/a.jpg"):
        put(key)
    bucket = Bucket(f"s3://{name}/in")
    for location in (
        f"s3://{name}/secret.jpg",
        f"s3://{name}/in2/a.jpg",
        f"s3://{name}/in/../secret.jpg",
        f"s3://{name}/in//secret.jpg",
        f"s3://{name}/in",
        f"s3://{name}/in/",
        "s3://other/in/a.jpg",
        "",
    ):
        with pytest.raises(NotWatchedError):
            bucket.read(Offer(location, "x"), 100)
        with pytest.raises(NotWatchedError):
            read_object(location, ("/a/folder", f"s3://{name}/in"), 100)


def test_what_is_not_there(shop):
    name, put = shop
    put("a.jpg")
    bucket = Bucket(f"s3://{name}")
    with pytest.raises(GoneError):
        bucket.read(Offer(f"s3://{name}/none.jpg", "x"), 100)
    with pytest.raises(UnreadableError):
        Bucket("s3://no-such-bucket/in").poll()


@pytest.mark.parametrize("url", ["", "s3://", "s3:///in", "file:///etc", "http://127.0.0.1/", "/a/folder"])
def test_what_is_no_bucket_is_said(url):
    with pytest.raises(UsageError, match="Write s3://"):
        Bucket(url)
