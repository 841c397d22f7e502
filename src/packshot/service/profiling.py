"""What the ledger says about a stretch of time: its photos' profile, and a rollout's recipes on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from packshot.edges.artefacts import Artefacts
from packshot.edges.decode import open_photo
from packshot.edges.report.profile_page import Exhibit
from packshot.edges.report.standing import is_reframed
from packshot.errors import PackshotError
from packshot.executors.local import Watcher
from packshot.executors.profile import Profile
from packshot.executors.side_by_side import WORST, Beside, Difference, Side, moved, pairs_of
from packshot.ledger.rollout_tables import Comparing, Comparison, Rollout
from packshot.ledger.tables import Item, State, TrailRow
from packshot.photo import Pixels

_PAGE = 500  # rows that are in memory at a time: a trail is some ten kilobytes
_ENDED = (State.FAILED, State.NEEDS_REVIEW, State.SKIPPED)


@dataclass(frozen=True, slots=True)
class Compared:
    """A rollout, the digests of its two recipes, and what they made of the same photos."""

    rollout: str
    live: str
    candidate: str
    beside: Beside


def profile(session: Session, since: float, until: float, watcher: Watcher) -> Profile:
    """The photos that were first treated between two times, in seconds since 1970.

    Trails are read a page at a time, so that memory does not grow with their number.
    """
    mine = TrailRow.first, TrailRow.created_at >= since, TrailRow.created_at < until
    watcher.begin("Reading trails", session.scalar(select(func.count()).where(*mine)) or 0)
    query = select(TrailRow.body, Item.merchant, Item.name).join(Item, Item.id == TrailRow.item_id)

    def each() -> Iterator[Profile]:
        for body, merchant, name in session.execute(_streamed(query.where(*mine))):
            yield Profile.of(body, merchant)
            watcher.done(name, "")

    return Profile.total(each())


def untreated(session: Session, since: float, until: float) -> dict[str, int]:
    """Photos that ended between two times without a trail, by state: skipped, failed, or left to a person."""
    mine = Item.trail_id.is_(None), Item.updated_at >= since, Item.updated_at < until
    counted = select(Item.state, func.count()).where(*mine, Item.state.in_(_ENDED)).group_by(Item.state)
    return {str(state): count for state, count in session.execute(counted.order_by(Item.state))}


def compared(
    session: Session, since: float, until: float, artefacts: Artefacts | None = None
) -> Compared | None:
    """What the newest rollout with comparisons done between two times saw in them; None without any.

    Pictures come from ``artefacts``; None leaves them out, as is one that is not there any more.
    """
    mine = Comparison.state == Comparing.DONE, Comparison.done_at >= since, Comparison.done_at < until
    newest = select(Rollout).where(Rollout.id.in_(select(Comparison.rollout_id).where(*mine)))
    rollout = session.scalars(newest.order_by(Rollout.created_at.desc(), Rollout.id.desc()).limit(1)).first()
    if rollout is None:
        return None
    own = (*mine, Comparison.rollout_id == rollout.id)
    figures = select(Comparison.baseline, Comparison.candidate, Comparison.difference).where(*own)
    beside = Beside()
    for live, candidate, size in session.execute(_streamed(figures)):
        beside += Beside(1, int(bool(size)), pairs_of(live or {}, candidate or {}))
    worst = Beside(worst=tuple(_worst(session, own, artefacts)))
    return Compared(rollout.name, rollout.baseline, rollout.candidate, beside + worst)


def _worst(
    session: Session, own: tuple[ColumnElement[bool], ...], artefacts: Artefacts | None
) -> Iterator[Difference]:
    """The comparisons that differ most; of equal ones, those first whose pictures are kept."""
    query = (
        select(Comparison, Item, TrailRow)
        .join(Item, Item.id == Comparison.item_id)
        .outerjoin(TrailRow, (TrailRow.item_id == Item.id) & TrailRow.first)
        .where(*own, Comparison.difference > 0)
        .order_by(Comparison.difference.desc(), Comparison.pictures.is_(None), Comparison.id)
        .limit(WORST)
    )
    for comparison, item, trail in session.execute(query):
        assert comparison.difference is not None
        figures = comparison.baseline or {}, comparison.candidate or {}
        decided = comparison.decisions or {}
        difference = Difference(
            name=item.name,
            category=item.category,
            size=comparison.difference,
            live=_side(figures[0], decided.get("baseline")),
            candidate=_side(figures[1], decided.get("candidate")),
            moved=moved(*figures),
        )
        if artefacts is not None:
            kept = comparison.pictures or {}
            pixels = (
                _pixels(artefacts, digest)
                for digest in (item.photo, kept.get("baseline"), kept.get("candidate"))
            )
            reframed = trail is not None and is_reframed(trail.body)
            difference = replace(difference, exhibit=Exhibit.of(*pixels, reframed=reframed))
        yield difference


def _side(figures: Mapping[str, float | None], decided: Mapping[str, Any] | None) -> Side:
    """What one recipe made of a photo; where it failed, that."""
    if figures.get("failure_rate") or decided is None:
        return Side("failed", None)
    return Side(decided["verdict"] or "failed", frozenset(decided["codes"]))


def _pixels(artefacts: Artefacts, digest: str | None) -> Pixels | None:
    if digest is None:
        return None
    try:
        return open_photo(artefacts.get(digest), name=digest).on_white()
    except PackshotError:  # let go of since, or no photo to begin with: the page says that none was kept
        return None


def _streamed(query: Select[Any]) -> Select[Any]:
    return query.execution_options(yield_per=_PAGE)
