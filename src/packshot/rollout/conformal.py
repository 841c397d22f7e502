"""Which photos may be published without a person, so that at most a stated share of them is bad.

A photo is published when its risk lies *below* a threshold that is chosen from labels: a person's word on
photos drawn with known chance. The promise is about photos like the labelled ones: the same recipe, and the
merchants' photos as they came while the labels were made.

``expected`` is conformal risk control (Angelopoulos, Bates, Fisch, Lei, Schuster, "Conformal risk control",
2022): of *all* photos, those that are published and bad are at most the target, on average over the luck of
the labels. ``confident`` is Learn then Test (Angelopoulos, Bates, Candès, Jordan, Lei, 2021) along a ladder
that is fixed beforehand: of the *published* photos, at most the target is bad, except with probability
``1 - confidence``. The second is the stricter one wherever many photos go to a person.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp
from scipy.stats import binom

from packshot.errors import PackshotError

Figures = NDArray[np.float64]

_HOPES = np.array([0.02, 0.1, 0.3, 0.6])  # shares of the target that the weighted test bets are true
_ROUNDING = 1e-9  # 99 labels are enough for 1 %: floating point must not say otherwise


class SettingError(PackshotError):
    """{name} is {found}; it must be {allowed}."""

    code = "invalid_setting"


class Kind(StrEnum):
    """What is promised."""

    EXPECTED = "expected"
    """Published and bad, as a share of all photos, on average."""
    CONFIDENT = "confident"
    """Bad, as a share of the published photos, with a stated confidence."""


@dataclass(frozen=True, slots=True)
class Label:
    """A person's word on one photo as the pipeline made it.

    Attributes:
        risk: of the photo, 0..1, by a model that was not fitted on this label; None for a photo that the
            pipeline itself sends to review or rejects, which is never published without a person.
        bad: whether it must not be published as it is.
        chance: probability with which the photo was to be labelled, above 0 and up to 1.
    """

    risk: float | None
    bad: bool
    chance: float = 1.0

    def __post_init__(self) -> None:
        if self.risk is not None and not 0.0 <= self.risk <= 1.0:
            raise SettingError(name="risk", found=self.risk, allowed="from 0 to 1")
        if not 0.0 < self.chance <= 1.0:
            raise SettingError(name="chance", found=self.chance, allowed="above 0 and up to 1")


@dataclass(frozen=True, slots=True)
class Guarantee:
    """What may be published without a person, and what is promised about it.

    Attributes:
        threshold: photos with a risk below it are published; None when a person must look at every photo.
        target: the highest share of bad photos, 0..1.
        kind: what it is a share of, and in which sense it holds.
        confidence: of ``confident``, 0..1; None for ``expected``.
        labels: how many it was chosen from.
        bad: how many of those below the threshold were bad.
        automation: share of all photos that lie below the threshold, estimated from the labels, 0..1.
        bound: what the share of bad photos is shown to be at most, 0..1; None without a threshold.
        enough: without a threshold, about how many labels would be enough if no further bad one is found
            among the photos of lowest risk; None with a threshold, and where no label could have been
            published.
    """

    threshold: float | None
    target: float
    kind: Kind
    confidence: float | None
    labels: int
    bad: int
    automation: float
    bound: float | None
    enough: int | None

    def publishes(self, risk: float) -> bool:
        """Whether a photo with this ``risk`` (0..1) is published without a person."""
        return self.threshold is not None and risk < self.threshold

    @property
    def sentence(self) -> str:
        """All of it in plain words."""
        target = f"{100 * self.target:g} %"
        if self.threshold is None:
            said = f"{self.labels} labels do not show that at most {target} would be bad"
            more = f"About {self.enough} are enough if no further bad one is among the safest."
            if self.enough is None:
                more = "None of those photos could have been published."
            return f"A person looks at every photo: {said}. {more}"
        if self.kind is Kind.EXPECTED:
            promise = f"On average at most {target} of all photos are published and bad"
        else:
            promise = (
                f"With {100 * (self.confidence or 0.0):g} % confidence at most {target} of the photos that "
                "are published without a person are bad"
            )
        return (
            f"{promise}: shown by {self.labels} labels, {self.bad} of them bad below the threshold. "
            f"{100 * self.automation:.1f} % of the photos need no person."
        )


def control(
    labels: Sequence[Label],
    target: float,
    kind: Kind,
    *,
    floor: float = 1.0,
    confidence: float = 0.9,
    rungs: Sequence[float] = (1.0,),
) -> Guarantee:
    """Choose the largest set of photos that may be published without a person.

    Args:
        labels: independent draws from the photos. Simulated photos, and labels that the risk was fitted on,
            must not be among them; nor may labels be missing because of what they would have said.
        target: highest share of bad photos, above 0 and below 1.
        kind: which promise.
        floor: the lowest chance that any photo has of being labelled, above 0 and up to 1.
        confidence: ``confident`` only: probability with which the promise holds, above 0 and below 1.
        rungs: ``confident`` only: thresholds, ascending, from :func:`packshot.rollout.ladder.ladder`.

    Raises:
        SettingError: a figure is out of range, or a label was drawn with less chance than ``floor``.
    """
    check_share("target", target)
    if not 0.0 < floor <= 1.0:
        raise SettingError(name="floor", found=floor, allowed="above 0 and up to 1")
    least = min((label.chance for label in labels), default=1.0)
    if least < floor:
        raise SettingError(name="floor", found=floor, allowed=f"at most {least}, the chance of one label")
    if kind is Kind.EXPECTED:
        return _expected(labels, target, 1.0 / floor)
    check_share("confidence", confidence)
    ascending = all(low < high for low, high in pairwise(rungs))
    if not rungs or not ascending or not all(0.0 < rung <= 1.0 for rung in rungs):
        raise SettingError(name="rungs", found=list(rungs), allowed="ascending, above 0 and up to 1")
    return _confident(labels, target, confidence, rungs, floor)


def _expected(labels: Sequence[Label], target: float, heaviest: float) -> Guarantee:
    """The largest threshold with ``(sum of w * loss + w_max) / (sum of w + w_max) <= target``.

    The loss is 1 for a photo that is published and bad. The unseen photo counts as bad and with the largest
    weight that any may have, which covers each weight that it can have (section 4.1, on covariate shift).
    """
    risk, weight, bad = columns(labels)
    total = _mass(labels)
    room = target * (total + heaviest) - heaviest + _ROUNDING * (total + heaviest)
    costly = np.flatnonzero(bad)[np.argsort(risk[bad], kind="stable")]
    beyond = np.flatnonzero(np.cumsum(weight[costly]) > room)
    threshold = float(risk[costly[beyond[0]]]) if len(beyond) else 1.0
    below = risk < threshold
    if room < 0 or not below.any():
        lowest = bad & (risk == risk.min(initial=1.0))
        needed = (float(weight[lowest].sum()) + heaviest) / target - heaviest
        enough = math.ceil(needed * len(labels) / total - _ROUNDING) if labels else math.ceil(needed)
        return _nothing(labels, target, None, enough)
    bound = (float(weight[below & bad].sum()) + heaviest) / (total + heaviest)
    return _found(labels, target, None, threshold, bound)


def _confident(
    labels: Sequence[Label], target: float, confidence: float, rungs: Sequence[float], floor: float
) -> Guarantee:
    """The last of ``rungs`` before the first that is not shown to hold."""
    risk, weight, bad = columns(labels)
    doubt, chosen = 1.0 - confidence, None
    for rung in rungs:
        below = risk < rung
        if not _shown(weight[below] * floor, bad[below], target, doubt):
            break
        chosen = rung
    if chosen is None:
        below = risk < rungs[0]
        needed = _zero_bad(target, doubt, int(bad[below].sum()))
        known = float(weight[below].sum()) * floor
        enough = math.ceil(needed * len(labels) / known) if known else math.ceil(needed)
        return _nothing(labels, target, confidence, enough)
    below = risk < chosen
    bound = _upper_bound(weight[below] * floor, bad[below], target, doubt)
    return _found(labels, target, confidence, chosen, bound)


def _shown(weight: Figures, bad: NDArray[np.bool_], share: float, doubt: float) -> bool:
    """Whether a share of bad photos of ``share`` or more is refuted at level ``doubt``.

    Equal weights: the exact binomial test. Others: a bet against each photo, whose capital is expected to
    shrink if the share is ``share`` or more, so that a capital of ``1 / doubt`` refutes it (Markov;
    Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", 2023). ``weight`` is
    0..1.
    """
    if not len(weight):
        return False
    if np.ptp(weight) < _ROUNDING:
        return bool(binom.cdf(int(bad.sum()), len(bad), share) <= doubt)
    stakes = (1.0 - _HOPES) / (1.0 - share)
    capital = np.log1p(-stakes[:, None] * (weight * (bad - share))).sum(1)
    return bool(logsumexp(capital) - math.log(len(_HOPES)) >= -math.log(doubt))


def _upper_bound(weight: Figures, bad: NDArray[np.bool_], target: float, doubt: float) -> float:
    """The smallest share that is refuted, at most ``target``, which is."""
    low, high = 0.0, target
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if _shown(weight, bad, middle, doubt) else (middle, high)
    return high


def _zero_bad(target: float, doubt: float, bad: int = 0) -> float:
    """How many labels refute ``target`` when only ``bad`` of them are bad; whole unless that is none."""
    needed = math.log(doubt) / math.log1p(-target)
    if not bad:
        return needed
    low, high = math.ceil(needed), math.ceil((bad + 1) * (needed + 1) / target)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if binom.cdf(bad, middle, target) <= doubt else (middle + 1, high)
    return float(low)


def columns(labels: Sequence[Label]) -> tuple[Figures, Figures, NDArray[np.bool_]]:
    """Risk, weight and badness of the labels that could be published."""
    rows = [(label.risk, 1.0 / label.chance, label.bad) for label in labels if label.risk is not None]
    table = np.array(rows, np.float64).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2] > 0


def _mass(labels: Sequence[Label]) -> float:
    """How many photos the labels stand for."""
    return math.fsum(1.0 / label.chance for label in labels)


def _found(
    labels: Sequence[Label], target: float, confidence: float | None, threshold: float, bound: float
) -> Guarantee:
    kind = Kind.EXPECTED if confidence is None else Kind.CONFIDENT
    below = [label for label in labels if label.risk is not None and label.risk < threshold]
    bad, share = sum(label.bad for label in below), _mass(below) / _mass(labels)
    return Guarantee(threshold, target, kind, confidence, len(labels), bad, share, bound, None)


def _nothing(labels: Sequence[Label], target: float, confidence: float | None, enough: int) -> Guarantee:
    kind = Kind.EXPECTED if confidence is None else Kind.CONFIDENT
    hopeless = labels and all(label.risk is None or label.risk == 1.0 for label in labels)
    needed = None if hopeless else max(enough, len(labels) + 1)
    return Guarantee(None, target, kind, confidence, len(labels), 0, 0.0, None, needed)


def check_share(name: str, value: float) -> None:
    """Refuse what is no share between 0 and 1.

    Raises:
        SettingError: names it.
    """
    if not 0.0 < value < 1.0:
        raise SettingError(name=name, found=value, allowed="above 0 and below 1")
