"""What many trails add up to: what fails and why, what each stage costs, which categories and merchants hurt.

Everything here is a frozen value that can be added: parts of a day, shards and machines merge in any order.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

from packshot.finding import Severity
from packshot.trail import Outcome
from packshot.verdict import Verdict

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

HARM = frozenset({"residue", "seam", "halo_overshoot", "back_projection_error"})
"""Codes by which a no-harm check says why a treatment was undone."""

NOBODY = ""
"""Name of the group of photos whose category, or merchant, is not known."""

_GROWTH = 1.02  # width of a class of :class:`Spread`: its quantiles are off by 1 % at most
_SMALLEST = 1e-4  # seconds: what trails round to


class _Additive(Protocol):
    def __add__(self, other: Self) -> Self: ...


_Value = TypeVar("_Value", bound=_Additive)
_Sum = TypeVar("_Sum", bound="DataclassInstance")


def merged(one: Mapping[Any, _Value], other: Mapping[Any, _Value]) -> dict[Any, _Value]:
    """Two mappings as one; what both have is added."""
    small, large = sorted((one, other), key=len)
    return {**large, **{key: value + large[key] if key in large else value for key, value in small.items()}}


def added(one: _Sum, other: _Sum) -> _Sum:
    """Two values of one frozen dataclass as one: field by field, mappings key by key."""
    own = ((f.name, getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
    return replace(one, **{name: merged(a, b) if isinstance(a, Mapping) else a + b for name, a, b in own})


@dataclass(frozen=True, slots=True)
class Spread:
    """How times are spread, in classes whose borders grow by 2 %; after Masson et al., DDSketch (VLDB 2019).

    ``classes`` holds how many times fell into each; None is the class of those below 0.1 ms.
    """

    classes: Mapping[int | None, int] = field(default_factory=dict)

    @classmethod
    def of(cls, seconds: float) -> Self:
        """One time."""
        small = seconds < _SMALLEST
        return cls({None if small else math.ceil(math.log(seconds / _SMALLEST, _GROWTH)): 1})

    def __add__(self, other: Self) -> Self:
        return added(self, other)

    def quantile(self, share: float) -> float | None:
        """The time in seconds that ``share`` (0..1) of all do not exceed, within 1 %; None without any."""
        rank = share * (sum(self.classes.values()) - 1)
        below = 0
        for number in sorted(self.classes, key=lambda number: -1 if number is None else number):
            below += self.classes[number]
            if below > rank:
                return 0.0 if number is None else _SMALLEST * 2 * _GROWTH**number / (1 + _GROWTH)
        return None


@dataclass(frozen=True, slots=True)
class StageSum:
    """One stage, inspection, decoding or encoding over many photos.

    Attributes:
        position: the latest place that it had in a trail: stages are shown in that order.
        photos: how many came to it.
        applied, partly_undone, undone: what became of them there; of the rest, nothing was done.
        harm: photos on which something was undone, by what the no-harm checks saw.
        cpu_seconds, seconds: processor time of the workers' threads, and wall time.
        cpu, wall: how these are spread over the photos.
    """

    position: int
    photos: int
    applied: int
    partly_undone: int
    undone: int
    harm: Mapping[str, int]
    cpu_seconds: float
    seconds: float
    cpu: Spread
    wall: Spread

    @property
    def tried(self) -> int:
        """Photos that it changed, or would have."""
        return self.applied + self.put_back

    @property
    def put_back(self) -> int:
        """Photos on which all or part of its work was undone."""
        return self.partly_undone + self.undone

    def __add__(self, other: Self) -> Self:
        return replace(added(self, other), position=max(self.position, other.position))


@dataclass(frozen=True, slots=True)
class Group:
    """Photos of one category or merchant, or with one finding.

    Attributes:
        photos: how many.
        failing: of them, those that came with an error.
        review, reject: those that went to a person, and back to the merchant.
        alone: those that one finding alone holds back; counted where the group is of one finding.
        cpu_seconds: processor time.
    """

    photos: int = 0
    failing: int = 0
    review: int = 0
    reject: int = 0
    alone: int = 0
    cpu_seconds: float = 0.0

    def __add__(self, other: Self) -> Self:
        return added(self, other)

    def share(self, photos: int) -> float | None:
        """``photos`` of the group's, 0..1; None of an empty group."""
        return photos / self.photos if self.photos else None

    @property
    def cpu_each(self) -> float | None:
        """Processor time a photo; None of an empty group."""
        return self.cpu_seconds / self.photos if self.photos else None


