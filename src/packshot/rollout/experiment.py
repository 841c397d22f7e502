"""Experiments: recipes on different products, compared with a control, with no winner taken by itself.

Two designs. *Always valid*: the intervals hold at every moment, so it may be stopped at any; exact for
shares, asymptotic for ratios (:mod:`packshot.rollout.sequential`). *Group sequential*: a few planned looks,
closer intervals that hold at these looks only; asymptotic (:mod:`packshot.rollout.group_sequential`).

Multiplicity: the risk that any of the overall intervals is wrong is at most ``alpha``: it is shared out over
arms and metrics (Bonferroni). The intervals by category are a second family with the same risk, shared out
over categories as well: they show where to look, and leave the overall ones as they are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from packshot.rollout import sequential
from packshot.rollout.errors import DesignError
from packshot.rollout.group_sequential import Spending, boundaries
from packshot.rollout.metric import Metric, metric_named
from packshot.rollout.srm import Assigned, Ratio, sample_ratio
from packshot.rollout.summary import Split, Summary

TUNED = 1_000
"""Photos at which an always-valid asymptotic interval is closest."""
_EVENTS = 5  # of each kind in each arm, before the share of a yes or no is taken as normal

Measured = Mapping[str, Mapping[str, Summary]]
"""By arm, then by metric: the transformed values."""


class Refusal(StrEnum):
    """Why there is no interval."""

    NO_PHOTOS = "one arm has no photos with this metric"
    TOO_FEW = "too few photos for an interval"
    NO_VARIANCE = "all values are the same, so how much they vary is not known"
    TOO_FEW_EVENTS = f"fewer than {_EVENTS} photos of a kind in an arm"
    MISMATCH = "products are not spread over the arms as planned, so the arms don't compare"


@dataclass(frozen=True, slots=True)
class AlwaysValid:
    """May be looked at, and stopped, at any time. ``alpha`` is the risk of the whole family, two-sided."""

    alpha: float = 0.05

    def __post_init__(self) -> None:
        _check_alpha(self.alpha)


@dataclass(frozen=True, slots=True)
class GroupSequential:
    """Looked at a few times, as planned.

    Attributes:
        looks: fraction of the planned photos at each look, increasing, the last usually 1.
        look: which one this is, from 1.
        alpha: risk of the whole family over all looks, two-sided.
        spending: how it is spent.
    """

    looks: tuple[float, ...]
    look: int
    alpha: float = 0.05
    spending: Spending = Spending.OBRIEN_FLEMING

    def __post_init__(self) -> None:
        _check_alpha(self.alpha)
        if not 1 <= self.look <= len(self.looks):
            raise DesignError(detail=f"Look {self.look} is not one of the {len(self.looks)} planned ones")


Design = AlwaysValid | GroupSequential


@dataclass(frozen=True, slots=True)
class Comparison:
    """One arm against the control, in one metric.

    Attributes:
        metric, arm: what is compared.
        category: of the photos; None for all.
        n_control, n_arm: photos.
        effect: how much better the arm was, in the metric's unit as shown; None where undefined.
        lower, upper: its interval; None where refused.
        refusal: why there is no interval; None where there is.
    """

    metric: str
    arm: str
    category: str | None
    n_control: int
    n_arm: int
    effect: float | None
    lower: float | None
    upper: float | None
    refusal: Refusal | None

    @property
    def differs(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.lower is not None and self.upper is not None and not self.lower <= 0.0 <= self.upper

    def as_dict(self) -> dict[str, Any]:
        """JSON-compatible form."""
        refusal = None if self.refusal is None else self.refusal.value
        return asdict(self) | {"refusal": refusal, "differs": self.differs}


@dataclass(frozen=True, slots=True)
class Analysis:
    """All comparisons, the check of the assignment, and the two-sided risk of each interval."""

    overall: tuple[Comparison, ...]
    by_category: tuple[Comparison, ...]
    ratio: Ratio | None
    alpha_overall: float
    alpha_by_category: float

    def as_dict(self) -> dict[str, Any]:
        """JSON-compatible form."""
        return {
            "overall": [comparison.as_dict() for comparison in self.overall],
            "by_category": [comparison.as_dict() for comparison in self.by_category],
            "ratio": None if self.ratio is None else self.ratio.as_dict(),
            "alpha_overall": self.alpha_overall,
            "alpha_by_category": self.alpha_by_category,
        }


def analyse(
    arms: Measured,
    control: str,
    design: Design,
    *,
    categories: Mapping[str, Measured] | None = None,
    assigned: Assigned | None = None,
) -> Analysis:
    """Every arm against ``control`` in every metric, overall and by category.

    Args:
        arms: by arm, then by metric, the summed values of all photos.
        control: the arm that the others are held against.
        design: how often the result is looked at.
        categories: the same by category.
        assigned: products of each arm; with a mismatch there are no intervals.

    Raises:
        DesignError: no such control, nothing beside it, or looks that don't increase.
        UnknownNameError: a metric does not exist; lists those that do.
    """
    if control not in arms or len(arms) < 2:
        raise DesignError(
            detail=f"An experiment needs the control {control!r} and another arm, not {list(arms)}"
        )
    metrics = {name: metric_named(name) for measured in arms.values() for name in measured}
    parts = categories or {}
    ratio = None if assigned is None else sample_ratio(assigned)
    family = max(1, (len(arms) - 1) * len(metrics))
    alphas = design.alpha / family, design.alpha / family / max(1, len(parts))
    refusal = Refusal.MISMATCH if ratio is not None and ratio.mismatch else None

    def compared(measured: Measured, category: str | None, alpha: float) -> list[Comparison]:
        width = _Width(design, alpha)
        return [
            _compared(
                metric,
                _split(measured, control, arm, metric.name),
                width,
                arm=arm,
                category=category,
                refusal=refusal,
            )
            for arm in arms
            if arm != control
            for metric in metrics.values()
        ]

    return Analysis(
        tuple(compared(arms, None, alphas[0])),
        tuple(part for name, measured in parts.items() for part in compared(measured, name, alphas[1])),
        ratio,
        *alphas,
    )


class _Width:
    """Makes the intervals of one family; the boundary of a look is computed once."""

    def __init__(self, design: Design, alpha: float) -> None:
        self._alpha = alpha
        self._z = None
        if isinstance(design, GroupSequential):
            self._z = boundaries(design.looks, alpha, design.spending)[design.look - 1]

    def interval(self, metric: Metric, seen: Split) -> tuple[float, float] | Refusal:
        """The interval of the effect, inside units, or why there is none."""
        if self._z is None:
            return self._always(metric, seen)
        if min(seen.live.n, seen.candidate.n) < 2:
            return Refusal.TOO_FEW
        lanes = (seen.live, seen.candidate)
        if metric.binary and min(min(lane.total, lane.n - lane.total) for lane in lanes) < _EVENTS:
            return Refusal.TOO_FEW_EVENTS
        error = math.sqrt(sum((lane.variance or 0.0) / lane.n for lane in lanes))
        middle = sequential.effect(seen, metric)
        if error == 0.0 or middle is None:
            return Refusal.NO_VARIANCE
        return middle - self._z * error, middle + self._z * error

    def _always(self, metric: Metric, seen: Split) -> tuple[float, float] | Refusal:
        low = sequential.lower(seen, metric, self._alpha / 2.0, tuned=TUNED)
        high = sequential.upper(seen, metric, self._alpha / 2.0, tuned=TUNED)
        return (low, high) if math.isfinite(low) and math.isfinite(high) else Refusal.TOO_FEW


def _compared(
    metric: Metric, seen: Split, width: _Width, *, arm: str, category: str | None, refusal: Refusal | None
) -> Comparison:
    effect = sequential.effect(seen, metric)
    found = Refusal.NO_PHOTOS if effect is None else refusal or width.interval(metric, seen)
    low, high = (None, None) if isinstance(found, Refusal) else (metric.shown(end) for end in found)
    return Comparison(
        metric.name,
        arm,
        category,
        seen.live.n,
        seen.candidate.n,
        None if effect is None else metric.shown(effect),
        low,
        high,
        found if isinstance(found, Refusal) else None,
    )


def _split(measured: Measured, control: str, arm: str, metric: str) -> Split:
    live, candidate = (measured.get(name, {}).get(metric, Summary()) for name in (control, arm))
    return Split(live, candidate)


def _check_alpha(alpha: float) -> None:
    if not 0.0 < alpha < 1.0:
        raise DesignError(detail=f"alpha must lie between 0 and 1, not {alpha}")
