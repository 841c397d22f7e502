"""What stands behind an alarm: the smallest scope that explains it, and what had changed just before."""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from packshot.ledger.rollout_tables import ExperimentRow, RecipeRow, Rollout, Transition
from packshot.ledger.tables import AuditEntry, Batch, Item, Merchant, TrailRow
from packshot.rollout.changepoint import badness
from packshot.rollout.metric import Scale
from packshot.rollout.usual import Measure
from packshot.rollout.watched import WATCHED
from packshot.service.watch_scopes import SHOP, Scope, Seen, States, first_trails, photos

MOST_SUSPECTS = 10
EXAMPLES = 10

_DAY = 86_400.0
_BEFORE_SECONDS = 2 * _DAY  # how long before a change its cause is looked for
_PAST_SECONDS = 30 * _DAY
_AFTER_PHOTOS, _BEFORE_PHOTOS = 3_000, 1_000  # looked at, at most
_COVERS = 2 / 3  # part of what is in excess that a scope must hold to explain it
_QUIET = 1 / 4  # outside of it, photos may be in excess by this part of what they are inside
_PRIOR = 5.0  # as many photos without excess are imagined outside, so that three unlucky ones decide nothing
_LEAST_BEFORE = 20


@dataclass(frozen=True, slots=True)
class Alarm:
    """A detector's alarm, and the photos around it.

    Attributes:
        metric: that got worse.
        scope: where that was noticed.
        began: estimate of when, seconds.
        at: when it was noticed: the time of the photo that gave the alarm.
        after: photos since then, of the whole shop, that say something about the metric; the oldest first.
        excess: by how much each of them is worse than allowed, as badness.
        before: of the photos just before, how many each scope had.
    """

    metric: str
    scope: Scope
    began: float
    at: float
    after: tuple[Seen, ...]
    excess: Mapping[str, float]
    before: Mapping[Scope, int]

    @property
    def measure(self) -> Measure:
        """The metric and its tolerance."""
        return WATCHED[self.metric]

    def photos_of(self, scope: Scope) -> int:
        """How many of the photos are of a scope."""
        return sum(scope in photo.scopes for photo in self.after)

    def explained_by(self, scope: Scope) -> bool:
        """Whether most of the excess where it was noticed lies in ``scope`` as well."""
        return _covers(self._shared(), scope, self.scope)

    def _shared(self) -> Mapping[Scope, float]:
        """The excess of the photos where it was noticed, by the scopes that these belong to."""
        found: dict[Scope, float] = defaultdict(float)
        for photo in self.after:
            if self.scope in photo.scopes:
                for scope in photo.scopes:
                    found[scope] += self.excess[photo.id]
        return found

    def cause(self) -> Scope:
        """The scope of fewest photos that holds the excess and outside of which little of it is left.

        Photos from before count as well, so that a version that is new is suspected before its categories.
        """
        inside: dict[Scope, list[float]] = defaultdict(list)
        for photo in self.after:
            for scope in photo.scopes:
                inside[scope].append(self.excess[photo.id])
        total, count, shared = math.fsum(self.excess.values()), len(self.after), self._shared()
        kinds = ("merchant", "category", "shop", "version")  # of equal ones the first: all is one version
        order = sorted(
            inside, key=lambda s: (self.before.get(s, 0) + len(inside[s]), kinds.index(s.kind), s.value)
        )
        for scope in order:
            mine = math.fsum(inside[scope])
            outside = (total - mine) / (count - len(inside[scope]) + _PRIOR)
            quiet = mine > 0.0 and outside <= _QUIET * mine / len(inside[scope])
            if quiet and _covers(shared, scope, self.scope):
                return scope
        return self.scope


def _covers(shared: Mapping[Scope, float], scope: Scope, noticed: Scope) -> bool:
    total = shared.get(noticed, 0.0)
    return shared.get(scope, 0.0) >= _COVERS * total if total > 0.0 else scope == noticed


