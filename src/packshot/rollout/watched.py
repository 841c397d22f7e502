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
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from types import MappingProxyType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from packshot.rollout.changepoint import BETS, Detector
from packshot.rollout.metric import METRICS, Better, Metric, Scale
from packshot.rollout.usual import Baseline, Measure

SCOPES = 4
"""Of a photo: the whole shop, its merchant, its category, its version."""

_RECOVERED = math.log(1_000.0)  # so much likelier must "as usual" be than "as at the alarm"

Floats = NDArray[np.float64]
_BETS = np.asarray(BETS)


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
        levels: what was allowed at the alarm, and what is worse than that, as mean badness.
        recovering: how much likelier the former is by now (a logarithm, CUSUM of Page).
    """

    baseline: Baseline | None
    detector: Detector | None = None
    sums: Mark = field(default_factory=Mark)
    marks: tuple[Mark, ...] = ()
    alert: str | None = None
    levels: tuple[float, float] | None = None
    recovering: float = 0.0

    def learnt(self, metric: Metric, values: Sequence[float]) -> Self:
        """After more values that say what is usual; one under alarm learns nothing."""
        if self.baseline is None or self.alert is not None:
            return self
        return replace(self, baseline=self.baseline.after(metric, values))

    def judged(self, bad: Floats, ceilings: Floats, limit: float, at: Floats) -> tuple[Self, int]:
        """After more values, up to the one that gives an alarm or completes a recovery; how many these are.

        The same as :meth:`Detector.update` of each, some thirty times as fast.

        Args:
            bad: badness of each, 0..1.
            ceilings: the mean badness that each is held against. It may differ from photo to photo, for the
                bets stay fair as long as each is against its own, which is known before.
            limit: the detector's threshold.
            at: when each came, seconds.
        """
        if self.levels is not None:
            return self._recovers(bad)
        old = self.detector or Detector(float(ceilings[0]), limit)
        gains = np.log1p(_BETS * ((bad - ceilings) / ceilings)[:, None])
        won = np.cumsum(gains, axis=0)
        # E_t = w_t (E_{t-1} + 1), so E_t = W_t (E_0 + sum of 1 / W_{s-1}) with W the product of the w.
        first = [-np.inf if known is None else known for known in old.evidence]
        before = np.vstack(([first], np.zeros_like(won[:1]), -won))
        evidence = won + np.logaddexp.accumulate(before[:-1], axis=0)[1:]
        statistic = np.exp(np.minimum(evidence, 700.0)).sum(axis=1) / len(BETS)
        fired = np.flatnonzero(statistic >= limit)
        count = int(fired[0]) + 1 if len(fired) else len(bad)
        starts = np.vstack((np.minimum(0.0, -np.asarray([old.run])), won[: count - 1]))
        place = count - 1 - starts[::-1].argmin(axis=0)  # the last one, of equal ones
        lowest = starts[place, np.arange(len(BETS))]
        goes_on = (place == 0) & (np.asarray(old.run) > 0.0)
        since = np.where(goes_on, old.since, old.n + place)
        new = Detector(
            float(ceilings[count - 1]),
            limit,
            old.n + count,
            tuple(np.minimum(evidence[count - 1], 700.0).tolist()),
            tuple((won[count - 1] - lowest).tolist()),
            tuple(since.tolist()),
        )
        marks = {mark.n: mark for mark in self.marks}
        sums = np.cumsum(np.stack((bad, ceilings)), axis=1)
        for start in set(new.since) - set(marks):
            done = start - old.n
            more = sums[:, done - 1].tolist() if done else (0.0, 0.0)
            marks[start] = Mark(start, float(at[done]), self.sums.bad + more[0], self.sums.allowed + more[1])
        more = sums[:, count - 1].tolist()
        here = Mark(new.n, float(at[count - 1]), self.sums.bad + more[0], self.sums.allowed + more[1])
        kept = tuple(marks[start] for start in sorted(set(new.since)))
        return replace(self, detector=new, sums=here, marks=kept), count

    def _recovers(self, bad: Floats) -> tuple[Self, int]:
        assert self.levels is not None
        allowed, found = self.levels
        worse, better = math.log(allowed / found), math.log((1.0 - allowed) / (1.0 - found))
        evidence = self.recovering
        for count, value in enumerate(bad.tolist(), 1):
            evidence = max(0.0, evidence + value * worse + (1.0 - value) * better)
            if evidence >= _RECOVERED:
                return replace(self, recovering=evidence), count
        return replace(self, recovering=evidence), len(bad)

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
        # Half-way: what was found at the alarm is exaggerated, for it is what gave the alarm.
        between = max((allowed + found) / 2.0, allowed + (1.0 - allowed) * 0.01)
        return replace(self, alert=alert, levels=(allowed, between), recovering=0.0)

    def anew(self) -> Self:
        """As before the first judged value, with what was learnt: after a recovery."""
        return type(self)(self.baseline)

    def as_dict(self) -> dict[str, Any]:
        """JSON-compatible form, from which :meth:`from_dict` goes on."""
        return {
            "baseline": self.baseline.as_dict() if self.baseline is not None else None,
            "detector": self.detector.as_dict() if self.detector is not None else None,
            "sums": astuple(self.sums),
            "marks": [astuple(mark) for mark in self.marks],
            "alert": self.alert,
            "levels": self.levels,
            "recovering": self.recovering,
        }

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """What :meth:`as_dict` was called on.

        Raises:
            DesignError: its detector was kept by a version with other bets.
        """
        learnt, levels = raw["baseline"], raw["levels"]
        return cls(
            baseline=Baseline.from_dict(learnt) if learnt is not None else None,
            detector=Detector.from_dict(raw["detector"]) if raw["detector"] is not None else None,
            sums=Mark(*raw["sums"]),
            marks=tuple(Mark(*mark) for mark in raw["marks"]),
            alert=raw["alert"],
            levels=(levels[0], levels[1]) if levels is not None else None,
            recovering=raw["recovering"],
        )
