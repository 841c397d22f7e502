"""What direct requests may send: a multipart form, a query, or JSON with the file in base64."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from packshot.errors import TooLargeError, UsageError
from packshot.service.context import Context
from packshot.service.options import Name
from packshot.stages.erase_text import Hint
from packshot.web.api.json_body import read_json
from packshot.web.api.multipart import Allowed, parts
from packshot.web.problems import MalformedError, MediaTypeError

_RATIO = r"^[0-9]{1,5}(\.[0-9]{1,5})?:[0-9]{1,5}(\.[0-9]{1,5})?$"
_MOST_FIELDS = 20
_MOST_VALUES = 1000
_LARGEST_FIELD = 16 * 1024
_LONGEST_NAME = 200
_EXAMPLE = "iVBORw0KGgoAAAANSUhEUgAA..."


def _number(value: object) -> object:
    """A field of a form is text, also where it is a number."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value


class Asked(BaseModel):
    """Fields that every direct request may have.

    Attributes:
        return_: ``image`` for the bytes of the result, ``json`` for all that is known about it.
        format: of the result; the photo's own by default.
        category: product category, which chooses the recipe's profile.
        attested_by: who states the right to alter the photo.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    return_: Annotated[Literal["image", "json"], Field(alias="return")] = "image"
    format: Literal["jpeg", "png", "webp", "avif"] | None = None
    category: Name | None = None
    attested_by: Name | None = None


class RemoveText(Asked):
    """``hint``: what may be removed."""

    hint: Hint = "all"


class Upscale(Asked):
    """``scale``: how much larger each side becomes."""

    scale: Annotated[Literal[2, 4], BeforeValidator(_number)] = 4


class Crop(Asked):
    """``ratio`` such as 4:5, ``fill`` 0 to 1, or a ``channel`` whose frame is wanted."""

    ratio: Annotated[str, Field(pattern=_RATIO, examples=["4:5"])] | None = None
    fill: Annotated[float, Field(gt=0, le=1)] | None = None
    channel: str | None = None


class Inpaint(Asked):
    """Nothing of its own: the mask comes as the file ``mask``."""


class Validate(BaseModel):
    """``threshold``: score from which a photo passes; ``channel``: whose rules apply."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    threshold: Annotated[float, Field(ge=0, le=1)] = 0.8
    channel: str | None = None
    category: Name | None = None


class Sent(BaseModel):
    """The files and fields of a request."""

    model_config = ConfigDict(frozen=True)

    files: dict[str, bytes]
    names: dict[str, str]
    fields: dict[str, Any]


async def read(request: Request, context: Context, *files: str) -> Sent:
    """The files called ``files``, and all other fields; those of a body win over those of the query.

    Raises:
        UsageError: a file is missing or not expected.
        MalformedError, MediaTypeError: the body is none of these.
        TooLargeError: a file is larger than the service takes.
    """
    limit = context.settings.upload_bytes
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        sent = await _form(request, limit, files)
    elif kind == "application/json":
        sent = await _json(request, limit, files)
    else:
        raise MediaTypeError(found=kind, choices="multipart/form-data, or application/json with base64")
    for name in files:
        if not sent.files.get(name):
            raise UsageError(detail=f"The file {name!r} is missing or empty: -F {name}=@photo.jpg")
        if len(sent.files[name]) > limit:
            found = len(sent.files[name])
            raise TooLargeError(name=sent.names[name], found=found, unit="bytes", limit=limit)
    return sent.model_copy(update={"fields": dict(request.query_params) | sent.fields})


async def _form(request: Request, limit: int, files: Sequence[str]) -> Sent:
    sent = Sent(files={}, names={}, fields={})
    async for part in parts(request, Allowed(len(files), _MOST_FIELDS, limit, _LARGEST_FIELD)):
        name = part.name
        if part.filename is None and name in files:
            raise UsageError(detail=f"{name!r} came as text, not as a file: -F {name}=@photo.jpg")
        if part.filename is None:
            sent.fields[name] = part.text
        elif name in files:
            sent.files[name], sent.names[name] = part.data, part.filename[:_LONGEST_NAME] or name
        else:
            raise UsageError(detail=f"The form has a file {name!r}; expected: {', '.join(files)}.")
    return sent


async def _json(request: Request, limit: int, files: Sequence[str]) -> Sent:
    most = len(files) * (limit * 4 // 3 + 4) + _LARGEST_FIELD
    body = await read_json(request, limit=most, most_values=_MOST_VALUES)
    if not isinstance(body, dict):
        raise MalformedError(detail="The JSON body must be an object.")
    data = {name: await run_in_threadpool(_from_base64, name, body.pop(name, None)) for name in files}
    return Sent(files=data, names={name: name for name in files}, fields=body)


def _from_base64(name: str, text: object) -> bytes:
    if not isinstance(text, str):
        raise UsageError(detail=f"Give {name!r} as text in base64.")
    try:
        # Many encoders break lines; only that is let pass.
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise UsageError(detail=f"{name!r} is not base64.") from error


def body_of(model: type[BaseModel], *files: str, example: dict[str, Any] | None = None) -> dict[str, Any]:
    """What OpenAPI says about the body of such a request."""
    schema = model.model_json_schema()
    schema.pop("$defs", None)
    properties = schema["properties"]
    multipart = {
        "type": "object",
        "required": list(files),
        "properties": {**{name: {"type": "string", "format": "binary"} for name in files}, **properties},
        "additionalProperties": False,
    }
    as_text = {name: {"type": "string", "format": "byte", "contentEncoding": "base64"} for name in files}
    as_json = multipart | {"properties": {**as_text, **properties}}
    said, picture = example or {}, dict.fromkeys(files, _EXAMPLE)
    content = {
        "multipart/form-data": {
            "schema": multipart,
            "example": {**dict.fromkeys(files, "@photo.jpg"), **said},
        },
        "application/json": {"schema": as_json, "example": {**picture, **said}},
    }
    return {"requestBody": {"required": True, "content": content}}
