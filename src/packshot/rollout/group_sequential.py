"""Planned looks: boundaries for a z-statistic that is looked at a few times, by alpha spending.

For experiments whose looks are planned; the boundaries are closer than those that hold at every moment. Lan
and DeMets, "Discrete sequential boundaries for clinical trials", 1983; the recursion is that of Armitage,
McPherson and Rowe, 1969. Asymptotic: the statistic is taken as normal.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import simpson
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from packshot.rollout.errors import DesignError

_POINTS = 801  # of the density between two boundaries: z is right to four digits
_FARTHEST = 12.0  # standard deviations: what is spent beyond is below what a float can tell from 0


class Spending(StrEnum):
    """How the risk is spent as information comes in."""

    OBRIEN_FLEMING = "obrien_fleming"
    """Almost nothing early: an early stop needs overwhelming evidence, the last look costs little."""
    POCOCK = "pocock"
    """About evenly: stops early more often, the last look costs more."""

    def spent(self, fraction: float, alpha: float) -> float:
        """The part of a one-sided ``alpha`` that is spent at ``fraction`` (0..1] of the information."""
        if self is Spending.OBRIEN_FLEMING:
            return float(2.0 * ndtr(ndtri(alpha / 2.0) / math.sqrt(fraction)))
        return alpha * math.log1p((math.e - 1.0) * fraction)


def boundaries(fractions: Sequence[float], alpha: float, spending: Spending) -> tuple[float, ...]:
    """The absolute z that counts as a difference at each look, two-sided and symmetric.

    Args:
        fractions: of the planned information (photos) at each look, increasing, the last at most 1.
        alpha: two-sided risk of calling any look a difference where there is none.
        spending: how alpha is spent.

    Raises:
        DesignError: the fractions don't increase within 0..1, or alpha is not between 0 and 1.
    """
    if (
        not fractions
        or any(b <= a for a, b in zip((0.0, *fractions), fractions, strict=False))
        or fractions[-1] > 1
    ):
        raise DesignError(detail=f"Looks must increase from above 0 to at most 1, not {list(fractions)}")
    if not 0.0 < alpha < 1.0:
        raise DesignError(detail=f"alpha must lie between 0 and 1, not {alpha}")
    found: list[float] = []
    grid, density, spent, before = np.zeros(1), np.ones(1), 0.0, 0.0
    for fraction in fractions:
        now = spending.spent(fraction, alpha / 2.0)
        step = math.sqrt(fraction - before)
        bound = _bound(grid, density, step, now - spent, _FARTHEST * math.sqrt(fraction))
        found.append(bound / math.sqrt(fraction))
        places = np.linspace(-bound, bound, _POINTS)
        kernel = np.exp(-0.5 * ((places[:, None] - grid) / step) ** 2) / (step * math.sqrt(2.0 * math.pi))
        density, grid, spent, before = _over(grid, kernel * density), places, now, fraction
    return tuple(found)


def _bound(
    grid: NDArray[np.float64], density: NDArray[np.float64], step: float, spend: float, farthest: float
) -> float:
    """The value of the summed statistic that is passed with probability ``spend`` by those still going on."""

    def beyond(place: float) -> float:
        return float(_over(grid, density * ndtr((grid - place) / step))) - spend

    if beyond(farthest) >= 0.0:
        return farthest
    return float(brentq(beyond, 0.0, farthest, xtol=1e-10))


def _over(grid: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The integral of ``values`` over ``grid``; where the statistic starts, all of it is in one point."""
    if len(grid) == 1:
        return np.asarray(values[..., 0])
    return np.asarray(simpson(values, x=grid))
