"""Running a recipe over a folder of photos, and another beside it, without writing anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from packshot.edges.report.profile_page import Exhibit
from packshot.edges.report.standing import is_reframed
from packshot.executors.duplicates import duplicates_in
from packshot.executors.local import Crew, stream
from packshot.executors.profile import Profile, merged
from packshot.executors.sources import Item
from packshot.executors.treatment import Input, Treated, Treatment
from packshot.executors.worker import Task
from packshot.fidelity.difference import pixel_difference
from packshot.finding import Severity
from packshot.memo import Memo
from packshot.trail import Trail
from packshot.verdict import Verdict

WORST = 20
"""Differences that are kept one by one."""

COSTS = frozenset({"cpu", "latency", "memory"})
"""Figures that differ from run to run, and say nothing about the picture."""

_MEMO_BYTES = 512 * 2**20  # of one photo, while it is treated: what both recipes do is done once

Figures = Mapping[str, float | None]
"""Values of one photo by metric; None where the photo says nothing about it."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """One metric over the photos that both recipes have a value of: how many, and the sums of the values."""

    pairs: int = 0
    live: float = 0.0
    candidate: float = 0.0

    def __add__(self, other: Self) -> Self:
        return type(self)(self.pairs + other.pairs, self.live + other.live, self.candidate + other.candidate)


@dataclass(frozen=True, slots=True)
class Side:
    """What one recipe made of a photo.

    ``findings`` are codes of errors and warnings that stand afterwards; None where nobody wrote them down.
    """

    verdict: str
    findings: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Difference:
    """A photo of which the two recipes made something different.

    Attributes:
        name: the photo.
        category: its category; None where unknown.
        size: 0..1: 1 where the verdicts differ, else :func:`packshot.fidelity.difference.pixel_difference`.
        live, candidate: what each made of it.
        moved: live and candidate value of each metric that differs; what it costs is left out.
        exhibit: the pictures; None where there are none.
    """

    name: str
    category: str | None
    size: float
    live: Side
    candidate: Side
    moved: Mapping[str, tuple[float, float]]
    exhibit: Exhibit | None = field(default=None, repr=False)

    @property
    def rank(self) -> tuple[float, bool, str]:
        """Sorts the worst first: of those with another verdict, where the live recipe published."""
        return -self.size, self.live.verdict != Verdict.PUBLISH, self.name

    def as_dict(self) -> dict[str, Any]:
        """JSON-compatible form, without the pictures."""
        before, after = self.live.findings, self.candidate.findings
        return {
            "photo": self.name,
            "category": self.category,
            "difference": round(self.size, 4),
            "live": self.live.verdict,
            "candidate": self.candidate.verdict,
            "only_live": sorted(before - after) if before is not None and after is not None else None,
            "only_candidate": sorted(after - before) if before is not None and after is not None else None,
            "moved": {name: list(values) for name, values in sorted(self.moved.items())},
        }


@dataclass(frozen=True, slots=True)
class Beside:
    """Two recipes on the same photos. Can be added.

    Attributes:
        photos: how many both have seen.
        differing: of them, those of which they made something different.
        metrics: by name.
        worst: those that differ most, at most :data:`WORST`.
    """

    photos: int = 0
    differing: int = 0
    metrics: Mapping[str, Pairs] = field(default_factory=dict)
    worst: tuple[Difference, ...] = ()

    def __add__(self, other: Self) -> Self:
        worst = sorted((*self.worst, *other.worst), key=lambda difference: difference.rank)
        return type(self)(
            self.photos + other.photos,
            self.differing + other.differing,
            merged(self.metrics, other.metrics),
            tuple(worst[:WORST]),
        )

    def as_dict(self) -> dict[str, Any]:
        """JSON-compatible form."""
        return {
            "photos": self.photos,
            "differing": self.differing,
            "metrics": [
                {
                    "metric": name,
                    "live": values.live / values.pairs,
                    "candidate": values.candidate / values.pairs,
                    "pairs": values.pairs,
                }
                for name, values in self.metrics.items()
                if values.pairs
            ],
            "worst": [difference.as_dict() for difference in self.worst],
        }


def pairs_of(live: Figures, candidate: Figures) -> dict[str, Pairs]:
    """The metrics that both recipes have a value of on one photo."""
    return {name: Pairs(1, *values) for name, values in _both(live, candidate).items()}


def moved(live: Figures, candidate: Figures) -> dict[str, tuple[float, float]]:
    """The metrics that differ on one photo, without what it costs."""
    both = _both(live, candidate)
    return {name: values for name, values in both.items() if name not in COSTS and values[0] != values[1]}


def standing_codes(body: Mapping[str, Any]) -> frozenset[str]:
    """Codes of errors and warnings on a photo as it leaves; ``body`` is :meth:`Trail.as_dict`."""
    return frozenset(f["code"] for f in body["findings_after"] if f["severity"] != Severity.INFO)


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a folder: the profile of the recipe, and the other one beside it, where there was one."""

    profile: Profile
    beside: Beside | None


