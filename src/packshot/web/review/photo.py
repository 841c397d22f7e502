"""One photo: before and after, what was found and done, and what a person can decide."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from packshot.ledger import queue
from packshot.ledger.tables import WAITING, State
from packshot.service import browse, views
from packshot.service.options import Options
from packshot.web.auth import Parts
from packshot.web.review import offers
from packshot.web.review.decide import ROLE
from packshot.web.review.evidence import evidence_of
from packshot.web.review.names import Id
from packshot.web.review.pages import PageRoute, page
from packshot.web.review.reasons import REASONS
from packshot.web.review.visitor import Viewer
from packshot.web.review.wanted import Narrowed, address

router = APIRouter(prefix="/review", route_class=PageRoute, include_in_schema=False)


@router.get("/{job}")
def photo(job: Id, request: Request, parts: Parts, who: Viewer, wanted: Narrowed) -> Response:
    """The page of a photo, whatever became of it."""
    with parts.ledger.reading() as session:
        item = queue.find(session, job)
        seen = views.job_view(session, item)
        attempts = browse.history(session, job)
        beside = browse.neighbours(session, item, wanted)
        left = browse.how_many(session, wanted)
        last = browse.last_decision(session, who.name)
        about = {found.id: found for found in browse.named(session, [review.item_id for review in last])}
    row = next((attempt for attempt in attempts if attempt.id == item.trail_id), None)
    standing = [review for review in seen["reviews"] if review["undone_at"] is None]
    return page(
        request,
        "photo.html",
        who,
        item=item,
        seen=seen,
        row=row,
        attempts=attempts,
        evidence=evidence_of(item, row) if row is not None else None,
        options=Options.model_validate(item.options),
        hints=offers.HINTS,
        backends=offers.backends(parts.treatments.recipe),
        role_field=ROLE,
        reasons=REASONS,
        open=item.state == State.NEEDS_REVIEW,
        working=item.state in WAITING,
        undoable=standing[-1] if standing and item.state not in WAITING else None,
        beside=beside,
        left=left,
        last=last,
        about=about,
        wanted=wanted,
        address=address,
    )


@router.get("/{job}/progress")
def progress(job: Id, request: Request, parts: Parts, who: Viewer) -> Response:
    """How a photo in work gets on; when it is through, the page is loaded again."""
    with parts.ledger.reading() as session:
        item = queue.find(session, job)
    if item.state not in WAITING:
        return Response(headers={"hx-refresh": "true", "cache-control": "no-store"})
    return page(request, "progress.html", who, item=item)
