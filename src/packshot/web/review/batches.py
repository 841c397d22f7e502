"""Batches: how far they are, what became of their photos, and taking them back."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from packshot.ledger import queue
from packshot.service import browse, cancel, publishing, views
from packshot.service.context import Context
from packshot.web.auth import Parts
from packshot.web.review.names import Id
from packshot.web.review.pages import PageRoute, go, page
from packshot.web.review.queue import row_of
from packshot.web.review.visitor import Decider, Sender, Viewer

router = APIRouter(prefix="/batches", route_class=PageRoute, include_in_schema=False)

_PER_PAGE = 40
_JOBS = 60
Name = Annotated[str | None, Query(max_length=100, pattern=r"^[A-Za-z0-9_]+$")]
StateName = Literal["accepted", "processing", "done", "needs_review", "skipped", "failed"]


@router.get("")
def listing(request: Request, parts: Parts, who: Viewer, before: Name = None) -> Response:
    """Batches, the newest first."""
    with parts.ledger.reading() as session:
        found = views.batches(session, before=before, limit=_PER_PAGE)
        shown = [views.batch_view(session, batch) for batch in found]
    following = found[-1].id if len(found) == _PER_PAGE else None
    return page(request, "batches.html", who, batches=shown, following=following, first=before is None)


@router.get("/{batch}")
def one(
    batch: Id,
    request: Request,
    parts: Parts,
    who: Viewer,
    *,
    state: StateName | None = None,
    after: Name = None,
) -> Response:
    """A batch: counts, its photos by state, and what can be done with it."""
    states = views.STATES[state] if state else ()
    with parts.ledger.reading() as session:
        shown = _view(parts, batch)
        jobs = views.jobs(session, batch=batch, states=states, after=after, limit=_JOBS)
        trails = browse.trails_of(session, jobs)
    rows = [(row_of(job, trails.get(job.id)), views.state_of(job)) for job in jobs]
    following = jobs[-1].id if len(jobs) == _JOBS else None
    return page(
        request, "batch.html", who, batch=shown, rows=rows, state=state, following=following, after=after
    )


@router.get("/{batch}/progress")
def progress(batch: Id, request: Request, parts: Parts, who: Viewer) -> Response:
    """The counts as they are now; when nothing moves any more, the page is loaded again."""
    shown = _view(parts, batch)
    if shown["counts"]["accepted"] + shown["counts"]["processing"] == 0:
        return Response(headers={"hx-refresh": "true", "cache-control": "no-store"})
    return page(request, "batch_progress.html", who, batch=shown, state=None)


@router.post("/{batch}/cancel")
def cancelled(batch: Id, request: Request, parts: Parts, who: Sender) -> Response:
    """Skip what nobody has begun."""
    cancel.cancel(parts, batch, who.name)
    return go(request, f"/batches/{batch}")


@router.post("/{batch}/unpublish")
def unpublish(batch: Id, request: Request, parts: Parts, who: Decider) -> Response:
    """Put back what stood before the batch was published."""
    publishing.unpublish(parts, batch, who.name)
    return go(request, f"/batches/{batch}")


@router.post("/{batch}/restore")
def restore(batch: Id, request: Request, parts: Parts, who: Decider) -> Response:
    """Publish again what was taken back."""
    publishing.restore(parts, batch, who.name)
    return go(request, f"/batches/{batch}")


def _view(parts: Context, batch: str) -> dict[str, Any]:
    with parts.ledger.reading() as session:
        return views.batch_view(session, queue.batch(session, batch))
