"""Sending photos in by hand."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from starlette.datastructures import FormData, UploadFile

from packshot.errors import TooLargeError
from packshot.service.options import Offered, Options
from packshot.service.submit import Submission, keep, refuse_when_full
from packshot.service.submit import submit as accept
from packshot.web.api.intake import Order
from packshot.web.auth import Parts
from packshot.web.review.offers import HINTS
from packshot.web.review.pages import PageRoute, go, page
from packshot.web.review.visitor import Sender, Sent, Viewer, Visitor

router = APIRouter(prefix="/submit", route_class=PageRoute, include_in_schema=False)

SOURCE = "pages"


@router.get("")
def empty(request: Request, parts: Parts, who: Viewer) -> Response:
    """The form."""
    return page(request, "submit.html", who, hints=HINTS, limit=parts.settings.upload_bytes)


@router.post("")
async def submit(request: Request, parts: Parts, who: Sender, sent: Sent) -> Response:
    """Take photos in; the page of their batch shows how they get on."""
    files = [file for file in sent.getlist("files") if isinstance(file, UploadFile) and file.filename]
    await run_in_threadpool(refuse_when_full, parts, max(1, len(files)))
    photos, limit = [], parts.settings.upload_bytes
    for file in files:
        if file.size is not None and file.size > limit:
            raise TooLargeError(name=file.filename, found=file.size, unit="bytes", limit=limit)
        kind = file.content_type or "application/octet-stream"
        digest = await run_in_threadpool(keep, parts, await file.read(), kind)
        # Blank is what an empty field of a form sends.
        photos.append(Offered(name=file.filename or "", digest=digest, product=_said(sent, "product")))
    submission = _submission(who, photos, sent)
    answer = await run_in_threadpool(accept, parts, submission)
    return go(request, f"/batches/{answer['id']}")


def _submission(who: Visitor, photos: list[Offered], sent: FormData) -> Submission:
    fields = {name: _said(sent, name) for name in ("merchant", "category", "attested_by", "hint")}
    order = Order.model_validate({name: value for name, value in fields.items() if value})
    return Submission(
        actor=who.name,
        source=SOURCE,
        photos=photos,
        options=Options(hint=order.hint),
        merchant=order.merchant,
        category=order.category,
        attested_by=order.attested_by,
    )


def _said(sent: FormData, field: str) -> str | None:
    """A field's text; None for a blank one."""
    value = sent.get(field)
    return value.strip() or None if isinstance(value, str) else None
