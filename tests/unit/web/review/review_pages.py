"""A service in a folder with its pages, on a free port; the work of its workers is done by hand."""

import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from threading import Event, Thread
from types import SimpleNamespace

import httpx
import numpy as np
import uvicorn
from fastapi import FastAPI
from PIL import Image

from packshot.ledger import keys
from packshot.ledger.keys import Scope
from packshot.ledger.queue import Lease
from packshot.ledger.tables import Item, Review
from packshot.service.context import Context, opened
from packshot.service.options import Offered
from packshot.service.settings import Settings
from packshot.service.submit import Submission, keep, submit
from packshot.service.work import Workers
from packshot.web.app import create_app

# What is below 100 px on a side goes to review, what is larger is published: no model has a say.
RECIPE = "inspect: [low_resolution]\nstages: [inpaint]\nchannels: [google]\n"
GOOD, POOR = 200, 60


def picture(seed: int = 0, side: int = POOR, kind: str = "PNG", **options: object) -> bytes:
    coarse = np.random.default_rng(seed).integers(0, 255, (6, 8, 3), np.uint8)
    buffer = BytesIO()
    Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC).save(buffer, kind, **options)
    return buffer.getvalue()


class Home:
    """A service, and what tests do with it.

    Attributes:
        context: its parts.
        app: the application.
        client: a browser that keeps cookies and follows no redirect.
        origin: where the service is.
    """

    def __init__(self, context: Context, app: FastAPI, client: httpx.Client) -> None:
        self.context, self.app, self.client = context, app, client
        self.origin = str(client.base_url).rstrip("/")

    def send(self, photos: Mapping[str, bytes], *, product: str | None = None, **said: object) -> str:
        offered = [
            Offered(name=name, digest=keep(self.context, data, "image/png"), product=product)
            for name, data in photos.items()
        ]
        batch = submit(self.context, Submission("shop", "api", offered, **said))["id"]
        self.work()
        return batch

    def work(self) -> None:
        """Move on all that can be moved on now."""
        workers = Workers(self.context)
        while workers.move_one(Lease("worker", 60.0)):
            pass

    def items(self) -> dict[str, Item]:
        with self.context.ledger.reading() as session:
            return {item.name: item for item in session.query(Item)}

    def reviews(self) -> list[Review]:
        with self.context.ledger.reading() as session:
            return session.query(Review).order_by(Review.created_at).all()

    def key(self, name: str, *scopes: Scope) -> SimpleNamespace:
        with self.context.ledger.transaction() as session:
            row, secret = keys.create(session, name, scopes, 100_000)
            return SimpleNamespace(id=row.id, secret=secret)

    def sign_in(self, secret: str, **headers: str):
        self.client.cookies.clear()
        given = {"origin": self.origin, **headers}
        return self.client.post("/login", data={"key": secret, "to": "/review"}, headers=given)

    def token(self) -> str:
        """What forms of the visitor carry."""
        return re.search(r'name="token" value="(\w+)"', self.client.get("/submit").text)[1]

    def post(self, path: str, headers: Mapping[str, str] = {}, **fields: object):
        return self.client.post(path, data={"token": self.token(), **fields}, headers=headers)


@contextmanager
def home(folder: Path, *, require_keys: bool = False, **settings: object) -> Iterator[Home]:
    recipe = folder / "recipe.yaml"
    recipe.write_text(RECIPE)
    said = {"home": folder / "home", "recipe": recipe, **settings}
    with opened(Settings.from_environment({}, **said)) as context:
        app = create_app(context, require_keys=require_keys, work=False)
        with serving(app) as address, httpx.Client(base_url=address, timeout=60) as client:
            yield Home(context, app, client)


class Server(uvicorn.Server):
    """A server that says when it has begun."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.begun = Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.begun.set()


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """The address of a server of ``app``."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = Server(uvicorn.Config(app, log_config=None, access_log=False))
    thread = Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    assert server.begun.wait(60)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()
