"""What a candidate would move, predicted from photos that both recipes saw."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from packshot.rollout import sequential
from packshot.rollout.metric import metric_named
from packshot.rollout.summary import Observed

ALPHA = 0.05
"""Risk that any one interval misses, at any time."""
_TUNED = 300  # photos at which the intervals are closest


@dataclass(frozen=True, slots=True)
class Movement:
    """How one metric is expected to move when everything gets the candidate.

    Attributes:
        metric: its name.
        n: photos that tell of it.
        effect: how much better it was, in the metric's unit as shown; None where nothing is known.
        lower, upper: its interval; None where nothing is known on that side.
    """

    metric: str
    n: int
    effect: float | None
    lower: float | None
    upper: float | None

    @property
    def moves(self) -> bool:
        """Whether the interval leaves out 0."""
        return (self.lower is not None and self.lower > 0) or (self.upper is not None and self.upper < 0)

    def as_dict(self) -> dict[str, Any]:
        """JSON-compatible form."""
        return asdict(self) | {"moves": self.moves}


def movements(observed: Mapping[str, Observed], alpha: float = ALPHA) -> tuple[Movement, ...]:
    """The movement of each metric that was observed, whether anything guards it or not.

    Each interval holds at any time with probability ``1 - alpha``; they are not corrected for their number,
    since they only show where to look.
    """
    return tuple(_moved(name, seen, alpha) for name, seen in sorted(observed.items()))


def _moved(name: str, seen: Observed, alpha: float) -> Movement:
    metric = metric_named(name)
    effect = sequential.effect(seen, metric)
    if effect is None:
        return Movement(name, 0, None, None, None)
    low = sequential.lower(seen, metric, alpha / 2, tuned=_TUNED, exact=False)
    high = sequential.upper(seen, metric, alpha / 2, tuned=_TUNED, exact=False)
    shown = (metric.shown(bound) if math.isfinite(bound) else None for bound in (low, high))
    return Movement(name, seen.photos, metric.shown(effect), *shown)
