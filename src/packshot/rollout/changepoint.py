"""A live detector of a change for the worse, with a stated rate of false alarms.

An e-detector (Shin, Ramdas and Rinaldo, "E-detectors: a nonparametric framework for sequential change
detection", 2024) in the form of Shiryaev and Roberts, with a mixture of bets against "the mean is at most the
baseline": with an alarm at ``threshold``, the mean number of values up to a false alarm is at least
``threshold``, for whatever distribution in 0..1 whose mean, given the past, stays at or below the baseline.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from scipy.stats import beta

from packshot.rollout.errors import DesignError, MeasuredValueError
from packshot.rollout.metric import Better, Metric, Scale

BETS: tuple[float, ...] = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64)
"""Parts of the capital that are bet. The best one against a rate of q is (q - baseline) / (1 - baseline)."""
_FOLD = math.log(4.0)  # a photo four times as slow counts as bad as one that is forty times as slow
_CEILING = 700.0  # logarithm: keeps an alarm that nobody has reset from overflowing


@dataclass(frozen=True, slots=True)
class Detector:
    """A detector and all that it remembers. Frozen: :meth:`update` makes the next one.

    Attributes:
        baseline: highest mean that is normal, between 0 and 1; see :func:`baseline_limit`.
        threshold: mean number of values up to a false alarm, at least.
        n: values seen.
        evidence: logarithm of the Shiryaev-Roberts statistic of each bet; minus infinity is None.
        run: logarithm of what each bet has won since its best start.
        since: number of values seen before that start.
    """

    baseline: float
    threshold: float
    n: int = 0
    evidence: tuple[float | None, ...] = (None,) * len(BETS)
    run: tuple[float, ...] = (0.0,) * len(BETS)
    since: tuple[int, ...] = (0,) * len(BETS)

    def __post_init__(self) -> None:
        if not (0.0 < self.baseline < 1.0 and 1.0 < self.threshold < math.inf):
            raise DesignError(
                detail=f"A baseline lies in 0..1, a threshold above 1: not {self.baseline}, {self.threshold}"
            )

    def update(self, value: float) -> Self:
        """The detector after one more value from 0 (good) to 1 (bad).

        Raises:
            MeasuredValueError: ``value`` is not in 0..1.
        """
        if not 0.0 <= value <= 1.0:
            raise MeasuredValueError(value=value, metric="a detector", wanted="a number from 0 to 1")
        odds = (value - self.baseline) / self.baseline
        gains = [math.log1p(bet * odds) for bet in BETS]
        evidence = tuple(
            min(_CEILING, gain + (0.0 if old is None else float(np.logaddexp(old, 0.0))))
            for old, gain in zip(self.evidence, gains, strict=True)
        )
        since = tuple(
            self.n if old <= 0.0 else start for old, start in zip(self.run, self.since, strict=True)
        )
        run = tuple(min(_CEILING, max(old, 0.0) + gain) for old, gain in zip(self.run, gains, strict=True))
        return replace(self, n=self.n + 1, evidence=evidence, run=run, since=since)

    @property
    def statistic(self) -> float:
        """The mixture's Shiryaev-Roberts statistic: an alarm from ``threshold`` on."""
        return sum(math.exp(value) for value in self.evidence if value is not None) / len(BETS)

    @property
    def alarm(self) -> bool:
        """Whether the mean has risen above the baseline."""
        return self.statistic >= self.threshold

    @property
    def began(self) -> int:
        """Estimate of how many values came before the change: where the bet that has won most began."""
        best = max(range(len(BETS)), key=lambda bet: self.run[bet])
        return self.since[best]

    def reset(self) -> Self:
        """The detector as it was before the first value: after an alarm has been dealt with."""
        return type(self)(self.baseline, self.threshold)

    def as_dict(self) -> dict[str, Any]:
        """JSON-compatible form, from which :meth:`from_dict` goes on."""
        return {
            "baseline": self.baseline,
            "threshold": self.threshold,
            "n": self.n,
            "evidence": list(self.evidence),
            "run": list(self.run),
            "since": list(self.since),
        }

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """The detector that :meth:`as_dict` was called on.

        Raises:
            DesignError: it was made with another number of bets.
        """
        parts = {name: tuple(raw[name]) for name in ("evidence", "run", "since")}
        if {len(part) for part in parts.values()} != {len(BETS)}:
            raise DesignError(detail="The detector was kept by another version: begin a new one")
        return cls(raw["baseline"], raw["threshold"], raw["n"], **parts)


def baseline_limit(n: int, bad: float, confidence: float) -> float:
    """The highest rate that ``bad`` of ``n`` are likely to come from: the upper limit of Clopper and Pearson.

    Exact for counts. For values from 0 to 1, with ``bad`` their sum, it is on the safe side wherever their
    variance is clearly below that of a count with the same mean.

    Raises:
        DesignError: nothing was seen, or ``bad`` is not within 0..n, or all were bad, so there is no limit.
    """
    if not (0.0 <= bad < n and 0.0 < confidence < 1.0):
        raise DesignError(detail=f"A baseline needs photos of which not all are bad, not {bad} of {n}")
    return float(beta.ppf(confidence, bad + 1.0, n - bad))


def badness(metric: Metric, value: float, usual: float | None = None) -> float:
    """One photo's value of ``metric`` as a detector sees it: 0 is good, 1 is bad.

    Args:
        metric: what was measured.
        value: of one photo, in the metric's unit.
        usual: for a ratio, the geometric mean of what is normal; a value like it becomes 0.5, one four times
            as bad (or worse) 1, one four times as good 0. The baseline of such a detector is a little above
            0.5.

    Raises:
        MeasuredValueError: ``value`` cannot be one of ``metric``.
        DesignError: a ratio without ``usual``.
    """
    transformed = metric.transformed(value)
    if metric.scale is Scale.SHARE:
        return transformed if metric.better is Better.LOWER else 1.0 - transformed
    if usual is None:
        raise DesignError(detail=f"{metric.name} is judged against what is usual: give it")
    worse = -metric.effect(transformed - metric.transformed(usual))
    return 0.5 + max(-_FOLD, min(_FOLD, worse)) / (2.0 * _FOLD)
