"""Alerts: what got worse, where, since when, and what had changed just before."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from packshot.service import watch
from packshot.web.api.models import Id, Seconds
from packshot.web.auth import MAY_READ, Admin, Parts

router = APIRouter(prefix="/alerts", tags=["alerts"])


class Suspect(BaseModel):
    """Something that changed. ``seconds_before`` is negative for what came after the estimated beginning."""

    kind: str
    at: Seconds
    seconds_before: float
    subject: str
    actor: str
    what: str


class Other(BaseModel):
    """Another alarm about the same cause."""

    metric: str
    scope: dict[str, str]
    before: float | None
    after: float | None
    photos: int
    began_at: Seconds


class Alert(BaseModel):
    """A change for the worse.

    ``scope`` is the smallest that explains it, such as ``{"merchant": "acme"}``, empty for the whole shop;
    ``noticed_in`` is that of the detector. ``before`` and ``after`` are means in the metric's ``unit``,
    ``before_of`` is the scope that the former is of. ``one_in_photos`` and ``one_in_days`` say how rarely all
    detectors together give a false alarm.
    """

    id: str
    metric: str
    scope: dict[str, str]
    summary: str
    at: Seconds
    began_at: Seconds
    before: float | None
    before_of: dict[str, str]
    after: float | None
    photos: int
    unit: str
    tolerance: float
    level_from: str
    noticed_in: dict[str, str]
    one_in_photos: float
    one_in_days: float | None
    suspects: list[Suspect]
    examples: list[str]
    others: list[Other]
    others_count: int
    recovered_at: Seconds | None
    seen_by: str | None
    seen_at: Seconds | None


class Alerts(BaseModel):
    """The newest alerts."""

    alerts: list[Alert]


@router.get("", response_model=Alerts, dependencies=[MAY_READ])
def listing(
    parts: Parts, *, limit: Annotated[int, Query(ge=1, le=100)] = 20, unseen: bool = False
) -> dict[str, Any]:
    """Alerts, the newest first; with `unseen` only those that nobody has taken note of."""
    with parts.ledger.reading() as session:
        return {"alerts": [watch.view(row) for row in watch.listing(session, limit, unseen=unseen)]}


@router.post("/{alert_id}/seen", response_model=Alert)
def seen(alert_id: Id, parts: Parts, actor: Admin) -> dict[str, Any]:
    """Take note of an alert: the level that it found is the usual one from now on, and is learnt anew."""
    with parts.ledger.transaction() as session:
        return watch.view(watch.seen(session, alert_id, actor.name))
