"""Reading what is submitted: files are kept one by one, so that a large batch never lies in memory."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field, StringConstraints
from starlette.datastructures import UploadFile

from packshot.edges.sources.feed import read_feed
from packshot.errors import TooLargeError, UsageError
from packshot.service.context import Context
from packshot.service.options import Name, Offered, Options
from packshot.service.submit import Idempotency, Submission, keep, refuse_when_full, submit
from packshot.stages.erase_text import Hint
from packshot.web.auth import Actor

MOST_PHOTOS = 10_000
_MOST_FILES = 2_000
_MOST_FIELDS = 30
_LARGEST_FIELD = 4 * 2**20
_Address = Annotated[str, StringConstraints(max_length=2000, pattern=r"^https?://")]


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
        UsageError: it is no order.
        QueueFullError: there is no room, which is found before anything is uploaded.
        TooLargeError: a file is larger than the service takes.
    """
    await run_in_threadpool(refuse_when_full, context, 1)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        try:
            body = await request.json()
        except (ValueError, RecursionError) as error:
            raise UsageError(detail="The body is no JSON.") from error
        return Received(order=Order.model_validate(body))
    if kind != "multipart/form-data":
        raise UsageError(detail="Send multipart/form-data with `files`, or JSON with `photos` or `feed_url`.")
    form = await request.form(max_files=_MOST_FILES, max_fields=_MOST_FIELDS, max_part_size=_LARGEST_FIELD)
    fields: dict[str, Any] = {}
    files: list[tuple[str, str]] = []
    feed = None
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            data = await _read(value, context)
            if name == "files":
                digest = await run_in_threadpool(
                    keep, context, data, value.content_type or "application/octet-stream"
                )
                files.append((value.filename or f"photo-{len(files) + 1}", digest))
            elif name == "feed":
                feed = data
            else:
                raise UsageError(detail=f"The form has a file {name!r}; expected: files, feed.")
        elif name == "channels":
            fields.setdefault("channels", []).append(value)
        elif name == "photos":
            fields["photos"] = _parsed(value)
        else:
            fields[name] = value
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
        photos += [
            Offered(
                name=offer.name,
                location=offer.location,
                product=offer.product,
                category=offer.category,
                merchant=offer.merchant,
            )
            for offer in feed.offers
        ]
    return photos, problems


def _name_of(url: str, number: int) -> str:
    last = url.partition("?")[0].rstrip("/").rsplit("/", 1)[-1]
    return f"{number + 1}-{last}"[:200]


async def _read(file: UploadFile, context: Context) -> bytes:
    limit = context.settings.upload_bytes
    if file.size is not None and file.size > limit:
        raise TooLargeError(name=file.filename or "a file", found=file.size, unit="bytes", limit=limit)
    return await file.read()


def _parsed(text: str) -> Any:  # noqa: ANN401 - checked by the model
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(detail="`photos` is no JSON list.") from error
