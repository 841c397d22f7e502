"""The CDN's hook is told what changed, signed, and its failures are told."""

import hashlib
import hmac
import json
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from threading import Thread

import pytest
from PIL import Image

from packshot.edges.publish import Product, Publisher, Purge, ToPublish
from packshot.edges.publish.purge import SIGNATURE
from packshot.edges.storage import open_storage
from packshot.errors import UsageError

SECRET = "a shared secret"
BASE = "https://media.example"
LAMP = Product("a b", "lamp")


@pytest.fixture
def hook():
    """A hook on loopback: gives the statuses in ``answers``, then 204; keeps what it was sent."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            server.calls.append((self.path, dict(self.headers.items()), body))
            self.send_response(server.answers.popleft() if server.answers else 204)
            self.send_header("location", "/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_): ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.calls, server.answers = [], deque()
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def purge(hook):
    return Purge(f"http://127.0.0.1:{hook.server_port}/purge", SECRET)


@pytest.fixture
def publisher(tmp_path, purge):
    return Publisher(open_storage(str(tmp_path)), BASE, purge)


def publish(publisher, item="item-1", colour="red"):
    written = BytesIO()
    Image.new("RGB", (8, 8), colour).save(written, "png")
    file = ToPublish(None, "png", 8, 8, written.getvalue())
    return publisher.publish(LAMP, "front", item=item, batch="batch", files=[file])


def told(hook):
    """The URLs of each call."""
    return [json.loads(body)["urls"] for _, _, body in hook.calls]


def test_a_purge_is_signed(hook, purge):
    assert purge.send(["https://media.example/ü"]) is None
    ((path, headers, body),) = hook.calls
    assert path == "/purge"
    assert json.loads(body) == {"urls": ["https://media.example/ü"]}
    stamp, signature = headers[SIGNATURE].split(",")
    signed = stamp.removeprefix("t=").encode() + b"." + body
    assert signature == "v1=" + hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert headers["content-type"] == "application/json"


def test_a_passing_trouble_is_waited_for(hook, purge):
    hook.answers.extend([503, 429])
    assert purge.send(["u"]) is None
    assert len(hook.calls) == 3


def test_a_lasting_trouble_is_told_after_some_tries(hook, purge):
    hook.answers.extend([500] * 9)
    assert purge.send(["u"]) == "the purge hook answered 500"
    assert len(hook.calls) == 3


@pytest.mark.parametrize("status", [302, 400, 403])
def test_a_refusal_is_told_at_once_and_redirects_are_not_followed(hook, purge, status):
    hook.answers.append(status)
    assert purge.send(["u"]) == f"the purge hook answered {status}"
    assert len(hook.calls) == 1


def test_a_hook_that_is_gone_is_told(hook, purge):
    hook.server_close()
    assert "cannot be reached" in purge.send(["u"])


@pytest.mark.parametrize("url", ["", "example.com", "ftp://x/", "https://", "http://a:b/", "http://a\0"])
def test_addresses_are_checked(url):
    with pytest.raises(UsageError, match="purge hook"):
        Purge(url, SECRET)


def test_the_secret_is_needed_and_not_shown():
    with pytest.raises(UsageError, match="secret"):
        Purge("https://x/", "")
    assert SECRET not in repr(Purge("https://x/", SECRET))


def test_a_publisher_with_a_hook_needs_urls(tmp_path, purge):
    with pytest.raises(UsageError, match="base URL"):
        Publisher(open_storage(str(tmp_path)), None, purge)


def test_the_manifest_and_what_is_gone_are_purged(hook, publisher):
    manifest = f"{BASE}/products/a%2520b/lamp.json"
    old = publish(publisher, "old").entry
    publish(publisher, "new", "blue")
    assert told(hook) == [[manifest], [manifest, old.files[0].url]]
    hook.calls.clear()
    # A worker that was killed before it purged is made good by the next.
    publish(publisher, "new", "blue")
    assert told(hook) == [[manifest, old.files[0].url]]


def test_files_that_stay_are_not_purged(hook, publisher):
    publish(publisher, "old")
    publish(publisher, "new")
    assert [len(urls) for urls in told(hook)] == [1, 1]


def test_an_item_that_was_replaced_purges_nothing(hook, publisher):
    publish(publisher, "old")
    publish(publisher, "new", "blue")
    hook.calls.clear()
    assert publish(publisher, "old").superseded
    assert hook.calls == []


def test_a_failing_purge_does_not_undo_the_publishing(hook, publisher):
    hook.answers.append(403)
    publication = publish(publisher)
    assert publication.purge_error == "the purge hook answered 403"
    assert publisher.entry(LAMP, "front") == publication.entry
    assert publish(publisher).purge_error is None


def test_unpublishing_purges_too_and_tells_its_failure(hook, publisher):
    entry = publish(publisher).entry
    hook.calls.clear()
    hook.answers.append(403)
    replacement = publisher.replace(LAMP, "front", None, only_if_item="item-1")
    assert (replacement.entry, replacement.purge_error) == (None, "the purge hook answered 403")
    assert told(hook) == [[f"{BASE}/products/a%2520b/lamp.json", entry.files[0].url]]
    # Doing it again tells the CDN again.
    assert publisher.replace(LAMP, "front", None, only_if_item="item-1").purge_error is None


def test_what_is_left_alone_purges_nothing(hook, publisher):
    publish(publisher, "newer")
    hook.calls.clear()
    publisher.replace(LAMP, "front", None, only_if_item="other")
    assert publisher.replace(Product(None, "unknown"), "front", None).entry is None
    assert hook.calls == []
