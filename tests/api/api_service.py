"""Services that listen, each on a port of loopback of its own."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import uvicorn

from packshot.ledger import keys
from packshot.ledger.keys import Scope
from packshot.service.context import Context, opened
from packshot.service.settings import Settings
from packshot.web.app import create_app

MIB = 2**20
UPLOAD, REQUEST = 2 * MIB, 6 * MIB

# What is below 100 px on a side goes to review, what is larger is published: no model has a say.
RECIPE = "inspect: [low_resolution]\nstages: [erase_text, inpaint]\nchannels: [google]\n"
GOOD, POOR = (200, 200), (60, 60)


@dataclass(frozen=True)
class Service:
    """A service that listens.

    Attributes:
        url: where.
        http: a client of it.
        context: its inside.
        app: its application.
    """

    url: str
    http: httpx.Client
    context: Context
    app: object

    @property
    def port(self):
        return httpx.URL(self.url).port

    def key(self, name, *scopes, per_minute=10_000):
        """The headers of somebody with a new key."""
        with self.context.ledger.transaction() as session:
            _, secret = keys.create(session, name, scopes or tuple(Scope), per_minute)
        return {"authorization": f"Bearer {secret}"}

    def submit(self, *files, headers=None, **fields):
        """The batch made of files, given as name and bytes."""
        sent = [("files", file) for file in files]
        answer = self.http.post("/v1/batches", files=sent, data=fields, headers=headers)
        assert answer.status_code == 202, answer.text
        return answer.json()["id"]

    def events(self, batch):
        """All server-sent events of a batch, until the stream ends."""
        with self.http.stream("GET", f"/v1/batches/{batch}/events") as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            text = "".join(stream.iter_text())
        blocks = [block.split("\n") for block in text.split("\n\n") if block and not block.startswith(":")]
        return [
            (kind.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for kind, data in blocks
        ]

    def finished(self, batch):
        """The jobs of a batch by name, once it is finished."""
        assert self.events(batch)[-1][0] == "finished"
        found = self.http.get(f"/v1/batches/{batch}/jobs").json()["jobs"]
        return {job["name"]: job for job in found}


@contextmanager
def serving(folder: Path, *, require_keys: bool = False, work: bool = True, **settings) -> Iterator[Service]:
    """A service with its home in ``folder``; without ``work`` what is submitted stays where it is."""
    folder.mkdir(parents=True, exist_ok=True)
    recipe = folder / "recipe.yaml"
    recipe.write_text(RECIPE)
    chosen = {"workers": 1, "upload_bytes": UPLOAD, "request_bytes": REQUEST} | settings
    made = Settings.from_environment({}, home=folder / "home", recipe=recipe, **chosen)
    with opened(made) as context, socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)  # who asks early waits
        app = create_app(context, require_keys=require_keys, work=work)
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        try:
            with httpx.Client(base_url=url, timeout=120, trust_env=False) as http:
                yield Service(url, http, context, app)
        finally:
            app.state.closing = server.should_exit = True
            thread.join()


def is_problem(answer, status, code=None):
    """Check that an answer is an error in the one shape; what it says."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert body["type"] == f"urn:packshot:problem:{body['code']}"
    assert code is None or body["code"] == code
    assert body["detail"].strip()
    assert body["title"]
    assert body["request_id"] == answer.headers["x-request-id"]
    assert "Traceback" not in answer.text
    assert "site-packages" not in answer.text
    return body
