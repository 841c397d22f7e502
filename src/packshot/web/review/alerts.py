"""What got worse, where, since when, and what had changed just before."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from packshot.service import watch
from packshot.web.auth import Parts
from packshot.web.review.intervals import label
from packshot.web.review.names import Id
from packshot.web.review.pages import PageRoute, go, page
from packshot.web.review.rollout import Admin
from packshot.web.review.visitor import Viewer

router = APIRouter(prefix="/alerts", route_class=PageRoute, include_in_schema=False)

_MOST = 100


@router.get("")
def listing(request: Request, parts: Parts, who: Viewer) -> Response:
    """Alerts, those that nobody has taken note of first, and how the watch is doing."""
    with parts.ledger.reading() as session:
        found = [watch.view(row) for row in watch.listing(session, _MOST)]
        standing = watch.status(session)
    found.sort(key=lambda alert: alert["seen_at"] is not None)
    return page(
        request,
        "alerts.html",
        who,
        alerts=found,
        standing=standing,
        labels={a["metric"]: label(a["metric"]) for a in found},
    )


@router.post("/{alert}/seen")
def seen(alert: Id, request: Request, parts: Parts, who: Admin) -> Response:
    """Take note of an alert: its level is the usual one from now on."""
    with parts.ledger.transaction() as session:
        watch.seen(session, alert, who.name)
    return go(request, "/alerts")