@dataclass(frozen=True, slots=True)
class Profile:
    """What trails add up to.

    Attributes:
        whole: all photos.
        came_with: by the code of an error that they came with; a photo is in a group for each of its codes.
        held_back: photos to review or rejected, by the code that stands: of an error, or, where only the
            score is too low, of a warning.
        stages: by name.
        categories, merchants: by name, or :data:`NOBODY`.
    """

    whole: Group = field(default_factory=Group)
    came_with: Mapping[str, Group] = field(default_factory=dict)
    held_back: Mapping[str, Group] = field(default_factory=dict)
    stages: Mapping[str, StageSum] = field(default_factory=dict)
    categories: Mapping[str, Group] = field(default_factory=dict)
    merchants: Mapping[str, Group] = field(default_factory=dict)

    def __add__(self, other: Self) -> Self:
        return added(self, other)

    @classmethod
    def of(cls, body: Mapping[str, Any], merchant: str | None = None) -> Self:
        """One photo; ``body`` is :meth:`packshot.trail.Trail.as_dict`."""
        verdict = Verdict(body["verdict"])
        came = _codes(body["findings_before"], Severity.ERROR)
        stands = set()
        if verdict is not Verdict.PUBLISH:
            after = body["findings_after"]
            stands = _codes(after, Severity.ERROR) or _codes(after, Severity.WARNING)
        own = Group(
            photos=1,
            failing=int(bool(came)),
            review=int(verdict is Verdict.REVIEW),
            reject=int(verdict is Verdict.REJECT),
            cpu_seconds=sum(step["cpu_seconds"] for step in body["steps"]),
        )
        alone = own + Group(alone=int(len(stands) == 1))
        stages: dict[str, StageSum] = {}
        for position, step in enumerate(body["steps"]):
            stages = merged(stages, {step["stage"]: _stage(step, position)})
        return cls(
            own,
            dict.fromkeys(came, own),
            dict.fromkeys(stands, alone),
            stages,
            {body["category"] or NOBODY: own},
            {merchant or NOBODY: own},
        )

    @classmethod
    def total(cls, parts: Iterable[Self]) -> Self:
        """All parts as one, in memory that does not grow with their number."""
        stack: list[tuple[int, Self]] = []  # sums of 2^n parts each, so that large sums are rarely copied
        for part in parts:
            size, whole = 1, part
            while stack and stack[-1][0] == size:
                whole, size = stack.pop()[1] + whole, 2 * size
            stack.append((size, whole))
        whole = cls()
        while stack:
            whole = stack.pop()[1] + whole
        return whole

    def as_dict(self) -> dict[str, Any]:
        """JSON-compatible form: what hurts most comes first, stages in their order."""
        cpu = sum(stage.cpu_seconds for stage in self.stages.values())
        whole = self.whole
        return {
            **_told(whole),
            "verdicts": {
                "publish": whole.photos - whole.review - whole.reject,
                "review": whole.review,
                "reject": whole.reject,
            },
            "came_with": [
                {"code": code, **_told(group), "share": whole.share(group.photos)}
                for code, group in _by_photos(self.came_with)
            ],
            "held_back": [
                {"code": code, **_told(group), "alone": group.alone, "share": whole.share(group.photos)}
                for code, group in _by_photos(self.held_back)
            ],
            "undone": [_undone(name, stage) for name, stage in self._in_order() if stage.put_back],
            "stages": [_cost(name, stage, cpu) for name, stage in self._in_order()],
            "categories": [{"category": name or None, **_told(g)} for name, g in _by_pain(self.categories)],
            "merchants": [{"merchant": name or None, **_told(g)} for name, g in _by_pain(self.merchants)],
        }

    def _in_order(self) -> list[tuple[str, StageSum]]:
        return sorted(self.stages.items(), key=lambda entry: (entry[1].position, entry[0]))


def _codes(findings: Iterable[Mapping[str, Any]], severity: Severity) -> set[str]:
    return {finding["code"] for finding in findings if finding["severity"] == severity}


def _stage(step: Mapping[str, Any], position: int) -> StageSum:
    outcome = step["outcome"]
    put_back = outcome in (Outcome.PARTLY_UNDONE, Outcome.UNDONE)
    return StageSum(
        position=position,
        photos=1,
        applied=int(outcome == Outcome.APPLIED),
        partly_undone=int(outcome == Outcome.PARTLY_UNDONE),
        undone=int(outcome == Outcome.UNDONE),
        harm=dict.fromkeys(HARM & {note["code"] for note in step["findings"]}, 1) if put_back else {},
        cpu_seconds=step["cpu_seconds"],
        seconds=step["seconds"],
        cpu=Spread.of(step["cpu_seconds"]),
        wall=Spread.of(step["seconds"]),
    )


def _by_photos(groups: Mapping[str, Group]) -> list[tuple[str, Group]]:
    return sorted(groups.items(), key=lambda entry: (-entry[1].photos, entry[0]))


def _by_pain(groups: Mapping[str, Group]) -> list[tuple[str, Group]]:
    """Those first whose photos a person has to look at most."""
    return sorted(groups.items(), key=lambda entry: (-entry[1].review, -entry[1].failing, entry[0]))


def _told(group: Group) -> dict[str, Any]:
    return {
        "photos": group.photos,
        "failing": group.failing,
        "failing_share": group.share(group.failing),
        "review": group.review,
        "review_share": group.share(group.review),
        "reject": group.reject,
        "cpu_seconds_per_image": group.cpu_each,
    }


def _undone(name: str, stage: StageSum) -> dict[str, Any]:
    return {
        "stage": name,
        "tried": stage.tried,
        "undone": stage.undone,
        "partly_undone": stage.partly_undone,
        "harm": dict(sorted(stage.harm.items(), key=lambda entry: (-entry[1], entry[0]))),
    }


def _cost(name: str, stage: StageSum, whole: float) -> dict[str, Any]:
    return {
        "stage": name,
        "photos": stage.photos,
        "tried": stage.tried,
        "cpu_seconds": round(stage.cpu_seconds, 4),
        "share": stage.cpu_seconds / whole if whole else None,
        "seconds": round(stage.seconds, 4),
        "cpu_p50": stage.cpu.quantile(0.5),
        "cpu_p95": stage.cpu.quantile(0.95),
        "wall_p50": stage.wall.quantile(0.5),
        "wall_p95": stage.wall.quantile(0.95),
    }
