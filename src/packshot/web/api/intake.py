"""Reading what is submitted: files are kept one by one, so that a large batch never lies in memory."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field, StringConstraints

from packshot.edges.sources.feed import read_feed
from packshot.errors import UsageError
from packshot.service.context import Context
from packshot.service.options import Name, Offered, Options
from packshot.service.submit import Idempotency, Submission, keep, refuse_when_full, submit
from packshot.stages.erase_text import Hint
from packshot.web.api.json_body import parsed, read_json
from packshot.web.api.multipart import Allowed, parts
from packshot.web.auth import Actor
from packshot.web.problems import MediaTypeError

MOST_PHOTOS = 10_000
_MOST_FILES = 2_000
_MOST_FIELDS = 30
_MOST_VALUES = 20 * MOST_PHOTOS
_LARGEST_ORDER = 16 * 2**20
_LARGEST_FIELD = 8 * 2**20
_Address = Annotated[str, StringConstraints(max_length=2000, pattern=r"^https?://[^\x00-\x20]+$")]


class Described(BaseModel):
    """A photo by its address, or what is to be known of an uploaded file by its name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name | None = None
    url: _Address | None = None
    product: Name | None = None
    category: Name | None = None
    merchant: Name | None = None


class Order(BaseModel):
    """Everything but the files."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    photos: Annotated[tuple[Described, ...], Field(max_length=MOST_PHOTOS)] = ()
    feed_url: _Address | None = None
    merchant: Name | None = None
    category: Name | None = None
    attested_by: Name | None = None
    hint: Hint = "all"
    channels: tuple[Name, ...] = ()
    callback_url: AnyHttpUrl | None = None


class Received(BaseModel):
    """An order with its files, which are kept already."""

    model_config = ConfigDict(frozen=True)

    order: Order
    files: tuple[tuple[str, str], ...] = ()
    feed: bytes | None = None

    def digest(self) -> str:
        """Of all that makes this request what it is."""
        facts = [self.order.model_dump(mode="json"), self.files]
        found = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
        found.update(self.feed or b"")
        return found.hexdigest()


_SCHEMA = Order.model_json_schema(ref_template="#/components/schemas/{model}")
_INLINE = Described.model_json_schema()


def _body() -> dict[str, Any]:
    order = {key: value for key, value in _SCHEMA.items() if key != "$defs"}
    order["properties"]["photos"] = {"type": "array", "items": _INLINE, "default": []}
    as_form = {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
            "feed": {"type": "string", "format": "binary"},
            **order["properties"],
        },
    }
    example = {
        "photos": [{"url": "https://cdn.example.com/jumper.jpg", "product": "SKU-1", "category": "knit"}],
        "merchant": "acme",
        "attested_by": "Rights desk",
    }
    return {
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {"schema": as_form},
                "application/json": {"schema": order, "example": example},
            },
        }
    }


BODY = _body()
"""What OpenAPI says about the body."""


async def receive(request: Request, context: Context) -> Received:
    """Read a request and keep its files.

    Raises:
        QueueFullError: there is no room, which is found before anything is uploaded.
        MalformedError, MediaTypeError, UsageError: it is no order.
        TooLargeError: a file is larger than the service takes.
    """
    await run_in_threadpool(refuse_when_full, context, 1)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        body = await read_json(request, limit=_LARGEST_ORDER, most_values=_MOST_VALUES)
        return Received(order=Order.model_validate(body))
    if kind != "multipart/form-data":
        raise MediaTypeError(found=kind, choices="multipart/form-data with files, or application/json")
    fields: dict[str, Any] = {}
    files: list[tuple[str, str]] = []
    feed = None
    allowed = Allowed(_MOST_FILES, _MOST_FIELDS, context.settings.upload_bytes, _LARGEST_FIELD)
    async for part in parts(request, allowed):
        if part.filename is not None and part.name == "files":
            digest = await run_in_threadpool(keep, context, part.data, part.media_type)
            files.append((part.filename or f"photo-{len(files) + 1}", digest))
        elif part.filename is not None and part.name == "feed":
            feed = part.data
        elif part.filename is not None:
            raise UsageError(detail=f"The form has a file {part.name!r}; expected: files, feed.")
        elif part.name == "channels":
            fields.setdefault("channels", []).append(part.text)
        elif part.name == "photos":
            fields["photos"] = await run_in_threadpool(parsed, part.data, most_values=_MOST_VALUES)
        else:
            fields[part.name] = part.text
    return Received(order=Order.model_validate(fields), files=tuple(files), feed=feed)


def accept(context: Context, actor: Actor, received: Received, key: str | None) -> dict[str, Any]:
    """Submit what was received; the answer.

    Raises:
        PackshotError: it cannot be accepted; says why.
    """
    order = received.order
    photos, problems = _photos(context, received)
    submission = Submission(
        actor=actor.name,
        source="feed" if received.feed or order.feed_url else "api",
        photos=photos,
        options=Options(hint=order.hint, channels=order.channels),
        merchant=order.merchant,
        category=order.category,
        attested_by=order.attested_by,
        callback_url=str(order.callback_url) if order.callback_url else None,
    )
    once = Idempotency(key, received.digest()) if key else None
    answer = submit(context, submission, once)
    return answer | ({"problems": problems} if problems else {})


def _photos(context: Context, received: Received) -> tuple[Sequence[Offered], list[dict[str, Any]]]:
    order = received.order
    described = {photo.name: photo for photo in order.photos if photo.name and not photo.url}
    photos = []
    for name, digest in received.files:
        facts = described.pop(name, Described())
        photos.append(
            Offered(
                name=name,
                digest=digest,
                product=facts.product,
                category=facts.category,
                merchant=facts.merchant,
            )
        )
    if described:
        raise UsageError(detail=f"`photos` describes {next(iter(described))!r}, but no such file was sent.")
    for number, photo in enumerate(order.photos):
        if photo.url:
            name = photo.name or _name_of(photo.url, number)
            identity = {"product": photo.product, "category": photo.category, "merchant": photo.merchant}
            photos.append(Offered(name=name, location=photo.url, **identity))
        elif photo.name is None:
            raise UsageError(detail=f"photos[{number}] has neither url nor name.")
    content = received.feed
    if order.feed_url:
        content = context.fetcher.fetch(order.feed_url)
    problems: list[dict[str, Any]] = []
    if content is not None:
        feed = read_feed(content)
        problems = [{"line": problem.line, "message": problem.message} for problem in feed.problems[:100]]
        photos += [Offered.of(offer) for offer in feed.offers]
    return photos, problems


def _name_of(url: str, number: int) -> str:
    last = url.partition("?")[0].rstrip("/").rsplit("/", 1)[-1]
    return f"{number + 1}-{last}"[:200]
