"""Confidence bounds that hold at all times at once, so that a rollout may be looked at after every photo.

Each bound is one-sided: with probability at least 1 - alpha it is right after *every* number of photos. All
of them need only sums (:class:`Summary`).

*Exact*, for values within known limits: a gambler bets against "the mean is at most m"; the bound is the
largest m at which the gambler's capital has reached 1/alpha (Ville's inequality; Waudby-Smith and Ramdas,
"Estimating means of bounded random variables by betting", 2024). The bets are fixed in advance and mixed. For
values -1, 0 and 1 the capital follows from counts; for others a lower limit of it follows from sums and sums
of squares, since ``1 + b x >= exp(b x + (log(1 - b) + b) x**2)`` for ``x >= -1`` (Fan, Grama and Liu, 2015).
It holds for any distribution and any n: twenty equal pairs give a wide interval, for what has not been seen
yet may differ.

*Asymptotic*, for logarithms of seconds and bytes, which have no limits: the sequential t-test with a normal
mixture over the standardised effect (Lai, 1976; Wang and Ramdas, 2024). It is exact for normal values of
unknown variance; otherwise it tends to the confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and
Ramdas ("Time-uniform central limit theory and asymptotic confidence sequences", 2024), with a correction that
leaves the first dozen photos without a bound. A floor under the standard deviation guards against a few equal
values.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from packshot.rollout.errors import NotBinaryError
from packshot.rollout.metric import Metric, Scale
from packshot.rollout.summary import Observed, Paired, Split, Summary

Floats = NDArray[np.float64]

BETS: Floats = 1.0 / (1.0 + np.exp(-np.linspace(math.log(0.002), math.log(150.0), 16)))
"""Parts of the capital that are bet, each about twice the last: small ones decide late, large ones early."""
_WEIGHTS = BETS / (BETS + 0.05)  # bets below 0.05 pay only after thousands of photos
WEIGHTS: Floats = _WEIGHTS / _WEIGHTS.sum()
"""The part of the capital that each bet starts with."""

_COST: Floats = -np.log1p(-BETS) - BETS
_LOG_WEIGHTS: Floats = np.log(WEIGHTS)
_STEPS: Floats = np.linspace(0.0, 1.0, 33)
_CANDIDATE_PART = 0.75  # of alpha, in a split: a canary has fewer photos than live, so its bound is the wider


def bounded_lower(values: Summary, alpha: float, *, low: float, binary: bool) -> float:
    """A lower bound of the mean of values that are at least ``low``. Exact.

    Args:
        values: their sums.
        alpha: the risk that the bound is ever above the mean.
        low: no value is smaller.
        binary: the values are -1, 0 and 1 only.

    Raises:
        NotBinaryError: ``binary``, but the sums are not those of such values.
    """
    mean = values.mean
    if mean is None or mean <= low:
        return low
    target, bottom, top = -math.log(alpha), low, mean
    # Evidence falls from `low` to the mean, where it is gone: narrow down the last place where it suffices.
    spaced = 1.0 - (1.0 - _STEPS) ** 2
    for _ in range(3):
        places = bottom + (top - bottom) * spaced[1:-1]
        enough = np.flatnonzero(_evidence(values, places, low, binary=binary) >= target)
        last = int(enough[-1]) if len(enough) else -1
        top = float(places[last + 1]) if last + 1 < len(places) else top
        bottom = float(places[last]) if last >= 0 else bottom
        spaced = _STEPS
    return bottom


def bounded_upper(values: Summary, alpha: float, *, high: float, binary: bool) -> float:
    """An upper bound of the mean of values that are at most ``high``: the mirror of :func:`bounded_lower`."""
    return -bounded_lower(-values, alpha, low=-high, binary=binary)


def reach(n: int, variance: float, alpha: float, *, tuned: int) -> float:
    """How far from a mean its one-sided asymptotic bound lies; infinite while ``n`` is too small.

    Args:
        n: number of values.
        variance: of one value.
        alpha: the risk that the bound is ever wrong.
        tuned: number of values at which the bound shall be closest; it holds at any.
    """
    if n < 2:
        return math.inf
    spent = -2.0 * math.log(min(2.0 * alpha, 0.9))
    growth = 1.0 + n * (spent + math.log1p(spent)) / tuned
    # One-sided: half of the mixture lies on the wrong side and gains at most its stake.
    factor = (math.sqrt(growth) * (1.0 + alpha) / (2.0 * alpha)) ** (2.0 / n)
    if factor >= growth:
        return math.inf
    return math.sqrt((n - 1) * (factor - 1.0) / (1.0 - factor / growth) * variance / n)


def lower(observed: Observed, metric: Metric, alpha: float, *, tuned: int, exact: bool = True) -> float:
    """A lower bound of how much better the candidate is, inside units (see :class:`Metric`).

    Args:
        observed: what was seen of ``metric``.
        metric: says how values are compared.
        alpha: the risk that the bound is ever above the true effect.
        tuned: photos at which an asymptotic bound shall be closest.
        exact: for a share that is not binary, whether a bound is wanted that also holds for rare extremes
            that were not seen yet; the asymptotic one needs far fewer photos. Binary shares are always exact,
            ratios never.
    """
    observed = observed if metric.effect(1.0) > 0.0 else _mirrored(observed)
    if metric.scale is Scale.RATIO or not (exact or metric.binary):
        mean, n, variance = _moments(observed, metric.spread)
        return -math.inf if mean is None else mean - reach(n, variance, alpha, tuned=tuned)
    if isinstance(observed, Paired):
        return bounded_lower(observed.differences, alpha, low=-1.0, binary=metric.binary)
    ends = (0.0, 1.0) if metric.effect(1.0) > 0.0 else (-1.0, 0.0)
    own = bounded_lower(observed.candidate, alpha * _CANDIDATE_PART, low=ends[0], binary=metric.binary)
    other = bounded_upper(observed.live, alpha * (1 - _CANDIDATE_PART), high=ends[1], binary=metric.binary)
    return own - other


def upper(observed: Observed, metric: Metric, alpha: float, *, tuned: int, exact: bool = True) -> float:
    """An upper bound of how much better the candidate is: the mirror of :func:`lower`."""
    other = "lower" if metric.effect(1.0) > 0.0 else "higher"
    return -lower(
        observed, replace(metric, better=type(metric.better)(other)), alpha, tuned=tuned, exact=exact
    )


def effect(observed: Observed, metric: Metric) -> float | None:
    """How much better the candidate was on what was seen, inside units; None where nothing was."""
    mean = _moments(observed, metric.spread)[0]
    return None if mean is None else metric.effect(mean)


def _mirrored(observed: Observed) -> Observed:
    if isinstance(observed, Paired):
        return Paired(-observed.differences)
    return Split(-observed.live, -observed.candidate)


def _moments(observed: Observed, spread: float) -> tuple[float | None, int, float]:
    """Mean effect, number of values, variance of one; a split counts as so many as its smaller lane."""
    if isinstance(observed, Paired):
        sums = observed.differences
        return sums.mean, sums.n, max(sums.variance or 0.0, spread**2)
    live, candidate = observed.live, observed.candidate
    if live.mean is None or candidate.mean is None:
        return None, 0, 0.0
    n = min(live.n, candidate.n)
    noise = sum(max(lane.variance or 0.0, spread**2) * n / lane.n for lane in (live, candidate))
    return candidate.mean - live.mean, n, noise


def _evidence(values: Summary, means: Floats, low: float, *, binary: bool) -> Floats:
    """Logarithm of the capital won by betting against each of ``means``, between ``low`` and the mean."""
    room = (means - low)[:, None]
    if binary:
        plus, minus = (values.squares + values.total) / 2.0, (values.squares - values.total) / 2.0
        none = values.n - values.squares
        if min(plus, minus, none) < 0.0 or not (plus.is_integer() and minus.is_integer()):
            raise NotBinaryError(n=values.n, total=values.total, squares=values.squares)
        won = np.zeros((len(means), len(BETS)))
        for count, value in ((plus, 1.0), (none, 0.0), (minus, -1.0)):
            if count:
                won += count * np.log1p(BETS * (value - means[:, None]) / room)
    else:
        gain = (values.total - values.n * means)[:, None] / room
        spread = (values.squares - 2.0 * means * values.total + values.n * means**2)[:, None] / room**2
        won = BETS * gain - _COST * spread
    won += _LOG_WEIGHTS
    most = won.max(axis=1)
    return np.asarray(most + np.log(np.exp(won - most[:, None]).sum(axis=1)), dtype=np.float64)
