"""The regression watch: counts new photos, raises alerts, and knows which of them somebody has seen."""

from __future__ import annotations

import heapq
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from packshot.ledger import audit
from packshot.ledger.errors import NotFoundError
from packshot.ledger.rollout_tables import Alert, Detector
from packshot.ledger.tables import TrailRow
from packshot.rollout.changepoint import badness
from packshot.rollout.usual import RISK, Baseline
from packshot.rollout.watched import SCOPES, WATCHED, Watched, threshold
from packshot.service import suspects, watch_alerts
from packshot.service.background import Background
from packshot.service.watch_cursor import Cursor, behind, position
from packshot.service.watch_scopes import FIRST, Scope, Seen, States

QUIET_PHOTOS, QUIET_DAYS = 50_000, 30.0
"""At most one false alarm is expected in so many photos, or in so many days where these bring more photos."""

_AT_ONCE = 500  # photos of one transaction
_PACE_SECONDS = 3_600.0  # between two counts of how many photos come a day
_DAY, _WEEK = 86_400.0, 7 * 86_400.0


class Regressions(Background):
    """Watches new photos. All that it knows stands in the ledger."""

    name = "regressions"
    event = "watch.failed"
    rest_seconds = retry_seconds = 2.0

    def turn(self) -> float:
        """Look until nothing is new; a look that fails counted nothing, and the next begins where it did."""
        while self.look() and not self._stop.is_set():
            pass
        return self.rest_seconds

    def look(self) -> int:
        """Count what is new, up to 500 photos; how many there were."""
        with self._context.ledger.reading() as session:
            if not behind(session):
                return 0
        with self._context.ledger.transaction() as session:
            cursor = Cursor(session)
            found = cursor.next(_AT_ONCE)
            if not found:
                return 0
            pace = _pace(session, cursor.pace, found[-1].at)
            counted = cursor.first_of_galleries(found)
            states = States(session, counted)
            self._count(session, states, counted, pace)
            states.save()
            cursor.keep(pace)
        return len(found)

    def _count(
        self, session: Session, states: States, counted: Sequence[Seen], pace: Mapping[str, Any]
    ) -> None:
        """Give photos to their detectors, and deal with what happens in the order in which it does."""
        limit = threshold(pace["one_in_photos"])
        streams = _streams(states, counted)
        waiting = list(streams.values())
        events: list[tuple[float, str, _Stream]] = []
        while waiting or events:
            for stream in waiting:
                if (at := stream.advance(states, limit)) is not None:
                    heapq.heappush(events, (at, stream.scope.named(stream.metric), stream))
            if not events:
                break
            at, name, stream = heapq.heappop(events)
            state = states.of(stream.metric, stream.scope)
            if state.recovered and state.alert is not None:
                watch_alerts.close(session, state.alert, name, at)
                states.put(stream.metric, stream.scope, state.anew())
            else:
                alarm = suspects.alarm_at(session, states, stream.metric, stream.scope, at)
                alert = watch_alerts.tell(session, self._context.settings, states, alarm, pace)
                states.put(stream.metric, stream.scope, state.alarmed(alert))
            waiting = [stream]
        for stream in streams.values():  # levels are those from before the look, for all of its photos
            state = states.of(stream.metric, stream.scope)
            learnt = state.learnt(WATCHED[stream.metric].metric, stream.usual)
            if learnt is not state:
                states.put(stream.metric, stream.scope, learnt)


@dataclass(slots=True)
class _Stream:
    """The values of one look for one detector, of which ``done`` were given to it.

    ``usual`` are those that say what is usual, in the metric's unit.
    """

    metric: str
    scope: Scope
    bad: list[float] = field(default_factory=list)
    ceilings: list[float] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    usual: list[float] = field(default_factory=list)
    done: int = 0

    def advance(self, states: States, limit: float) -> float | None:
        """Give the detector its values; the time of the one that gives an alarm or ends one, else None."""
        if self.done == len(self.bad):
            return None
        rest = slice(self.done, None)
        bad, ceilings, at = (np.asarray(part[rest]) for part in (self.bad, self.ceilings, self.at))
        state, count = states.of(self.metric, self.scope).judged(bad, ceilings, limit, at)
        states.put(self.metric, self.scope, state)
        self.done += count
        return self.at[self.done - 1] if state.alarm or state.recovered else None


