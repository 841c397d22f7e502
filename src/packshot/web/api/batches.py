"""Many photos, treated in the background."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from packshot.ledger import queue
from packshot.service import cancel, publishing, views
from packshot.service.context import Context
from packshot.web.api import intake
from packshot.web.api.models import Accepted, Batch, Batches, Cancelled, Cursor, Id, Jobs, StateName, Swapped
from packshot.web.auth import MAY_READ, Parts, Reviewer, Submitter

router = APIRouter(prefix="/batches", tags=["batches"])

Limit = Annotated[int, Query(ge=1, le=500)]
Key = Annotated[str | None, Header(max_length=200, pattern="^[!-~]+$", examples=["order-2026-11-24-1"])]
_LOOK_SECONDS = 0.5
_EVENT = {
    "description": "One event of the stream; `data` is JSON with `total` and `counts`.",
    "type": "object",
    "required": ["event", "data"],
    "properties": {
        "event": {"enum": ["progress", "finished"]},
        "data": {"type": "string", "contentMediaType": "application/json"},
    },
}
_LOOKS_ALIVE = 30
"""After so many looks without news a comment goes out, so that nobody between takes the stream for dead."""


@router.post("", status_code=202, response_model=Accepted, openapi_extra=intake.BODY)
async def submit(
    request: Request,
    response: Response,
    parts: Parts,
    actor: Submitter,
    idempotency_key: Key = None,
) -> dict[str, Any]:
    """Submit photos: files, addresses, or a product feed. Answers as soon as they are safely kept.

    Repeat the request with the same `Idempotency-Key` when no answer came: it is done once.
    """
    received = await intake.receive(request, parts)
    answer = await run_in_threadpool(intake.accept, parts, actor, received, idempotency_key)
    response.headers["location"] = f"/v1/batches/{answer['id']}"
    return answer


@router.get("", response_model=Batches, dependencies=[MAY_READ])
def listing(parts: Parts, before: Cursor | None = None, limit: Limit = 50) -> dict[str, Any]:
    """Batches, the newest first; `next` is the `before` of the next page."""
    with parts.ledger.reading() as session:
        found = views.batches(session, before=before, limit=limit)
        shown = [views.batch_view(session, batch) for batch in found]
    return {"batches": shown, "next": found[-1].id if len(found) == limit else None}


@router.get("/{batch_id}", response_model=Batch, dependencies=[MAY_READ])
def one(batch_id: Id, parts: Parts) -> dict[str, Any]:
    """A batch and how many of its jobs are in each state."""
    with parts.ledger.reading() as session:
        return views.batch_view(session, queue.batch(session, batch_id))


@router.get("/{batch_id}/jobs", response_model=Jobs, dependencies=[MAY_READ])
def jobs(
    batch_id: Id,
    parts: Parts,
    *,
    state: StateName | None = None,
    after: Cursor | None = None,
    limit: Limit = 100,
) -> dict[str, Any]:
    """A batch's jobs in order; `next` is the `after` of the next page."""
    with parts.ledger.reading() as session:
        queue.batch(session, batch_id)
        states = views.STATES[state] if state else ()
        found = views.jobs(session, batch=batch_id, states=states, after=after, limit=limit)
    shown = [views.job_line(item) for item in found]
    return {"jobs": shown, "next": found[-1].id if len(found) == limit else None}


@router.get(
    "/{batch_id}/events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": _EVENT}}}},
    dependencies=[MAY_READ],
)
async def events(batch_id: Id, request: Request, parts: Parts) -> StreamingResponse:
    """Progress as server-sent events: `progress` with the counts when they change, `finished` at the end.

    When the service stops, the stream ends without `finished`; connect again.
    """
    first = await run_in_threadpool(_state, parts, batch_id)
    return StreamingResponse(
        _progress(request, parts, batch_id, first),
        media_type="text/event-stream",
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )


@router.post("/{batch_id}/cancel", response_model=Cancelled)
def cancelled(batch_id: Id, parts: Parts, actor: Submitter) -> dict[str, Any]:
    """Skip what nobody has begun. What is in work is finished, what is done stays."""
    return {"id": batch_id, "skipped": cancel.cancel(parts, batch_id, actor.name)}


@router.post("/{batch_id}/unpublish", response_model=Swapped)
def unpublish(batch_id: Id, parts: Parts, actor: Reviewer) -> dict[str, Any]:
    """Put back what stood before the batch was published."""
    return {"id": batch_id, "photos": publishing.unpublish(parts, batch_id, actor.name)}


@router.post("/{batch_id}/restore", response_model=Swapped)
def restore(batch_id: Id, parts: Parts, actor: Reviewer) -> dict[str, Any]:
    """Publish again what was taken back."""
    return {"id": batch_id, "photos": publishing.restore(parts, batch_id, actor.name)}


def _state(context: Context, batch_id: str) -> dict[str, Any]:
    with context.ledger.reading() as session:
        return views.batch_view(session, queue.batch(session, batch_id))


async def _progress(
    request: Request, context: Context, batch_id: str, first: dict[str, Any]
) -> AsyncIterator[bytes]:
    shown, now, quiet = None, first, 0
    while not request.app.state.closing:
        if now["counts"] != shown:
            shown, quiet = now["counts"], 0
            yield _event("progress", {"total": now["total"], "counts": shown})
        if now["finished_at"] is not None:
            yield _event("finished", {"total": now["total"], "counts": now["counts"]})
            return
        quiet += 1
        if quiet % _LOOKS_ALIVE == 0:
            yield b": still here\n\n"
        await asyncio.sleep(_LOOK_SECONDS)
        if await request.is_disconnected():
            return
        now = await run_in_threadpool(_state, context, batch_id)


def _event(kind: str, body: dict[str, Any]) -> bytes:
    return f"event: {kind}\ndata: {json.dumps(body)}\n\n".encode()