def try_folder(
    live: Treatment,
    candidate: Treatment | None,
    items: Sequence[Item],
    crew: Crew,
    *,
    figures: Callable[[Treated], Figures],
    attested_by: str | None = None,
    pictures: bool = False,
) -> Tried:
    """Run one recipe, or two, over ``items``; once ``crew`` is told to stop, over those in flight.

    Args:
        live: the recipe that is profiled.
        candidate: another one that sees the same photos.
        items: the photos.
        crew: who does it and who watches.
        figures: the values of one photo by metric.
        attested_by: who states the right to alter the photos.
        pictures: keep pictures of what differs most.

    Raises:
        WeightsError: a model's weights are missing.
    """
    repeated = duplicates_in(items, crew)
    crew.watcher.begin("Profiling", len(items))

    def look(task: Task) -> tuple[Profile, Beside | None, Trail]:
        item = task.item
        name = str(item.path)
        given = Input(item.path, name, item.target, item.identity, attested_by, task.extra)
        memo = None if candidate is None else Memo(_MEMO_BYTES)
        treated = live.apply(given, memo)
        profile = Profile.of(treated.trail.as_dict(), item.identity.merchant)
        if candidate is None:
            return profile, None, treated.trail
        other = candidate.apply(given, memo)
        return profile, _beside(treated, other, figures, pictures=pictures), treated.trail

    tasks = (Task(item, (repeated[item.target],) if item.target in repeated else ()) for item in items)
    profiles: list[Profile] = []
    beside = None if candidate is None else Beside()
    for profile, pair, trail in stream(look, tasks, crew):
        profiles.append(profile)
        if beside is not None and pair is not None:
            beside += pair
        crew.watcher.done(trail.name, trail.verdict.value)
    return Tried(Profile.total(profiles), beside)


def _beside(
    live: Treated, candidate: Treated, figures: Callable[[Treated], Figures], *, pictures: bool
) -> Beside:
    known = figures(live), figures(candidate)
    size = _difference(live, candidate)
    worst: tuple[Difference, ...] = ()
    if size > 0:
        exhibit = None
        if pictures:
            shown = (live.photo, live.trail.photo, candidate.trail.photo)
            pixels = (photo.on_white() if photo else None for photo in shown)
            reframed = any(is_reframed(one.trail.as_dict()) for one in (live, candidate))
            exhibit = Exhibit.of(*pixels, reframed=reframed)
        trail = live.trail
        worst = (
            Difference(
                trail.name,
                trail.category,
                size,
                _side(trail),
                _side(candidate.trail),
                moved(*known),
                exhibit,
            ),
        )
    return Beside(1, int(size > 0), pairs_of(*known), worst)


def _difference(live: Treated, candidate: Treated) -> float:
    if live.trail.verdict is not candidate.trail.verdict or bool(live.files) != bool(candidate.files):
        return 1.0
    one, other = live.trail.photo, candidate.trail.photo
    if not live.files or one is None or other is None:
        return 0.0
    return pixel_difference(one.pixels, other.pixels)


def _side(trail: Trail) -> Side:
    return Side(trail.verdict.value, standing_codes(trail.as_dict()))


def _both(live: Figures, candidate: Figures) -> dict[str, tuple[float, float]]:
    return {
        name: (before, after)
        for name, before in live.items()
        if before is not None and (after := candidate.get(name)) is not None
    }
