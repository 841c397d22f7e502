"""Merchants, and how good the photos are that each one sends."""

from __future__ import annotations

import time

from fastapi import APIRouter, Request
from fastapi.responses import Response

from packshot.ledger.errors import NotFoundError
from packshot.service import browse, measures
from packshot.web.auth import Parts
from packshot.web.review.dashboard import FIGURES, SPANS, Span
from packshot.web.review.names import Part, unsegment
from packshot.web.review.pages import PageRoute, page
from packshot.web.review.visitor import Viewer

router = APIRouter(prefix="/merchants", route_class=PageRoute, include_in_schema=False)

_MOST = 500
_PRODUCTS = 100
_SHOWN = frozenset({"Photos", "Failed checks", "Automation", "Manual edits"})


@router.get("")
def listing(request: Request, parts: Parts, who: Viewer) -> Response:
    """Merchants, those with most photos in review first."""
    with parts.ledger.reading() as session:
        found = browse.merchants(session, limit=_MOST)
    return page(request, "merchants.html", who, merchants=found, most=_MOST, nobody=browse.NOBODY)


@router.get("/{name}")
def scorecard(name: Part, request: Request, parts: Parts, who: Viewer, span: Span = "month") -> Response:
    """A merchant's scorecard."""
    merchant = unsegment(name)
    _, seconds, points = SPANS[span]
    now, step = time.time(), seconds / points
    starts = [now - seconds + number * step for number in range(points)]
    with parts.ledger.reading() as session:
        products = browse.products_of(session, merchant, limit=_PRODUCTS)
        if not products:
            raise NotFoundError(kind="merchant", name=merchant)
        whole = measures.measure(session, now - seconds, now, merchant=merchant)
        everybody = measures.measure(session, now - seconds, now)
        before = measures.measure(session, now - 2 * seconds, now - seconds, merchant=merchant)
        found = measures.flaws(session, now - seconds, now, merchant=merchant)
        curve = [
            (start, measures.measure(session, start, start + step, merchant=merchant)) for start in starts
        ]
        waiting = browse.how_many(session, browse.Wanted(merchant=merchant))
    return page(
        request,
        "merchant.html",
        who,
        merchant=merchant,
        span=span,
        spans=SPANS,
        figures=[figure for figure in FIGURES if figure.name in _SHOWN],
        whole=whole,
        everybody=everybody,
        before=before,
        flaws=found,
        curve=curve,
        seconds=seconds,
        products=products,
        in_review=waiting,
    )
