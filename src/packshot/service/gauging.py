"""What the ledger says about a rollout: the observations that its gate judges."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from packshot.executors.side_by_side import Figures
from packshot.ledger.rollout_tables import Comparing, Comparison, Rollout, Transition
from packshot.ledger.tables import Item, Publication, Review, State, TrailRow
from packshot.rollout.metric import METRICS, Metric
from packshot.rollout.plan import Kind, Plan
from packshot.rollout.srm import Assigned
from packshot.rollout.summary import Paired, Split, Summary
from packshot.service.figures import mean, told, told_by_both
from packshot.service.lanes import CANARY, LIVE
from packshot.service.measures import EDITS

PAIRED = frozenset({"pass_rate", "edge_fidelity", "artifact_rate", "text_residue", "harm_rate", "cpu"})
"""Metrics that a run of a recipe tells wherever and whenever it runs: compared photo by photo."""

_PRODUCT = func.coalesce(Item.merchant, "") + "\x1f" + func.coalesce(Item.product, Item.name)


@dataclass(frozen=True, slots=True)
class Gauged:
    """What was seen of a rollout in its phase.

    Attributes:
        observed: by metric, as its gate takes it.
        photos: how many photos of this phase were compared.
        hours: how long the phase has lasted.
        assigned: products by lane, against their shares; None outside a canary.
        levels: mean of each metric by lane, for people to read; None where unknown.
    """

    observed: Mapping[str, Paired | Split]
    photos: int
    hours: float
    assigned: Assigned | None
    levels: Mapping[str, tuple[float | None, float | None]]


def gauge(session: Session, row: Rollout, plan: Plan) -> Gauged:
    """What a rollout's phase has seen so far.

    A canary's evidence is that of all its shares: a sequence that is valid at any time may go on. The photos
    that a phase needs are counted from its own beginning.
    """
    phase, now = plan.phases[row.phase], time.time()
    hours = (now - row.phase_at) / 3600
    kinds = [number for number, one in enumerate(plan.phases) if one.kind is phase.kind]
    pairs = _pairs(session, row.id, kinds)
    compared = session.scalar(
        select(func.count()).where(
            Comparison.rollout_id == row.id,
            Comparison.phase == row.phase,
            Comparison.state == Comparing.DONE,
        )
    )
    photos = compared or 0
    observed: dict[str, Paired | Split] = {}
    for name in (PAIRED | {"failure_rate"}) if phase.kind is not Kind.CANARY else PAIRED:
        observed[name] = paired(METRICS[name], pairs)
    levels = {name: _levels(METRICS[name], pairs) for name in observed}
    if phase.kind is not Kind.CANARY:
        return Gauged(observed, photos, hours, None, levels)
    lanes = _lanes(session, row.id, _since_canary(session, row, kinds[0]))
    for name in METRICS.keys() - (PAIRED if phase.mirror > 0 else frozenset()):
        observed[name] = split(METRICS[name], lanes)
        levels[name] = _means(METRICS[name], lanes)
    counted = _products(session, row.id, row.phase_at)
    mine = (
        session.scalar(first_of_products(row.id, CANARY, row.phase_at).with_only_columns(func.count())) or 0
    )
    assigned = None
    if phase.weight < 1.0:
        assigned = Assigned(counts=counted, shares={LIVE: 1 - phase.weight, CANARY: phase.weight})
    return Gauged(observed, min(photos, mine) if phase.mirror > 0 else mine, hours, assigned, levels)


def paired(metric: Metric, pairs: Iterable[tuple[Figures, Figures]]) -> Paired:
    """The differences of a metric over photos that both lanes say something about."""
    both = told_by_both(metric.name, pairs)
    return Paired(
        Summary.of(metric.transformed(after) - metric.transformed(before) for before, after in both)
    )


def split(metric: Metric, lanes: Mapping[str, Iterable[Figures]]) -> Split:
    """A metric over the photos of each lane."""
    summaries = {lane: summed(metric, found) for lane, found in lanes.items()}
    return Split(live=summaries[LIVE], candidate=summaries[CANARY])


def summed(metric: Metric, photos: Iterable[Figures]) -> Summary:
    """What photos say about a metric, transformed and summed."""
    return Summary.of(map(metric.transformed, told(metric.name, photos)))


def business(session: Session, which: Select[TrailRow]) -> list[dict[str, float | None]]:
    """The figures of trails, with what people and the shop's storage say about their photos by now."""
    known = _known_by_now(session, which.with_only_columns(TrailRow.item_id))
    found = session.execute(which.with_only_columns(TrailRow.item_id, TrailRow.figures))
    return [{**(figures or {}), **known.of(item)} for item, figures in found]


