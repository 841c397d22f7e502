"""Thresholds for the promise ``confident`` to try in turn, fixed before its labels are looked at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import binom

from packshot.rollout.conformal import Label, check_share, columns

RUNGS = 20
"""Thresholds that a ladder has at most."""


def ladder(
    reference: Sequence[Label],
    labels: int,
    target: float,
    *,
    floor: float = 1.0,
    confidence: float = 0.9,
) -> tuple[float, ...]:
    """Thresholds for ``confident`` to try in turn, fixed without looking at the labels that it will use.

    Testing hypotheses in a fixed order until one fails needs no correction for their number. The first
    threshold is the one that ``reference`` makes most likely to hold: too few photos show nothing, too many
    hold too many bad ones. The others follow in equal shares of the photos, up to all of them.

    Args:
        reference: other labels from the same photos, such as those that the risk was fitted on.
        labels: how many labels will be used.
        target: as for :func:`packshot.rollout.conformal.control`.
        floor: as for :func:`packshot.rollout.conformal.control`.
        confidence: as for :func:`packshot.rollout.conformal.control`.

    Raises:
        SettingError: a figure is out of range.
    """
    check_share("target", target)
    check_share("confidence", confidence)
    risk, weight, bad = columns(reference)
    if not len(risk):
        return (1.0,)
    order = np.argsort(risk, kind="stable")
    risk, mass, lost = risk[order], np.cumsum(weight[order]), np.cumsum((weight * bad)[order])
    places = np.searchsorted(mass, np.linspace(0, mass[-1], RUNGS + 1)[1:-1])
    rungs = np.unique(np.append(risk[places][risk[places] > 0], 1.0))
    below = np.searchsorted(risk, rungs)  # a rung lets through what lies strictly below it
    mass, lost = (np.append(0.0, column)[below] for column in (mass, lost))
    likely = (lost + 0.5 / floor) / (mass + 1.0 / floor)
    drawn = np.floor(mass * floor * labels / len(reference))
    quantile = np.asarray(binom.ppf(1.0 - confidence, drawn, target))
    allowed = quantile - (binom.cdf(quantile, drawn, target) > 1.0 - confidence)
    power = np.where(allowed >= 0, binom.cdf(allowed, drawn, likely), 0.0)
    begins = int(power.argmax()) if power.any() else len(rungs) - 1
    return tuple(float(rung) for rung in rungs[begins:])
