"""What is watched while photos are treated, against which level, and how rarely an alarm is false.

A *scope* is the whole shop, a merchant, a category or a version of the recipe. One :class:`Watched` follows
one metric of one scope: a :class:`Baseline` learns what is usual from the first photos, a
:class:`packshot.rollout.changepoint.Detector` bets against "no worse than that".

The rate of false alarms: a photo has at most one value for each metric in each of its four scopes, so it
feeds at most ``len(WATCHED) * SCOPES`` detectors, however many merchants there are. A detector with threshold
A gives at most one false alarm in A of its values. With A at that number times N (:func:`threshold`), all of
them together give at most one in N photos: the sum of 1/A over all values that N photos bring.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from types import MappingProxyType
from typing import Any, Self

from packshot.rollout.changepoint import Detector, badness, baseline_limit
from packshot.rollout.metric import METRICS, Better, Metric, Scale
from packshot.rollout.sequential import reach
from packshot.rollout.summary import Summary

RISK = 0.001
"""That a limit of what is usual is ever too low, for photos that are alike; the tolerance comes on top."""
SCOPES = 4
"""Of a photo: the whole shop, its merchant, its category, its version."""

_CENTRE = 100  # values that say what a usual ratio is; later ones say how much photos differ from it
_DOUBLINGS = 6  # a limit is sharpened at first, 2 first, 4 first, ... values
_SPREAD = 0.01  # least standard deviation that is believed of values that are no counts
_MOST = 0.995  # where limit and tolerance come to more than this, nothing can be noticeably worse
_SHOWN = 2.0  # standard errors by which one level must lie above another to be believed
_RECOVERED = math.log(1_000.0)  # so much likelier must "as usual" be than "as at the alarm"


@dataclass(frozen=True, slots=True)
class Measure:
    """A metric that is watched, and how much worse than usual it may become without an alarm.

    Attributes:
        metric: what is measured.
        tolerance: in the metric's unit; of a ratio the part by which it may grow.
    """

    metric: Metric
    tolerance: float

    @property
    def slack(self) -> float:
        """The tolerance as a difference of badness, 0..1."""
        if self.metric.scale is Scale.SHARE:
            return self.tolerance
        return badness(self.metric, 1.0 + self.tolerance, 1.0) - badness(self.metric, 1.0, 1.0)


def _watched(tolerances: Mapping[str, float]) -> Mapping[str, Measure]:
    failures = Metric(
        "validation_failures",
        Better.LOWER,
        Scale.SHARE,
        "photos that came with an error",
        "share of photos",
        binary=True,
    )
    known = {failures.name: failures, **METRICS}
    return MappingProxyType({name: Measure(known[name], size) for name, size in tolerances.items()})


WATCHED: Mapping[str, Measure] = _watched(
    {
        "validation_failures": 0.02,
        "failure_rate": 0.005,
        "harm_rate": 0.005,
        "artifact_rate": 0.02,
        "text_residue": 0.02,
        "pass_rate": 0.03,
        "edge_fidelity": 0.01,
        "latency": 0.5,  # grows with the load of the machine
        "cpu": 0.25,
    }
)


def threshold(photos: float) -> float:
    """The threshold of each detector, for at most one false alarm of all of them in ``photos`` photos."""
    return len(WATCHED) * SCOPES * photos


@dataclass(frozen=True, slots=True)
class Baseline:
    """What is usual, learnt from photos that were not on trial.

    The limit is that of Clopper and Pearson where values are counts, else that of an asymptotic confidence
    sequence. It is sharpened whenever twice as many values are known, and only ever lowered: what gets worse
    slowly does not become usual.

    Attributes:
        first: values from which the first limit is told.
        limit: highest mean badness that is usual, without tolerance; None before that.
        logs: logarithms of the first values of a ratio.
        values: badness of the values.
    """

    first: int
    limit: float | None = None
    logs: Summary = field(default_factory=Summary)
    values: Summary = field(default_factory=Summary)

    @property
    def usual(self) -> float | None:
        """The geometric mean of a ratio's first values, in its unit; None for a share."""
        return math.exp(self.logs.total / self.logs.n) if self.logs.n else None

    def after(self, metric: Metric, value: float) -> Self:
        """The baseline after one more value, in the metric's unit."""
        if metric.scale is Scale.RATIO and self.logs.n < _CENTRE:
            return replace(self, logs=_plus(self.logs, metric.transformed(value)))
        if self.values.n >= self.first << _DOUBLINGS:
            return self
        values = _plus(self.values, badness(metric, value, self.usual))
        doubled = (values.n // self.first).bit_length() - 1
        if values.n != self.first << max(0, doubled):
            return replace(self, values=values)
        limit = _limit(metric, values, RISK / 2 ** (doubled + 1))
        if limit is None or (self.limit is not None and self.limit < limit):
            limit = self.limit
        return replace(self, values=values, limit=limit)

    def ceiling(self, measure: Measure) -> float | None:
        """The limit with the tolerance; None where there is none yet, or nothing could be worse."""
        if self.limit is None or self.limit + measure.slack > _MOST:
            return None
        return self.limit + measure.slack

    def shown_above(self, other: Baseline) -> bool:
        """Whether the values show that more is usual here than there."""
        mine, theirs = (self.logs, other.logs) if self.logs.n else (self.values, other.values)
        mean, variance, there = mine.mean, mine.variance, theirs.mean
        if mean is None or variance is None or there is None:
            return False
        return mean - _SHOWN * math.sqrt(variance / mine.n) > there


def level(base: Baseline | None, others: Iterable[Baseline | None]) -> Baseline | None:
    """What a photo is held against: ``base``, or one of ``others`` that is shown to be higher.

    So a whole shop gives no alarm because a merchant who always sends poor photos sends many today.
    """
    if base is None or base.limit is None:
        return None
    known = (other for other in others if other is not None and other.limit is not None)
    return max((base, *(other for other in known if other.shown_above(base))), key=_height)


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a detector was at some time.

    Attributes:
        n: values seen.
        at: when the value after these came.
        bad: sum of the badness of the values seen.
        allowed: sum of what each was held against.
    """

    n: int = 0
    at: float = 0.0
    bad: float = 0.0
    allowed: float = 0.0


@dataclass(frozen=True, slots=True)
class Watched:
    """One metric of one scope. Frozen: :meth:`learnt` and :meth:`judged` make the next one.

    Attributes:
        baseline: what is usual here; None for a version, which is held against what was usual before it.
        detector: bets against it; None before the first value that was judged.
        sums: of the values judged so far.
        marks: of where the detector's bets began.
        alert: the alert that its alarm belongs to, until it has recovered or somebody has seen it.
        levels: at the alarm, what was allowed and what was found, as mean badness.
        recovering: how much likelier the former is by now (a logarithm, CUSUM of Page).
    """

    baseline: Baseline | None
    detector: Detector | None = None
    sums: Mark = field(default_factory=Mark)
    marks: tuple[Mark, ...] = ()
    alert: str | None = None
    levels: tuple[float, float] | None = None
    recovering: float = 0.0

    def learnt(self, metric: Metric, value: float) -> Self:
        """After one more value that says what is usual; one under alarm learns nothing."""
        if self.baseline is None or self.alert is not None:
            return self
        grown = self.baseline.after(metric, value)
        return self if grown is self.baseline else replace(self, baseline=grown)

    def judged(self, bad: float, ceiling: float, limit: float, at: float) -> Self:
        """After one more value.

        Args:
            bad: its badness, 0..1.
            ceiling: the mean badness that it is held against. It may differ from photo to photo, for the
                bets stay fair as long as each is against its own.
            limit: the detector's threshold.
            at: when it came, seconds.
        """
        if self.levels is not None:
            allowed, found = self.levels
            gain = bad * math.log(allowed / found) + (1.0 - bad) * math.log((1.0 - allowed) / (1.0 - found))
            return replace(self, recovering=max(0.0, self.recovering + gain))
        old = self.detector or Detector(ceiling, limit)
        if (old.baseline, old.threshold) != (ceiling, limit):
            old = replace(old, baseline=ceiling, threshold=limit)
        new, sums, marks = old.update(bad), self.sums, self.marks
        if new.since != old.since or not marks:
            here = {mark.n: mark for mark in marks} | {sums.n: replace(sums, at=at)}
            marks = tuple(here[start] for start in sorted(set(new.since)))
        sums = Mark(sums.n + 1, at, sums.bad + bad, sums.allowed + ceiling)
        return replace(self, detector=new, sums=sums, marks=marks)

    @property
    def alarm(self) -> bool:
        """Whether the level has risen, and no alert says so yet."""
        return self.alert is None and self.detector is not None and self.detector.alarm

    @property
    def recovered(self) -> bool:
        """Whether what gave the alarm is over."""
        return self.levels is not None and self.recovering >= _RECOVERED

    @property
    def began(self) -> Mark:
        """Where the change is estimated to have begun."""
        start = self.detector.began if self.detector is not None else 0
        return next((mark for mark in self.marks if mark.n == start), self.sums)

    def alarmed(self, alert: str) -> Self:
        """With its alarm kept in ``alert``."""
        began, sums = self.began, self.sums
        count = max(1, sums.n - began.n)
        allowed = (sums.allowed - began.allowed) / count
        found = (sums.bad - began.bad) / count
        found = min(max(found, allowed + (1.0 - allowed) * 0.01), 0.999)
        return replace(self, alert=alert, levels=(allowed, found), recovering=0.0)

    def anew(self) -> Self:
        """As before the first judged value, with what was learnt: after a recovery."""
        return type(self)(self.baseline)

    def as_dict(self) -> dict[str, Any]:
        """JSON-compatible form, from which :meth:`from_dict` goes on."""
        return {
            "baseline": asdict(self.baseline) if self.baseline is not None else None,
            "detector": self.detector.as_dict() if self.detector is not None else None,
            "sums": asdict(self.sums),
            "marks": [asdict(mark) for mark in self.marks],
            "alert": self.alert,
            "levels": list(self.levels) if self.levels is not None else None,
            "recovering": self.recovering,
        }

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """What :meth:`as_dict` was called on.

        Raises:
            DesignError: its detector was kept by a version with other bets.
        """
        learnt, levels = raw["baseline"], raw["levels"]
        if learnt is not None:
            sums = {name: Summary(**learnt[name]) for name in ("logs", "values")}
            learnt = Baseline(learnt["first"], learnt["limit"], **sums)
        return cls(
            baseline=learnt,
            detector=Detector.from_dict(raw["detector"]) if raw["detector"] is not None else None,
            sums=Mark(**raw["sums"]),
            marks=tuple(Mark(**mark) for mark in raw["marks"]),
            alert=raw["alert"],
            levels=(levels[0], levels[1]) if levels is not None else None,
            recovering=raw["recovering"],
        )


def _limit(metric: Metric, values: Summary, risk: float) -> float | None:
    mean, variance = values.mean, values.variance
    if mean is None or variance is None or values.total >= values.n:
        return None
    if metric.binary:
        return baseline_limit(values.n, values.total, 1.0 - risk)
    return mean + reach(values.n, max(variance, _SPREAD**2), risk, tuned=values.n)


def _height(baseline: Baseline) -> float:
    """By which two levels of one metric are compared."""
    return baseline.logs.total / baseline.logs.n if baseline.logs.n else baseline.limit or 0.0


def _plus(sums: Summary, value: float) -> Summary:
    return Summary(sums.n + 1, sums.total + value, sums.squares + value * value)
