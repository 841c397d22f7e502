"""Deciding about one photo, after which the next one of the queue comes."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from starlette.datastructures import FormData, UploadFile

from packshot.errors import TooLargeError, UsageError
from packshot.ledger import queue
from packshot.service import browse, reviewing
from packshot.service.context import Context
from packshot.service.options import Options
from packshot.web.auth import Parts
from packshot.web.review.names import Id
from packshot.web.review.pages import PageRoute, go
from packshot.web.review.reasons import reason_of
from packshot.web.review.visitor import Decider, Sent
from packshot.web.review.wanted import address, of_form

router = APIRouter(prefix="/review", route_class=PageRoute, include_in_schema=False)

ROLE = "backend."
"""Begins the name of a field that chooses the backend of a role."""


@router.post("/{job}/approve")
def approve(job: Id, request: Request, parts: Parts, who: Decider, sent: Sent) -> Response:
    """Publish it as it is."""
    following = _next(parts, job, sent)
    reviewing.approve(parts, [job], who.name)
    return go(request, following)


@router.post("/{job}/reject")
def reject(job: Id, request: Request, parts: Parts, who: Decider, sent: Sent) -> Response:
    """Its merchant must send another one."""
    following = _next(parts, job, sent)
    reviewing.reject(parts, [job], who.name, reason_of(sent))
    return go(request, following)


@router.post("/{job}/redo")
def redo(job: Id, request: Request, parts: Parts, who: Decider, sent: Sent) -> Response:
    """Treat it again with other options; its page shows how that goes."""
    chosen = {
        name.removeprefix(ROLE): str(value)
        for name, value in sent.multi_items()
        if name.startswith(ROLE) and value
    }
    with parts.ledger.reading() as session:
        before = Options.model_validate(queue.find(session, job).options)
    options = Options.model_validate(
        {"hint": sent.get("hint", "all"), "backends": chosen, "channels": before.channels}
    )
    reviewing.redo(parts, job, who.name, options)
    return go(request, address(f"/review/{job}", of_form(sent)))


@router.post("/{job}/erase")
async def erase(job: Id, request: Request, parts: Parts, who: Decider, sent: Sent) -> Response:
    """Fill what was painted over; its page shows how that goes."""
    mask = sent.get("mask")
    if not isinstance(mask, UploadFile):
        raise UsageError(
            detail="The form has no file `mask`: a PNG of the photo's size, white where painted."
        )
    limit = parts.settings.upload_bytes
    if mask.size is not None and mask.size > limit:
        raise TooLargeError(name="the mask", found=mask.size, unit="bytes", limit=limit)
    data = await mask.read()
    await run_in_threadpool(reviewing.erase, parts, job, who.name, data)
    return go(request, address(f"/review/{job}", of_form(sent)))


def _next(context: Context, job: str, sent: FormData) -> str:
    """Where to go on after ``job`` is decided: the photo after it, else the one before, else the queue."""
    wanted = of_form(sent)
    with context.ledger.reading() as session:
        beside = browse.neighbours(session, queue.find(session, job), wanted)
    name = beside.after or beside.before
    return address(f"/review/{name}" if name else "/review", wanted)
