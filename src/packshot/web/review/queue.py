"""The queue: photos that wait for a decision, and deciding about several at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from packshot.errors import UsageError
from packshot.ledger.tables import Item, TrailRow
from packshot.service import browse, reviewing
from packshot.service.browse import Wanted
from packshot.service.context import Context
from packshot.web.auth import Parts
from packshot.web.review.pages import PageRoute, go, page
from packshot.web.review.reasons import REASONS, reason_of
from packshot.web.review.visitor import Decider, Sent, Viewer, Visitor
from packshot.web.review.wanted import Narrowed, address, of_form

router = APIRouter(route_class=PageRoute, include_in_schema=False)

PER_PAGE = 60
_MOST = 200
Offset = Annotated[int, Query(ge=0, le=1_000_000)]


@dataclass(frozen=True, slots=True)
class Row:
    """A photo in the queue; ``small`` is the digest of what to show of it, ``codes`` why it is here."""

    item: Item
    small: str | None
    codes: Sequence[str]


@router.get("/review")
def listing(request: Request, parts: Parts, who: Viewer, wanted: Narrowed, offset: Offset = 0) -> Response:
    """The queue, or a part of it; what is likely to cost most comes first."""
    part = request.headers.get("hx-target") == "queue"
    return page(
        request, "queue_list.html" if part else "queue.html", who, **listed(parts, who, wanted, offset)
    )


@router.post("/review/decide")
def decide(request: Request, parts: Parts, who: Decider, sent: Sent) -> Response:
    """Approve or reject several photos of one merchant: all of them or none."""
    names = [str(name) for name in sent.getlist("job")]
    wanted = of_form(sent)
    _check(parts, names)
    if sent.get("action") == "reject":
        reviewing.reject(parts, names, who.name, reason_of(sent))
    else:
        reviewing.approve(parts, names, who.name)
    return again(request, parts, who, wanted)


@router.post("/review/undo")
def undo(request: Request, parts: Parts, who: Decider, sent: Sent) -> Response:
    """Take a decision back, with all that it was about."""
    reviews = [str(name) for name in sent.getlist("review")]
    if not reviews:
        raise UsageError(detail="There is nothing to take back.")
    for review in reviews:
        reviewing.undo(parts, review, who.name)
    job, wanted = str(sent.get("job", "")), of_form(sent)
    return go(request, address(f"/review/{job}", wanted)) if job else again(request, parts, who, wanted)


def listed(parts: Context, who: Visitor, wanted: Wanted, offset: int = 0) -> dict[str, Any]:
    """What the template of the queue needs."""
    with parts.ledger.reading() as session:
        items = browse.in_review(session, wanted, limit=PER_PAGE, offset=offset)
        trails = browse.trails_of(session, items)
        total, found = browse.how_many(session, wanted), browse.choices(session)
        last = browse.last_decision(session, who.name)
        about = {item.id: item for item in browse.named(session, [review.item_id for review in last])}
    return {
        "rows": [row_of(item, trails.get(item.id)) for item in items],
        "total": total,
        "offset": offset,
        "per_page": PER_PAGE,
        "choices": found,
        "wanted": wanted,
        "reasons": REASONS,
        "last": last,
        "about": about,
        "address": address,
    }


def again(request: Request, parts: Context, who: Visitor, wanted: Wanted) -> Response:
    """The queue as it is now: its list where a part of the page asked, else the page."""
    if request.headers.get("hx-target") == "queue":
        return page(request, "queue_list.html", who, **listed(parts, who, wanted))
    return go(request, address("/review", wanted))


def row_of(item: Item, trail: TrailRow | None) -> Row:
    """A photo in a list: as it leaves, or as it came where there is no result."""
    if trail is None:
        return Row(item, None, ())
    errors = [found["code"] for found in trail.body["findings_after"] if found["severity"] == "error"]
    readable = item.photo if trail.body["size_before"] else None
    return Row(item, trail.files[0]["digest"] if trail.files else readable, tuple(dict.fromkeys(errors)))


def _check(parts: Context, names: Sequence[str]) -> None:
    if not names:
        raise UsageError(detail="Nothing is selected. Press x on a photo, or tick it.")
    if len(names) > _MOST:
        raise UsageError(detail=f"At most {_MOST} photos can be decided at once.")
    with parts.ledger.reading() as session:
        merchants = {item.merchant for item in browse.named(session, names)}
    if len(merchants) > 1:
        raise UsageError(
            detail="These photos are of several merchants. Choose photos of one merchant to decide at once."
        )
