"""One photo of a batch: what became of it, its files, and a person's decision about it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from packshot.ledger import queue
from packshot.ledger.errors import NotFoundError
from packshot.ledger.tables import TrailRow
from packshot.service import reviewing, views
from packshot.service.context import Context
from packshot.service.options import Name, Options
from packshot.stages.erase_text import Hint
from packshot.web.auth import MAY_READ, Parts, Reviewer

router = APIRouter(prefix="/jobs", tags=["jobs"])

StateName = Literal["accepted", "processing", "done", "needs_review", "skipped", "failed"]
What = Literal["input", "output", "mask", "receipt"]


class ReviewOrder(BaseModel):
    """A decision: `reject` needs a reason, `redo` may say how."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    action: Literal["approve", "reject", "redo"]
    reason: str | None = None
    hint: Hint = "all"
    backends: dict[Name, Name] = {}


@router.get("", dependencies=[MAY_READ])
def listing(
    parts: Parts,
    state: StateName | None = None,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> dict[str, Any]:
    """Jobs of all batches, the oldest first; `next` is the `after` of the next page."""
    with parts.ledger.reading() as session:
        states = views.STATES[state] if state else ()
        found = views.jobs(session, batch=None, states=states, after=after, limit=limit)
    shown = [views.job_line(item) for item in found]
    return {"jobs": shown, "next": found[-1].id if len(found) == limit else None}


@router.get("/{job_id}", dependencies=[MAY_READ])
def one(job_id: str, parts: Parts) -> dict[str, Any]:
    """A job with its trail, files, publication and reviews."""
    with parts.ledger.reading() as session:
        return views.job_view(session, queue.find(session, job_id))


@router.get(
    "/{job_id}/{what}",
    response_class=Response,
    responses={200: {"content": {"image/*": {}, "application/json": {}}}},
    dependencies=[MAY_READ],
)
def artefact(job_id: str, what: What, parts: Parts) -> Response:
    """The photo as it came or as it leaves, the mask of what was edited, or the signed receipt."""
    digest, media_type = artefact_of(parts, job_id, what)
    headers = {"cache-control": "private, max-age=31536000, immutable", "etag": f'"{digest}"'}
    return Response(parts.artefacts.get(digest), media_type=media_type, headers=headers)


@router.post("/{job_id}/review")
def review(job_id: str, order: ReviewOrder, parts: Parts, actor: Reviewer) -> dict[str, Any]:
    """Decide about a photo that is in review."""
    if order.action == "approve":
        made = reviewing.approve(parts, [job_id], actor.name, order.reason)[0]
    elif order.action == "reject":
        made = reviewing.reject(parts, [job_id], actor.name, order.reason or "")[0]
    else:
        options = Options(hint=order.hint, backends=order.backends)
        made = reviewing.redo(parts, job_id, actor.name, options)
    return {"id": job_id, "review": made}


@router.post("/{job_id}/review/{review_id}/undo")
def undo(job_id: str, review_id: str, parts: Parts, actor: Reviewer) -> dict[str, Any]:
    """Take the last decision about a photo back."""
    reviewing.undo(parts, review_id, actor.name)
    return {"id": job_id, "undone": review_id}


def artefact_of(context: Context, job_id: str, what: str) -> tuple[str, str]:
    """Digest and media type of what is asked for.

    Raises:
        NotFoundError: there is no such job, or it has none.
    """
    with context.ledger.reading() as session:
        item = queue.find(session, job_id)
        row = session.get(TrailRow, item.trail_id) if item.trail_id else None
    found: tuple[str | None, str] = (None, "")
    if what == "input":
        found = item.photo, "application/octet-stream"
    elif row is not None and what == "output" and row.files:
        found = row.files[0]["digest"], f"image/{row.files[0]['format']}"
    elif row is not None and what == "mask":
        found = row.mask, "image/png"
    elif row is not None and what == "receipt":
        found = row.receipt, "application/json"
    digest, media_type = found
    if digest is None:
        raise NotFoundError(kind=f"{what} of job", name=job_id)
    return digest, media_type
