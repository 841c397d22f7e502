"""Which photos a person is asked about, so that the answers teach most and still tell the truth about all.

A hash of its digest decides what a photo's label is for. Those that the threshold is *chosen from* are drawn
evenly. To draw more of them near the threshold makes the promise weaker, because it must then allow for the
weight of a photo that is drawn rarely: on simulated shops with 2,800 labels, 45 % of the photos were
automatic with even draws and none with twelvefold ones. Those that the risk model *learns from* need no
weights and are drawn where an answer teaches most.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import xxhash

from packshot.rollout.conformal import SettingError

_SPAN = 2**64  # of the hash


class Part(StrEnum):
    """What a label is for; a photo's part never changes."""

    FIT = "fit"
    """The risk model is fitted on it."""
    CALIBRATE = "calibrate"
    """The threshold is chosen from it: the promise holds only if the model never saw it."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How photos that need no person are drawn for labelling.

    Attributes:
        salt: another one draws other photos; keep it for as long as the labels are used.
        floor: the chance of a photo below the threshold, above 0 and up to 1.
        edge: the chance right below the threshold of one that the model learns from, from ``floor`` up to 1.
        fit: share of the photos that the model learns from, above 0 and below 1.
    """

    salt: str
    floor: float = 0.02
    edge: float = 0.2
    fit: float = 0.3

    def __post_init__(self) -> None:
        if not 0.0 < self.floor <= 1.0:
            raise SettingError(name="floor", found=self.floor, allowed="above 0 and up to 1")
        if not self.floor <= self.edge <= 1.0:
            raise SettingError(name="edge", found=self.edge, allowed=f"from {self.floor} up to 1")
        if not 0.0 < self.fit < 1.0:
            raise SettingError(name="fit", found=self.fit, allowed="above 0 and below 1")

    def part(self, digest: str) -> Part:
        """What a label of the photo with this ``digest`` is for."""
        return Part.FIT if self._place("part", digest) < self.fit else Part.CALIBRATE

    def chance(self, part: Part, risk: float | None, threshold: float | None) -> float:
        """Probability that a person is asked about a photo; 1 for one that goes to a person anyway.

        What the model learns from is drawn in proportion to the root of the risk, the standard deviation of
        the answer (Neyman's allocation, 1934), the rest evenly.

        Args:
            part: of the photo.
            risk: of the photo, 0..1; None when the pipeline itself sends it to review or rejects it.
            threshold: of the guarantee that is in force; None when there is none.

        Raises:
            SettingError: the risk is out of range.
        """
        if risk is not None and not 0.0 <= risk <= 1.0:
            raise SettingError(name="risk", found=risk, allowed="from 0 to 1")
        if risk is None or threshold is None or risk >= threshold:
            return 1.0
        if part is Part.CALIBRATE:
            return self.floor
        return max(self.floor, self.edge * math.sqrt(risk / threshold))

    def asks(self, digest: str, chance: float) -> bool:
        """Whether a person is asked about the photo with this ``digest``; the same on every machine."""
        return self._place("label", digest) < chance

    def _place(self, purpose: str, digest: str) -> float:
        """A number from 0 up to 1 that depends on the photo, the salt and the purpose only."""
        return xxhash.xxh3_64_intdigest(f"{self.salt}:{purpose}:{digest}".encode()) / _SPAN


def pooled(periods: Sequence[tuple[int, float]]) -> float:
    """The chance with which a photo was to be labelled, when several periods' labels are used together.

    Each period had its own threshold, so that the same photo would have had another chance in each. Weighing
    by the mean chance (Veach and Guibas's balance heuristic, 1995) keeps the first weeks, in which a person
    saw every photo, as valuable as they are.

    Args:
        periods: for each, how many photos came in it, and the chance that *this* photo would have had.

    Raises:
        SettingError: no photo came in any of them.
    """
    photos = sum(count for count, _ in periods)
    if photos <= 0:
        raise SettingError(name="the number of photos", found=photos, allowed="above 0")
    return min(1.0, math.fsum(count * chance for count, chance in periods) / photos)