@dataclass(frozen=True, slots=True)
class _Known:
    """What became of photos by now, by their items."""

    decided: frozenset[str]
    touched: frozenset[str]
    edited: frozenset[str]
    approved: Mapping[str, float]
    seconds: Mapping[str, float]

    def of(self, item: str) -> dict[str, float | None]:
        return {
            "automation": float(item not in self.touched) if item in self.decided else None,
            "manual_edits": float(item in self.edited),
            "approval": self.approved.get(item),
            "time_to_publish": self.seconds.get(item),
        }


def _pairs(session: Session, rollout: str, phases: Iterable[int]) -> list[tuple[Figures, Figures]]:
    """Both lanes' figures of one photo of each product: those of a gallery share their fate."""
    done = (
        select(_PRODUCT, Comparison.baseline, Comparison.candidate)
        .join(Item, Item.id == Comparison.item_id)
        .where(
            Comparison.rollout_id == rollout,
            Comparison.phase.in_(list(phases)),
            Comparison.state == Comparing.DONE,
            Comparison.baseline.is_not(None),
            Comparison.candidate.is_not(None),
        )
        .order_by(Comparison.done_at, Comparison.id)
    )
    first: dict[str, tuple[Figures, Figures]] = {}
    for product, before, after in session.execute(done):
        first.setdefault(product, (before, after))
    return list(first.values())


def _lanes(session: Session, rollout: str, since: float) -> dict[str, list[dict[str, float | None]]]:
    return {lane: business(session, first_of_products(rollout, lane, since)) for lane in (LIVE, CANARY)}


def first_of_products(rollout: str, lane: str, since: float = 0.0) -> Select[TrailRow]:
    """The first photo of each product that a lane treated since then; see :func:`_pairs`."""
    mine = TrailRow.rollout_id == rollout, TrailRow.lane == lane, TrailRow.created_at >= since
    order = func.row_number().over(partition_by=_PRODUCT, order_by=(TrailRow.created_at, TrailRow.id))
    numbered = (
        select(TrailRow.id, order.label("number"))
        .join(Item, Item.id == TrailRow.item_id)
        .where(*mine, TrailRow.first)
        .subquery()
    )
    return select(TrailRow).join(numbered, numbered.c.id == TrailRow.id).where(numbered.c.number == 1)


def _products(session: Session, rollout: str, since: float) -> dict[str, int]:
    counted = (
        select(TrailRow.lane, func.count(_PRODUCT.distinct()))
        .join(Item, Item.id == TrailRow.item_id)
        .where(TrailRow.rollout_id == rollout, TrailRow.created_at >= since, TrailRow.first)
        .group_by(TrailRow.lane)
    )
    found = dict(session.execute(counted).all())
    return {lane: found.get(lane, 0) for lane in (LIVE, CANARY)}


def _since_canary(session: Session, row: Rollout, first: int) -> float:
    """When the first of a rollout's canary phases began."""
    began = select(Transition.at).where(Transition.rollout_id == row.id, Transition.phase == first)
    return session.scalar(began.order_by(Transition.at).limit(1)) or row.phase_at


def _known_by_now(session: Session, items: Select[str]) -> _Known:
    stands = Review.undone_at.is_(None)
    touched, edited, approved = set(), set(), {}
    for item, action in session.execute(
        select(Review.item_id, Review.action)
        .where(Review.item_id.in_(items), stands)
        .order_by(Review.created_at)
    ):
        touched.add(item)
        if action in EDITS:
            edited.add(item)
        if action in ("approve", "reject"):
            approved[item] = float(action == "approve")
    first = func.min(Publication.published_at) - Item.created_at
    times = session.execute(
        select(Item.id, first)
        .join(Publication, Publication.item_id == Item.id)
        .where(Item.id.in_(items))
        .group_by(Item.id, Item.created_at)
    )
    seconds = {item: float(took) for item, took in times}
    ended = Item.state.in_((State.DONE, State.FAILED, State.NEEDS_REVIEW))
    decided = set()
    for item, state in session.execute(select(Item.id, Item.state).where(Item.id.in_(items), ended)):
        decided.add(item)
        if state == State.NEEDS_REVIEW:
            touched.add(item)
    return _Known(frozenset(decided), frozenset(touched), frozenset(edited), approved, seconds)


def _levels(metric: Metric, pairs: Iterable[tuple[Figures, Figures]]) -> tuple[float | None, float | None]:
    both = told_by_both(metric.name, pairs)
    return mean([before for before, _ in both]), mean([after for _, after in both])


def _means(metric: Metric, lanes: Mapping[str, Iterable[Figures]]) -> tuple[float | None, float | None]:
    return mean(told(metric.name, lanes[LIVE])), mean(told(metric.name, lanes[CANARY]))
