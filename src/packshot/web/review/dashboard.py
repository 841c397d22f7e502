"""How it goes: figures of a day, a week or a month, and over time."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response

from packshot.ledger import queue
from packshot.service import measures, watch
from packshot.service.measures import DAY, Measures
from packshot.web.auth import Parts
from packshot.web.review.pages import PageRoute, page
from packshot.web.review.visitor import Viewer
from packshot.web.review.wording import UNKNOWN, duration, percent

router = APIRouter(route_class=PageRoute, include_in_schema=False)

_MOST_ALERTS = 100

Span = Literal["day", "week", "month"]
SPANS: Mapping[str, tuple[str, float, int]] = {
    "day": ("24 hours", DAY, 24),
    "week": ("7 days", 7 * DAY, 28),
    "month": ("30 days", 30 * DAY, 30),
}
"""Each with its name, its seconds, and the points of its curves."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of the dashboard.

    Attributes:
        name: what it is called.
        about: what it says, in a sentence.
        value: takes it out of the measures; None where it is not known.
        shown: puts it in words.
        unit: of its curve; ``percent`` for shares.
    """

    name: str
    about: str
    value: Callable[[Measures], float | None]
    shown: Callable[[float | None], str]
    unit: str


def _count(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:,.0f}"


def _fine(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.3f}"


FIGURES: Sequence[Figure] = (
    Figure("Photos", "that were treated", lambda m: float(m.photos), _count, "photos"),
    Figure("Failed checks", "of photos, as they came", lambda m: m.failed_checks, percent, "percent"),
    Figure("Automation", "of decided photos, seen by nobody", lambda m: m.automation, percent, "percent"),
    Figure("Manual edits", "per 1,000 photos", lambda m: m.edits_per_1000, _count, "per 1,000"),
    Figure("Time to publish", "from arrival, median", lambda m: m.seconds_to_publish, duration, "seconds"),
    Figure("Edge fidelity", "outside the edits, 0 to 1", lambda m: m.edge_fidelity, _fine, "0 to 1"),
    Figure("Artefacts", "of treated photos, seen by a check", lambda m: m.artefact_rate, percent, "percent"),
    Figure("CPU a photo", "processor time, mean", lambda m: m.cpu_seconds, duration, "seconds"),
)


@router.get("/")
def dashboard(request: Request, parts: Parts, who: Viewer, span: Span = "day") -> Response:
    """Figures over a time: as tiles, as curves, and as a table."""
    _, seconds, points = SPANS[span]
    now = time.time()
    with parts.ledger.reading() as session:
        whole = measures.measure(session, now - seconds, now)
        before = measures.measure(session, now - 2 * seconds, now - seconds)
        found = measures.flaws(session, now - seconds, now)
        curve = measures.series(session, now - seconds, now, points)
        queued = queue.waiting(session)
        oldest = queue.oldest_waiting(session)
        alerts = len(watch.listing(session, _MOST_ALERTS, unseen=True))
    return page(
        request,
        "dashboard.html",
        who,
        span=span,
        spans=SPANS,
        figures=FIGURES,
        whole=whole,
        before=before,
        flaws=found,
        curve=curve,
        seconds=seconds,
        queued=queued,
        alerts=alerts,
        queue_age=now - oldest if oldest is not None else None,
    )
