"""A rollout: where it is, what its gates say, and moving it by hand."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from starlette.datastructures import FormData

from packshot.errors import UsageError
from packshot.ledger.errors import NotFoundError
from packshot.ledger.keys import Scope
from packshot.ledger.rollout_tables import Comparison
from packshot.rollout.progress import OPEN, Action
from packshot.service import rollouts
from packshot.web.auth import Parts
from packshot.web.review.names import Id
from packshot.web.review.pages import PageRoute, go, page
from packshot.web.review.renditions import Renditions
from packshot.web.review.rollout_view import STATUSES, mark_of, state_of
from packshot.web.review.visitor import Sent, Viewer, Visitor, acting

router = APIRouter(prefix="/rollouts", route_class=PageRoute, include_in_schema=False)

Admin = Annotated[Visitor, Depends(acting(Scope.ADMIN))]
Told = Literal["promote", "advance", "hold", "resume", "roll_back", "abort"]
Kind = Literal["small", "full"]

_LONGEST = 500
_KEPT = "private, max-age=31536000, immutable"


@router.get("/{rollout}")
def one(rollout: Id, request: Request, parts: Parts, who: Viewer) -> Response:
    """A rollout: where it is, what its gates say, and what it came through."""
    with parts.ledger.reading() as session:
        shown = state_of(session, rollouts.find(session, rollout))
    return page(request, "rollout.html", who, statuses=STATUSES, part=False, **shown)


@router.get("/{rollout}/state")
def state(rollout: Id, request: Request, parts: Parts, who: Viewer, seen: str = "") -> Response:
    """What has changed on its page since ``seen``; at the rollout's end the page is loaded again."""
    with parts.ledger.reading() as session:
        row = rollouts.find(session, rollout)
        if row.status not in OPEN:
            return Response(headers={"hx-refresh": "true", "cache-control": "no-store"})
        if seen == mark_of(row):
            return Response(status_code=HTTPStatus.NO_CONTENT, headers={"cache-control": "no-store"})
        shown = state_of(session, row)
    return page(request, "rollout_state.html", who, statuses=STATUSES, part=True, **shown)


@router.post("/{rollout}/{action}")
def move(rollout: Id, action: Told, request: Request, parts: Parts, *, who: Admin, sent: Sent) -> Response:
    """Move it by hand."""
    with parts.ledger.reading() as session:
        row = rollouts.find(session, rollout)
    rollouts.act(parts, row.id, Action(action), who.name, why(sent))
    return go(request, f"/rollouts/{row.id}")


@router.get("/{rollout}/{comparison}/{kind}/{digest}.image")
def picture(
    rollout: Id,
    comparison: Id,
    kind: Kind,
    digest: Id,
    request: Request,
    *,
    parts: Parts,
    _who: Viewer,
) -> Response:
    """What one of the two recipes made of a photo: a picture of that comparison, and no other file."""
    with parts.ledger.reading() as session:
        found = session.get(Comparison, comparison)
    if found is None or found.rollout_id != rollout or digest not in (found.pictures or {}).values():
        raise NotFoundError(kind=f"picture of comparison {comparison}", name=digest)
    renditions: Renditions = request.app.state.renditions
    made = getattr(renditions, kind)(digest)
    return Response(made.data, media_type=made.media_type, headers={"cache-control": _KEPT})


def why(sent: FormData) -> str | None:
    """The reason that somebody gives for what they do; None for none.

    Raises:
        UsageError: it is too long.
    """
    reason = str(sent.get("reason", "")).strip()
    if len(reason) > _LONGEST:
        raise UsageError(detail=f"The reason is longer than {_LONGEST} characters. Say it shorter.")
    return reason or None
