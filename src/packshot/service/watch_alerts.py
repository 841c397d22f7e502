"""Alerts of the regression watch: one for a cause, told once, closed when it is over."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from packshot.ledger import audit
from packshot.ledger.identity import new_id
from packshot.ledger.rollout_tables import Alert
from packshot.rollout.metric import Metric, Scale
from packshot.rollout.usual import Baseline
from packshot.rollout.watched import WATCHED
from packshot.service import alerts, suspects
from packshot.service.settings import Settings
from packshot.service.suspects import Alarm
from packshot.service.watch_scopes import Scope, States

WATCH = "packshot"
"""The actor of what the watch notices."""

_TOGETHER_SECONDS = 3_600.0  # alarms of one cause come within this time
_ALERTS_OF_ONE = 3  # of one metric in that time; what comes on top is listed in the newest
_RECENT = 100  # alerts among which one about the same cause is looked for
_OTHERS = 50  # alarms that an alert lists; more are counted only
_OTHER = ("metric", "scope", "before", "after", "photos", "began_at")

_log = structlog.get_logger(__name__)


def tell(session: Session, settings: Settings, states: States, alarm: Alarm, pace: Mapping[str, Any]) -> str:
    """Make an alert of an alarm, or have it join one about the same cause; the alert's identifier."""
    named, detector = alarm.cause(), alarm.scope.named(alarm.metric)
    row = _about_the_same(session, alarm, named)
    if row is not None:
        own = {"metric": alarm.metric, "scope": alarm.scope.as_dict()}
        own |= suspects.facts(session, alarm, alarm.scope)
        detail = dict(row.detail)
        detail["open"] = [*detail["open"], detector]
        detail["others_count"] += 1
        if len(detail["others"]) < _OTHERS:
            detail["others"] = [*detail["others"], {key: own[key] for key in _OTHER}]
        row.detail = detail
        return row.id
    told = suspects.facts(session, alarm, named)
    baseline = states.of(alarm.metric, alarm.scope).baseline
    detail = {
        "summary": _summary(WATCHED[alarm.metric].metric, named, told),
        **told,
        "unit": WATCHED[alarm.metric].metric.unit,
        "noticed_in": alarm.scope.as_dict(),
        "tolerance": WATCHED[alarm.metric].tolerance,
        "level_from": _level_from(alarm.scope, baseline),
        "one_in_photos": pace["one_in_photos"],
        "one_in_days": pace["one_in_days"],
        "suspects": suspects.suspects(session, alarm, named),
        "others": [],
        "others_count": 0,
        "open": [detector],
        "recovered_at": None,
    }
    row = Alert(id=new_id("alr"), metric=alarm.metric, scope=named.as_dict(), detail=detail, at=alarm.at)
    session.add(row)
    session.flush()
    said = {key: detail[key] for key in ("summary", "before", "after", "photos", "began_at", "unit")}
    said |= {"metric": row.metric, "scope": row.scope}
    audit.record(session, WATCH, "watch.alert", row.id, said)
    more = {"alert": row.id, "suspects": detail["suspects"][:3], "examples": detail["examples"]}
    alerts.announce(session, settings, "watch.alert", said | more)
    _log.warning("watch.alert", alert=row.id, summary=detail["summary"])
    return row.id


def _about_the_same(session: Session, alarm: Alarm, named: Scope) -> Alert | None:
    """The alert that tells of an alarm's cause already; None where it is news."""
    newest = select(Alert).order_by(Alert.at.desc(), Alert.id.desc()).limit(_RECENT)
    lately, rows = alarm.at - _TOGETHER_SECONDS, session.scalars(newest).all()
    still = [row for row in rows if row.seen_at is None and row.detail["recovered_at"] is None]
    for row in still:
        there = Scope.from_dict(row.scope)
        if there == named:
            return row
        if row.metric != alarm.metric or not alarm.explained_by(there):
            continue
        # Of a shop that got worse last week, a merchant that gets worse today is news.
        if row.at >= lately or alarm.photos_of(there) <= alarm.photos_of(alarm.scope):
            return row
    alike = [row for row in rows if row.metric == alarm.metric and row.at >= lately]
    if len(alike) < _ALERTS_OF_ONE:
        return None
    return next((row for row in still if row in alike), None)


def close(session: Session, alert: str, detector: str, at: float) -> None:
    """Write down that a detector sees no more of what an alert tells."""
    row = session.get(Alert, alert)
    if row is None:
        return
    still = [name for name in row.detail["open"] if name != detector]
    row.detail = {**row.detail, "open": still, "recovered_at": None if still else round(at, 3)}


def _level_from(scope: Scope, baseline: Baseline | None) -> str:
    """Where what is usual comes from, for people."""
    if baseline is None:
        return "the whole shop, and the photo's merchant and category where these are shown to differ"
    learnt = f"the first {baseline.values.n:,} photos of {scope.words} that were not on trial"
    return learnt if scope.kind == "merchant" else f"{learnt}, and narrower scopes that are shown to differ"


def _summary(metric: Metric, scope: Scope, told: Mapping[str, Any]) -> str:
    began = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(told["began_at"]))
    before, after = (_words(metric, told[key]) for key in ("before", "after"))
    name = metric.name.replace("_", " ")
    return (
        f"{name} of {scope.words}: {after} since about {began} UTC ({told['photos']} photos), {before} before"
    )


def _words(metric: Metric, value: float | None) -> str:
    if value is None:
        return "unknown"
    if metric.scale is Scale.RATIO:
        return f"{value:.3g} {metric.unit}"
    return f"{value * 100:.3g} %" if metric.binary else f"{value:.3g}"
