"""One photo in, one photo out, while the caller waits."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path, PurePath
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from starlette.responses import Response

from packshot.edges.decode import open_photo
from packshot.edges.formats import detect_format
from packshot.edges.provenance import provenance_of
from packshot.errors import UsageError
from packshot.executors.door import Door
from packshot.executors.manifest import Identity
from packshot.executors.outputs import FORMATS, Outputs
from packshot.executors.treatment import Input, Treated, Treatment
from packshot.finding import Finding
from packshot.photo import Photo
from packshot.recipe import Recipe
from packshot.service.masks import decode_mask, mask_png
from packshot.service.treatments import ready
from packshot.stages.inpaint import painted
from packshot.trail import Trail
from packshot.verdict import passes, quality_score
from packshot.web.api import forms
from packshot.web.api.models import Result, Validation
from packshot.web.auth import MAY_SUBMIT, Parts, Submitter
from packshot.web.turnstile import seated

router = APIRouter(tags=["direct"], dependencies=[Depends(seated)])

_HEADERS = {
    "packshot-verdict": "`publish`, `review` or `reject`.",
    "packshot-findings": "Codes of what stands on the result, comma-separated.",
    "packshot-models": "`name@version` of the models that stood ready.",
    "packshot-recipe": "Digest of the recipe.",
    "packshot-skipped": "Why the photo comes back as it was; absent when it was changed.",
}
_IMAGE: dict[int | str, dict[str, Any]] = {
    200: {
        "model": Result,
        "description": "The photo; with `return=json` all that is known about it.",
        "headers": {
            name: {"description": text, "schema": {"type": "string"}} for name, text in _HEADERS.items()
        },
        "content": {f"image/{name}": {} for name in (*FORMATS, "gif", "tiff", "bmp")},
    }
}
_Extra = Callable[[Photo], tuple[Finding, ...]]


@router.post(
    "/remove-text",
    responses=_IMAGE,
    openapi_extra=forms.body_of(forms.RemoveText, "file", example={"hint": "remove-date-stamp"}),
    dependencies=[MAY_SUBMIT],
)
async def remove_text(request: Request, parts: Parts) -> Response:
    """Erase dates, captions, promotional text and watermarks laid over a photo.

    Text printed on the product stays. A photo without overlay comes back byte for byte.
    """
    sent = await forms.read(request, parts, "file")
    asked = forms.RemoveText.model_validate(sent.fields)
    return await _answer(request, sent, asked, "erase_text", {"hint": asked.hint})


@router.post(
    "/upscale",
    responses=_IMAGE,
    openapi_extra=forms.body_of(forms.Upscale, "file", example={"scale": 4}),
    dependencies=[MAY_SUBMIT],
)
async def upscale(request: Request, parts: Parts) -> Response:
    """Enlarge a photo, whatever its size; a degraded one is cleaned on the way."""
    sent = await forms.read(request, parts, "file")
    asked = forms.Upscale.model_validate(sent.fields)
    return await _answer(request, sent, asked, "upscale", {"scale": asked.scale})


@router.post(
    "/crop",
    responses=_IMAGE,
    openapi_extra=forms.body_of(forms.Crop, "file", example={"ratio": "1:1"}),
    dependencies=[MAY_SUBMIT],
)
async def crop(request: Request, parts: Parts) -> Response:
    """Crop and pad a photo to a shape and fill, never cutting the product."""
    sent = await forms.read(request, parts, "file")
    asked = forms.Crop.model_validate(sent.fields)
    if asked.ratio is None and asked.fill is None and asked.channel is None:
        raise UsageError(
            detail="Say what frame you want: ratio, such as 4:5, fill, such as 0.85, or channel."
        )
    options = {"ratio": asked.ratio, "fill": asked.fill, "advice": True}
    wanted = {name: value for name, value in options.items() if value is not None}
    channels = (asked.channel,) if asked.channel else ()
    return await _answer(request, sent, asked, "crop", wanted, channels=channels)


@router.post("/inpaint", responses=_IMAGE, openapi_extra=forms.body_of(forms.Inpaint, "file", "mask"))
async def inpaint(request: Request, parts: Parts, actor: Submitter) -> Response:
    """Fill what is white in `mask`, a picture of the photo's size. All other pixels stay as they are."""
    sent = await forms.read(request, parts, "file", "mask")
    asked = forms.Inpaint.model_validate(sent.fields)
    mask = await run_in_threadpool(decode_mask, sent.files["mask"])

    def extra(photo: Photo) -> tuple[Finding, ...]:
        if mask.shape != photo.pixels.shape[:2]:
            found = f"{mask.shape[1]} x {mask.shape[0]}"
            detail = (
                f"The mask has {found} pixels, the photo {photo.width} x {photo.height}. Send them alike."
            )
            raise UsageError(detail=detail)
        return (painted(mask, actor.name),) if mask.any() else ()

    return await _answer(request, sent, asked, "inpaint", {}, extra=extra)


