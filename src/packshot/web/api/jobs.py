"""One photo of a batch: what became of it, its files, and a person's decision about it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Header, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import Response

from packshot.ledger import queue
from packshot.ledger.errors import NotFoundError
from packshot.ledger.tables import Review, TrailRow
from packshot.service import reviewing, views
from packshot.service.context import Context
from packshot.service.options import Name, Options
from packshot.stages.erase_text import Hint
from packshot.web.api.models import Cursor, Id, Job, Jobs, Reviewed, StateName, Undone
from packshot.web.auth import MAY_READ, Parts, Reviewer

router = APIRouter(prefix="/jobs", tags=["jobs"])

What = Literal["input", "output", "mask", "receipt"]


Reason = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000, pattern=r"^[^\x00]+$")
]


class _Decision(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Approve(_Decision):
    """Publish it as it is."""

    action: Literal["approve"]
    reason: Reason | None = None


class Reject(_Decision):
    """Refuse it: its merchant must send another photo, and reads the reason."""

    action: Literal["reject"]
    reason: Reason


class Redo(_Decision):
    """Treat it again from what came in, in another way."""

    action: Literal["redo"]
    hint: Hint = "all"
    backends: Annotated[dict[Name, Name], Field(examples=[{"filler_texture": "fsr"}])] = {}


Decision = Annotated[Approve | Reject | Redo, Field(discriminator="action")]
_DECISIONS = Body(
    openapi_examples={
        "approve": {"value": {"action": "approve"}},
        "reject": {"value": {"action": "reject", "reason": "The strap is cut off."}},
        "redo": {"value": {"action": "redo", "hint": "remove-date-stamp"}},
    }
)


@router.get("", response_model=Jobs, dependencies=[MAY_READ])
def listing(
    parts: Parts,
    state: StateName | None = None,
    after: Cursor | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> dict[str, Any]:
    """Jobs of all batches, the oldest first; `next` is the `after` of the next page."""
    with parts.ledger.reading() as session:
        states = views.STATES[state] if state else ()
        found = views.jobs(session, batch=None, states=states, after=after, limit=limit)
    shown = [views.job_line(item) for item in found]
    return {"jobs": shown, "next": found[-1].id if len(found) == limit else None}


@router.get("/{job_id}", response_model=Job, dependencies=[MAY_READ])
def one(job_id: Id, parts: Parts) -> dict[str, Any]:
    """A job with its trail, files, publication and reviews."""
    with parts.ledger.reading() as session:
        return views.job_view(session, queue.find(session, job_id))


@router.get(
    "/{job_id}/{what}",
    response_class=Response,
    responses={
        200: {"content": {"image/*": {}, "application/octet-stream": {}, "application/json": {}}},
        304: {"description": "It is still what `If-None-Match` names."},
    },
    dependencies=[MAY_READ],
)
def artefact(
    job_id: Id, what: What, parts: Parts, if_none_match: Annotated[str | None, Header()] = None
) -> Response:
    """The photo as it came or as it leaves, the mask of what was edited, or the signed receipt."""
    digest, media_type = artefact_of(parts, job_id, what)
    etag = f'"{digest}"'
    # A redone photo has other files under the same address.
    headers = {
        "cache-control": "private, no-cache",
        "etag": etag,
        "x-content-type-options": "nosniff",
    }
    if if_none_match == etag:
        return Response(status_code=304, headers=headers)
    return Response(parts.artefacts.get(digest), media_type=media_type, headers=headers)


@router.post("/{job_id}/review", response_model=Reviewed)
def review(
    job_id: Id, decision: Annotated[Decision, _DECISIONS], parts: Parts, actor: Reviewer
) -> dict[str, Any]:
    """Decide about a photo that is in review."""
    if isinstance(decision, Approve):
        made = reviewing.approve(parts, [job_id], actor.name, decision.reason)[0]
    elif isinstance(decision, Reject):
        made = reviewing.reject(parts, [job_id], actor.name, decision.reason)[0]
    else:
        options = Options(hint=decision.hint, backends=decision.backends)
        made = reviewing.redo(parts, job_id, actor.name, options)
    return {"id": job_id, "review": made}


@router.post("/{job_id}/review/{review_id}/undo", response_model=Undone)
def undo(job_id: Id, review_id: Id, parts: Parts, actor: Reviewer) -> dict[str, Any]:
    """Take the last decision about a photo back."""
    with parts.ledger.reading() as session:
        found = session.get(Review, review_id)
    if found is None or found.item_id != job_id:
        raise NotFoundError(kind=f"review of job {job_id}", name=review_id)
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