def alarm_at(session: Session, states: States, metric: str, scope: Scope, at: float) -> Alarm:
    """The alarm that a detector gives ``at`` a photo's time, with the photos up to then."""
    began = states.of(metric, scope).began.at
    newest = first_trails().where(TrailRow.created_at.between(began, at)).order_by(TrailRow.created_at.desc())
    found = [p for p in photos(session, newest.limit(_AFTER_PHOTOS)) if metric in p.values][::-1]
    states.load(found)
    kept, excess = [], {}
    for photo in found:
        usual = states.usual(metric, SHOP, photo) or states.usual(metric, scope, photo)
        ceiling = usual.ceiling(WATCHED[metric]) if usual is not None else None
        if usual is not None and ceiling is not None:
            excess[photo.id] = badness(WATCHED[metric].metric, photo.values[metric], usual.usual) - ceiling
            kept.append(photo)
    past = first_trails().where(TrailRow.created_at < began).order_by(TrailRow.created_at.desc())
    earlier = photos(session, past.limit(_BEFORE_PHOTOS))
    before = Counter(scope for photo in earlier for scope in photo.scopes)
    return Alarm(metric, scope, began, at, tuple(kept), excess, before)


def facts(session: Session, alarm: Alarm, scope: Scope) -> dict[str, Any]:
    """What an alert says of ``scope``: levels before and after in the metric's unit, photos, examples."""
    after = [photo for photo in alarm.after if scope in photo.scopes]
    past = first_trails().where(
        TrailRow.created_at < alarm.began, TrailRow.created_at >= alarm.began - _PAST_SECONDS
    )
    past = past.order_by(TrailRow.created_at.desc()).limit(_BEFORE_PHOTOS)
    chosen = past
    if scope.kind == "merchant":
        chosen = past.where(Item.merchant == scope.value)
    elif scope.kind == "category":
        chosen = past.where(Item.category == scope.value)
    elif scope.kind == "version":
        chosen = past.where(TrailRow.recipe_digest == scope.value)
    before = [photo for photo in photos(session, chosen) if alarm.metric in photo.values]
    of = scope
    if len(before) < _LEAST_BEFORE and chosen is not past:  # a new version, a new merchant
        before, of = [photo for photo in photos(session, past) if alarm.metric in photo.values], SHOP
    bad = sorted((p for p in after if alarm.excess[p.id] > 0.0), key=lambda p: (p.at, p.id), reverse=True)
    return {
        "before": _mean(alarm, before),
        "before_of": of.as_dict(),
        "after": _mean(alarm, after),
        "photos": len(after),
        "began_at": round(alarm.began, 3),
        "examples": [photo.item for photo in bad[:EXAMPLES]],
    }


def suspects(session: Session, alarm: Alarm, scope: Scope) -> list[dict[str, Any]]:
    """What changed near the time at which it began, nearest first.

    What comes a little after is told as well, since that time is an estimate: ``seconds_before`` is negative.
    """
    first, last = alarm.began - _BEFORE_SECONDS, alarm.began + (alarm.at - alarm.began) / 2
    events = [
        event
        for source in (_transitions, _experiments, _switches, _merchants)
        for event in source(session, first, last)
    ]
    if scope.kind == "merchant":
        events = [
            event for event in events if event["kind"] != "merchant.first" or event["subject"] == scope.value
        ]
    events += _versions(session, alarm) + _batch(session, alarm, scope)
    for event in events:
        event["seconds_before"] = round(alarm.began - event["at"], 1)
    return sorted(events, key=lambda event: (abs(event["seconds_before"]), event["kind"]))[:MOST_SUSPECTS]


def _mean(alarm: Alarm, found: Iterable[Seen]) -> float | None:
    metric = alarm.measure.metric
    values = [metric.transformed(photo.values[alarm.metric]) for photo in found]
    if not values:
        return None
    mean = math.fsum(values) / len(values)
    return round(math.exp(mean) if metric.scale is Scale.RATIO else mean, 5)


def _event(kind: str, at: float, subject: str, actor: str, what: str) -> dict[str, Any]:
    return {"kind": kind, "at": round(at, 3), "subject": subject, "actor": actor, "what": what}