def _streams(states: States, counted: Sequence[Seen]) -> dict[tuple[str, Scope], _Stream]:
    found: dict[tuple[str, Scope], _Stream] = {}
    levels: dict[tuple[str, Scope, str | None, str | None], tuple[float | None, float | None]] = {}
    for photo in counted:
        for metric, value in photo.values.items():
            measure = WATCHED[metric]
            for scope in photo.scopes:
                stream = found.get((metric, scope))
                if stream is None:
                    stream = found[metric, scope] = _Stream(metric, scope)
                key = metric, scope, photo.merchant, photo.category
                if key not in levels:
                    base = states.usual(metric, scope, photo)
                    levels[key] = (None, None) if base is None else (base.usual, base.ceiling(measure))
                usual, ceiling = levels[key]
                if ceiling is not None:
                    stream.bad.append(badness(measure.metric, value, usual))
                    stream.ceilings.append(ceiling)
                    stream.at.append(photo.at)
                if not photo.trial or scope.kind == "version":
                    stream.usual.append(value)
    return found


def _pace(session: Session, known: Mapping[str, Any], now: float) -> Mapping[str, Any]:
    """How many photos come a day, and what that makes of the rate of false alarms; an hour old at most."""
    if known and abs(now - known["measured_at"]) < _PACE_SECONDS:
        return known
    count, oldest = session.execute(
        select(func.count(), func.min(TrailRow.created_at)).where(
            TrailRow.first, TrailRow.created_at >= now - _WEEK, TrailRow.created_at <= now
        )
    ).one()
    a_day = count / max(1.0, (now - oldest) / _DAY) if count else 0.0
    photos = max(float(QUIET_PHOTOS), QUIET_DAYS * a_day)
    return {
        "photos_a_day": round(a_day, 1),
        "one_in_photos": round(photos),
        "one_in_days": round(photos / a_day, 1) if a_day else None,
        "measured_at": now,
    }


def listing(session: Session, limit: int, *, unseen: bool = False) -> Sequence[Alert]:
    """The newest alerts; only those that nobody has marked as seen where ``unseen``."""
    chosen = select(Alert).order_by(Alert.at.desc(), Alert.id.desc()).limit(limit)
    return session.scalars(chosen.where(Alert.seen_at.is_(None)) if unseen else chosen).all()


def view(row: Alert) -> dict[str, Any]:
    """An alert as users get to see it."""
    hidden = ("open",)
    return {
        "id": row.id,
        "metric": row.metric,
        "scope": row.scope,
        "at": row.at,
        "seen_by": row.seen_by,
        "seen_at": row.seen_at,
        **{key: value for key, value in row.detail.items() if key not in hidden},
    }


def seen(session: Session, alert: str, actor: str) -> Alert:
    """Take note of an alert: what it found is what is usual from now on, and is learnt anew.

    Raises:
        NotFoundError: there is no such alert.
    """
    cursor = Cursor(session)  # no photo is counted meanwhile
    row = session.get(Alert, alert, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFoundError(kind="alert", name=alert)
    if row.seen_at is None:
        row.seen_by, row.seen_at = actor, time.time()
        still = select(Detector).where(Detector.name.in_(row.detail["open"]))
        for detector in session.scalars(still):
            kind = Scope.from_dict(detector.scope).kind
            first = FIRST.get(kind, FIRST["merchant"])
            detector.state = Watched(Baseline(first, again=True)).as_dict()
        row.detail = {**row.detail, "open": []}
        audit.record(session, actor, "watch.seen", row.id, {"metric": row.metric, "scope": row.scope})
    cursor.keep(cursor.pace)
    return row


def status(session: Session) -> dict[str, Any]:
    """How far the watch is, what it promises, and what it follows: detectors by kind of scope and state."""
    said = position(session)
    kinds: dict[str, dict[str, int]] = {}
    for scope, state in session.execute(select(Detector.scope, Detector.state).where(Detector.metric != "")):
        found = kinds.setdefault(Scope.from_dict(scope).kind, {"learning": 0, "watching": 0, "alarmed": 0})
        watched = state["detector"] is not None
        found["alarmed" if state["alert"] else "watching" if watched else "learning"] += 1
    return {
        "photos": said.get("photos", 0),
        "up_to": said.get("at"),
        "pace": {key: value for key, value in said.get("pace", {}).items() if key != "measured_at"},
        "detectors": {kind: kinds[kind] for kind in sorted(kinds)},
        "rule": f"A photo feeds at most {len(WATCHED)} metrics in {SCOPES} scopes; each detector's threshold "
        f"is {len(WATCHED) * SCOPES} times the photos in which one false alarm of all is allowed. "
        f"A limit of what is usual is too low with a chance of at most {RISK:g}, once a detector.",
    }
