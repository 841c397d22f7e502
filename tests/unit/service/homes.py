"""A service in a folder, without HTTP, and what is done with it."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image
from sqlalchemy import select

from packshot.edges.publish import Entry
from packshot.ledger.queue import Lease
from packshot.ledger.tables import Delivery, Item, Publication, Review, State
from packshot.service import slots
from packshot.service.context import Context, opened
from packshot.service.options import Offered
from packshot.service.settings import Settings
from packshot.service.submit import Submission, keep, submit
from packshot.service.work import Workers

# What is below 100 px on a side goes to review, what is larger is published: no model has a say.
RECIPE = "inspect: [low_resolution]\nstages: [inpaint]\nchannels: [google]\n"
GOOD, POOR = 200, 60


def picture(seed: int = 0, side: int = GOOD) -> bytes:
    coarse = np.random.default_rng(seed).integers(0, 255, (6, 8, 3), np.uint8)
    buffer = BytesIO()
    Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC).save(buffer, "PNG")
    return buffer.getvalue()


def mask(side: int, left: int, right: int) -> bytes:
    """A picture that is white in these columns."""
    pixels = np.zeros((side, side), np.uint8)
    pixels[20:40, left:right] = 255
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


@contextmanager
def home(folder: Path, **settings: object) -> Iterator[Context]:
    folder.mkdir(parents=True, exist_ok=True)
    recipe = folder / "recipe.yaml"
    recipe.write_text(RECIPE)
    with opened(Settings.from_environment({}, home=folder / "home", recipe=recipe, **settings)) as context:
        yield context


def send(context: Context, photos: Mapping[str, bytes], **said: object) -> str:
    """Submit a batch; its name. ``product`` and ``location`` are of all its photos."""
    of_each = {key: said.pop(key) for key in ("product", "location") if key in said}
    offered = [
        Offered(name=name, digest=keep(context, data, "image/png") if data else None, **of_each)
        for name, data in photos.items()
    ]
    return submit(context, Submission("shop", "api", offered, **said))["id"]


def work(context: Context, owner: str = "worker") -> None:
    """Move on all that can be moved on now."""
    workers = Workers(context)
    while workers.move_one(Lease(owner, context.settings.lease_seconds)):
        pass


def items(context: Context, batch: str) -> dict[str, Item]:
    with context.ledger.reading() as session:
        return {item.name: item for item in session.scalars(select(Item).where(Item.batch_id == batch))}


def only(context: Context, batch: str) -> Item:
    (item,) = items(context, batch).values()
    return item


def rows(context: Context, kind: type, *conditions: object) -> list:
    with context.ledger.reading() as session:
        return list(session.scalars(select(kind).where(*conditions)))


def shown(context: Context, item: Item) -> Entry | None:
    """What is published in an item's place."""
    return context.publisher.entry(slots.product_of(item), item.name)


def in_review(context: Context, **photos: bytes) -> list[Item]:
    """Photos that have come as far as a person."""
    found = photos or {"a": picture(0, POOR)}
    batch = send(context, {f"{name}.png": data for name, data in found.items()})
    work(context)
    there = list(items(context, batch).values())
    assert {item.state for item in there} == {State.NEEDS_REVIEW}
    return there


def again(context: Context, item: Item) -> Item:
    """The item as it is now."""
    with context.ledger.reading() as session:
        return session.get_one(Item, item.id)


def due_now(context: Context) -> None:
    """Let the time pass that something was put off for."""
    with context.ledger.transaction() as session:
        for item in session.scalars(select(Item).where(Item.lease_until.is_not(None))):
            item.lease_until = time.time() - 1


def standing(context: Context) -> list[Publication]:
    return rows(context, Publication, Publication.unpublished_at.is_(None))


def deliveries(context: Context) -> list[Delivery]:
    return rows(context, Delivery)


def reviews(context: Context) -> list[Review]:
    return rows(context, Review)
