"""A web server of somebody else: it is called back, and has pictures to fetch."""

import hashlib
import hmac
import json
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = "a secret of both sides"


@dataclass
class Receiver:
    """What came, and what there is to fetch.

    Attributes:
        port: of loopback.
        messages: headers and body of what came, in order.
        answers: status of each of the next answers; 204 without any.
        pictures: bytes by path.
    """

    port: int
    messages: queue.Queue = field(default_factory=queue.Queue)
    answers: list = field(default_factory=list)
    pictures: dict = field(default_factory=dict)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def next(self):
        """The next message, checked as docs/api.md tells; waits for it."""
        headers, body = self.messages.get(timeout=60)
        assert verified(headers["packshot-signature"], body, SECRET)
        return json.loads(body)


def verified(signature, body, secret, *, now=None, tolerance=300):
    """Whether a message is from packshot, and fresh. In docs/api.md, word for word."""
    stated = dict(part.split("=", 1) for part in signature.split(","))
    signed = stated["t"].encode() + b"." + body
    expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    fresh = abs((now or time.time()) - int(stated["t"])) <= tolerance
    return fresh and hmac.compare_digest(expected, stated["v1"])


@contextmanager
def receiving() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            made.messages.put((self.headers, body))
            self.send_response(made.answers.pop(0) if made.answers else 204)
            self.end_headers()

        def do_GET(self):
            data = made.pictures.get(self.path)
            self.send_response(200 if data else 404)
            self.send_header("content-length", str(len(data or b"")))
            self.end_headers()
            self.wfile.write(data or b"")

        def log_message(self, *arguments):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made = Receiver(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()
