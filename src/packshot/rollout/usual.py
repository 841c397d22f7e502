"""What is usual for a metric of a scope: learnt from the first photos, and how high it may be at most."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from packshot.rollout.changepoint import badness, baseline_limit
from packshot.rollout.metric import Metric, Scale
from packshot.rollout.sequential import reach
from packshot.rollout.summary import Summary

RISK = 0.001
"""That a limit of what is usual is ever too low, for photos that are alike; the tolerance comes on top."""

_CENTRE = 100  # values that say what a usual ratio is; later ones say how much photos differ from it
_DOUBLINGS = 6  # a limit is sharpened at first, 2 first, 4 first, ... values
_SPREAD = 0.01  # least standard deviation that is believed of values that are no counts
_MOST = 0.995  # where limit and tolerance come to more than this, nothing can be noticeably worse
_SHOWN = 2.0  # standard errors by which one level must lie above another to be believed


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
        again: learnt anew after an alert was seen; until it is known, photos here are held against nothing.
    """

    first: int
    limit: float | None = None
    logs: Summary = field(default_factory=Summary)
    values: Summary = field(default_factory=Summary)
    again: bool = False

    @property
    def usual(self) -> float | None:
        """The geometric mean of a ratio's first values, in its unit; None for a share."""
        return math.exp(self.logs.total / self.logs.n) if self.logs.n else None

    def after(self, metric: Metric, values: Sequence[float]) -> Self:
        """The baseline after more values, in the metric's unit; their order matters little."""
        rest, made = list(values), self
        if metric.scale is Scale.RATIO:
            taken = max(0, _CENTRE - made.logs.n)
            new = Summary.of(metric.transformed(value) for value in rest[:taken])
            made, rest = replace(made, logs=made.logs + new), rest[taken:]
        while rest and made.values.n < made.first << _DOUBLINGS:
            doubled = (made.values.n // made.first).bit_length()
            taken = (made.first << doubled if doubled else made.first) - made.values.n
            new = Summary.of(badness(metric, value, made.usual) for value in rest[:taken])
            made, rest = replace(made, values=made.values + new), rest[taken:]
            if made.values.n == made.first << doubled:
                limit = _limit(metric, made.values, RISK / 2 ** (doubled + 1))
                made = replace(made, limit=_lower(made.limit, limit))
        return made

    def ceiling(self, measure: Measure) -> float | None:
        """The limit with the tolerance; None where there is none yet, or nothing could be worse."""
        if self.limit is None or self.limit + measure.slack > _MOST:
            return None
        return self.limit + measure.slack

    def as_dict(self) -> dict[str, Any]:
        """JSON-compatible form, from which :meth:`from_dict` goes on."""
        sums = {name: [s.n, s.total, s.squares] for name, s in (("logs", self.logs), ("values", self.values))}
        return {"first": self.first, "limit": self.limit, "again": self.again, **sums}

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """What :meth:`as_dict` was called on."""
        logs, values = Summary(*raw["logs"]), Summary(*raw["values"])
        return cls(raw["first"], raw["limit"], logs, values, raw["again"])

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
    there = [other for other in others if other is not None]
    if base is None or base.limit is None or any(other.again and other.limit is None for other in there):
        return None
    known = (other for other in there if other.limit is not None)
    return max((base, *(other for other in known if other.shown_above(base))), key=_height)


def _limit(metric: Metric, values: Summary, risk: float) -> float | None:
    mean, variance = values.mean, values.variance
    if mean is None or variance is None or values.total >= values.n:
        return None
    if metric.binary:
        return baseline_limit(values.n, values.total, 1.0 - risk)
    return mean + reach(values.n, max(variance, _SPREAD**2), risk, tuned=values.n)


def _lower(one: float | None, other: float | None) -> float | None:
    known = [limit for limit in (one, other) if limit is not None]
    return min(known, default=None)


def _height(baseline: Baseline) -> float:
    """By which two levels of one metric are compared."""
    return baseline.logs.total / baseline.logs.n if baseline.logs.n else baseline.limit or 0.0