@router.post(
    "/validate",
    response_model=Validation,
    openapi_extra=forms.body_of(forms.Validate, "file", example={"channel": "amazon-main"}),
    dependencies=[MAY_SUBMIT],
)
async def validate(request: Request, parts: Parts) -> dict[str, Any]:
    """What is wrong with a photo; nothing is changed."""
    sent = await forms.read(request, parts, "file")
    asked = forms.Validate.model_validate(sent.fields)

    def look() -> dict[str, Any]:
        recipe = parts.treatments.recipe
        channels = (asked.channel,) if asked.channel else recipe.channels
        pipeline = _validation(recipe, channels).pipeline
        photo = open_photo(sent.files["file"], name=sent.names["file"], category=asked.category)
        findings = pipeline.inspect(photo)
        return {
            "name": sent.names["file"],
            "passed": passes(findings, asked.threshold),
            "score": round(quality_score(findings), 4),
            "threshold": asked.threshold,
            "width": photo.width,
            "height": photo.height,
            "format": photo.origin.format,
            "findings": [finding.as_dict() for finding in findings],
        }

    async with request.app.state.turnstile.passed():
        return await run_in_threadpool(look)


async def _answer(
    request: Request,
    sent: forms.Sent,
    asked: forms.Asked,
    stage: str,
    options: Mapping[str, Any],
    *,
    channels: tuple[str, ...] = (),
    extra: _Extra | None = None,
) -> Response:
    door, treatment = await run_in_threadpool(_door, stage, json.dumps(options), channels, asked.format)
    name = sent.names["file"]

    def work() -> Treated:
        # Decoding is repeated by the treatment only where a mask has to be held against the photo first.
        found = extra(open_photo(sent.files["file"], name=name)) if extra else ()
        identity = Identity(category=asked.category)
        target = PurePath(name).stem or "photo"
        return treatment.apply(Input(sent.files["file"], name, target, identity, asked.attested_by, found))

    async with request.app.state.turnstile.passed():
        treated = await run_in_threadpool(work)
    if treated.photo is None:
        # What cannot be read is the request's fault: say so as an error, not as a result.
        open_photo(sent.files["file"], name=name)
    if not treated.files:
        raise UsageError(detail="; ".join(treated.trail.decision.reasons))
    verdict = door.verdict(treated.trail.as_dict()).value
    output = treated.files[0]
    skipped = None if treated.trail.changed else _why_nothing(treated.trail)
    headers = _headers(treated.trail, verdict, skipped)
    if asked.return_ == "json":
        body = _everything(treated, verdict, skipped, output.data)
        return JSONResponse(body, headers=headers)
    media = f"image/{detect_format(output.data, output.name)}"
    return Response(output.data, media_type=media, headers=headers)


@lru_cache(maxsize=64)
def _door(stage: str, options: str, channels: tuple[str, ...], fmt: str | None) -> tuple[Door, Treatment]:
    door = Door(stage, json.loads(options), channels)
    return door, Treatment(ready(door.recipe).pipeline, Outputs(Path(), fmt))


@lru_cache(maxsize=16)
def _validation_of(recipe: str, channels: tuple[str, ...]) -> Treatment:
    read = Recipe.model_validate_json(recipe)
    return ready(read.model_copy(update={"stages": (), "channels": channels}))


def _validation(recipe: Recipe, channels: tuple[str, ...]) -> Treatment:
    return _validation_of(recipe.model_dump_json(), channels)


def _headers(trail: Trail, verdict: str, skipped: str | None) -> dict[str, str]:
    used = sorted({name for step in trail.steps for name in step.backends})
    headers = {
        "packshot-verdict": verdict,
        "packshot-findings": ",".join(sorted({finding.code for finding in trail.findings_after})),
        "packshot-models": ",".join(used),
        "packshot-recipe": trail.recipe_digest,
    }
    if skipped is not None:
        headers["packshot-skipped"] = skipped
    return headers


def _why_nothing(trail: Trail) -> str:
    """Why the photo comes back as it was: the codes of what was refused, or that there was nothing to do."""
    noted = sorted({finding.code for step in trail.steps for finding in step.findings})
    return ",".join(noted) if noted else "nothing_to_do"


def _everything(treated: Treated, verdict: str, skipped: str | None, data: bytes) -> dict[str, Any]:
    trail = treated.trail
    photo = trail.photo
    return {
        "verdict": verdict,
        "skipped": skipped is not None,
        "skip_reason": skipped,
        **{name: value for name, value in trail.as_dict().items() if name != "verdict"},
        "digital_source_type": provenance_of(trail.steps).digital_source_type,
        "mask": base64.b64encode(mask_png(trail.mask)).decode() if trail.mask is not None else None,
        "image": {
            "format": detect_format(data, "output"),
            "width": photo.width if photo else None,
            "height": photo.height if photo else None,
            "data": base64.b64encode(data).decode(),
        },
    }
