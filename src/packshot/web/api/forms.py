"""What direct requests may send: a multipart form, a query, or JSON with the file in base64."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any, Literal

from fastapi import Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from starlette.datastructures import UploadFile

from packshot.errors import TooLargeError, UsageError
from packshot.service.context import Context
from packshot.service.options import Name
from packshot.stages.erase_text import Hint

_MOST_FIELDS = 20
_LARGEST_FIELD = 16 * 1024


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

    ratio: str | None = None
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
        UsageError: a file is missing, or the body is of another kind.
        TooLargeError: a file is larger than the service takes.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    data: dict[str, bytes] = {}
    names: dict[str, str] = {}
    fields: dict[str, Any] = dict(request.query_params)
    if kind == "multipart/form-data":
        form = await request.form(max_files=len(files), max_fields=_MOST_FIELDS, max_part_size=_LARGEST_FIELD)
        for name, value in form.multi_items():
            if isinstance(value, UploadFile) and name in files:
                data[name] = await value.read()
                names[name] = value.filename or name
            elif isinstance(value, UploadFile):
                raise UsageError(detail=f"The form has a file {name!r}; expected: {', '.join(files)}.")
            else:
                fields[name] = value
    elif kind == "application/json":
        fields |= await _json(request)
        for name in files:
            data[name], names[name] = _from_base64(name, fields.pop(name, None)), name
    else:
        detail = "Send multipart/form-data with the photo as `file`, or JSON with it in base64."
        raise UsageError(detail=detail)
    for name in files:
        if not data.get(name):
            raise UsageError(detail=f"The file {name!r} is missing or empty: -F {name}=@photo.jpg")
        if len(data[name]) > context.settings.upload_bytes:
            limit = context.settings.upload_bytes
            raise TooLargeError(name=names[name], found=len(data[name]), unit="bytes", limit=limit)
    return Sent(files=data, names=names, fields=fields)


async def _json(request: Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except (ValueError, RecursionError) as error:
        raise UsageError(detail="The body is no JSON.") from error
    if not isinstance(body, dict):
        raise UsageError(detail="The JSON body must be an object.")
    return body


def _from_base64(name: str, text: object) -> bytes:
    if not isinstance(text, str):
        raise UsageError(detail=f"Give {name!r} as text in base64.")
    try:
        return base64.b64decode(text, validate=True)
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
    as_text = {name: {"type": "string", "contentEncoding": "base64"} for name in files}
    as_json = multipart | {"properties": {**as_text, **properties}}
    form = {"schema": multipart} | ({"example": example} if example else {})
    return {
        "requestBody": {
            "required": True,
            "content": {"multipart/form-data": form, "application/json": {"schema": as_json}},
        }
    }