Events = list[dict[str, Any]]


def _transitions(session: Session, first: float, last: float) -> Events:
    chosen = (
        select(Transition, Rollout.name)
        .join(Rollout, Rollout.id == Transition.rollout_id)
        .where(Transition.at >= first, Transition.at <= last)
        .order_by(Transition.at.desc())
        .limit(MOST_SUSPECTS)
    )
    return [
        _event(
            f"rollout.{step.action}",
            step.at,
            step.rollout_id,
            step.actor,
            f"rollout {name}: {step.action.replace('_', ' ')}, then {step.status.replace('_', ' ')}",
        )
        for step, name in session.execute(chosen)
    ]


def _experiments(session: Session, first: float, last: float) -> Events:
    near = or_(ExperimentRow.created_at.between(first, last), ExperimentRow.ended_at.between(first, last))
    events = []
    for row in session.scalars(select(ExperimentRow).where(near)):
        if first <= row.created_at <= last:
            text = f"experiment {row.name} began"
            events.append(_event("experiment.start", row.created_at, row.id, row.actor, text))
        if row.ended_at is not None and first <= row.ended_at <= last:
            text = f"experiment {row.name} ended"
            events.append(_event("experiment.stop", row.ended_at, row.id, row.actor, text))
    return events


def _switches(session: Session, first: float, last: float) -> Events:
    """Switches of the live lane, of a rollout or by another configuration, from the audit log."""
    chosen = (
        select(AuditEntry)
        .where(
            AuditEntry.subject.in_(select(RecipeRow.digest)),  # by index: the log is long
            AuditEntry.action.in_(("live.switched", "live.configured")),
            AuditEntry.at.between(first, last),
        )
        .order_by(AuditEntry.sequence.desc())
        .limit(MOST_SUSPECTS)
    )
    events = []
    for entry in session.scalars(chosen):
        came = json.loads(entry.detail).get("from")
        from_where = f" in place of {came[:12]}" if came else ", as the service is configured"
        text = f"recipe {entry.subject[:12]} became the live one{from_where}"
        events.append(_event(entry.action, entry.at, entry.subject, entry.actor, text))
    return events


def _merchants(session: Session, first: float, last: float) -> Events:
    chosen = (
        select(Merchant)
        .where(Merchant.created_at.between(first, last))
        .order_by(Merchant.created_at.desc())
        .limit(MOST_SUSPECTS)
    )
    return [
        _event(
            "merchant.first", row.created_at, row.name, "packshot", f"the first batch of merchant {row.name}"
        )
        for row in session.scalars(chosen)
    ]


def _versions(session: Session, alarm: Alarm) -> Events:
    """Versions whose first photo came about then: also those of batches with options of their own."""
    began: dict[str, float] = {}
    for photo in alarm.after:
        began.setdefault(photo.version, photo.at)
    events = []
    for version, at in began.items():
        earlier = (
            select(TrailRow.id)
            .where(TrailRow.recipe_digest == version, TrailRow.created_at < alarm.began)
            .where(TrailRow.created_at >= alarm.began - _BEFORE_SECONDS)
            .limit(1)
        )
        if session.scalar(earlier) is None:
            text = f"the first photo of version {version[:12]}"
            events.append(_event("version.first", at, version, "packshot", text))
    return events[:MOST_SUSPECTS]


def _batch(session: Session, alarm: Alarm, scope: Scope) -> Events:
    """The batch that most of the bad photos came with."""
    bad = [p.batch for p in alarm.after if scope in p.scopes and alarm.excess[p.id] > 0.0]
    if not bad:
        return []
    (name, count), *_ = Counter(bad).most_common(1)
    batch = session.get(Batch, name)
    if batch is None or count * 2 < len(bad):
        return []
    who = f" of merchant {batch.merchant}" if batch.merchant else ""
    text = f"batch {name}{who} was accepted from {batch.source}: {count} of the {len(bad)} bad photos"
    return [_event("batch.accepted", batch.created_at, name, batch.actor, text)]
