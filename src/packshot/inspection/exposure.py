"""Too dark, too light, or with highlights that are burnt out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

import cv2
import numpy as np

from packshot.finding import Finding
from packshot.inspection.inspector import Setup
from packshot.inspection.limits import Limits
from packshot.inspection.view import View

# White point of 395 shop photos: first percentile above 160; with 0.4 and 0.25 of the light at most 102
# and 64.
_WHITE_POINT = Limits(warning=120.0, error=85.0, worst=30.0)
_BLACK_POINT = Limits(warning=150.0, error=185.0, worst=235.0)
# Share of the subject clipped, and how it stands out of the tones below: 99 of 100 shop photos stay below
# 0.23 and 0.47, and with 1.6 times the light half are above 0.24 and 0.70.
_CLIPPED = Limits(warning=0.15, error=0.35, worst=0.9)
_MIN_SPIKE = 0.4

_FULL = 254
_NEARLY_FULL = 225
# A white backdrop is 252 and more, and shows on at least this share of the border.
_PURE_WHITE = 252
_MIN_WHITE_BORDER = 0.1
_MIN_SAMPLES = 50


@dataclass(frozen=True, slots=True)
class Tones:
    """Tones of a photo, on samples a 256th of its long side apart.

    Attributes:
        white_point: 99th percentile of each pixel's brightest channel, over the whole photo, 0..255.
        black_point: 5th percentile of the subject's luma.
        clipped: share of the subject with a channel at its maximum, 0..1.
        spike: how much of the subject's bright tones is clipped, 0..1.
    """

    white_point: float
    black_point: float
    clipped: float
    spike: float


class Exposure:
    """Exposure from the ends of the tone scale, so that the product's own colour does not count.

    Dark is a photo without any bright tone: a black dress on white has them. Light is a subject without any
    dark tone whose bright ones are clipped: white shoes on white keep their shadows. Clipped is a share of
    the subject at full scale that stands out of the tones just below it, pure white backdrop apart.
    """

    name: ClassVar[str] = "exposure"
    codes: ClassVar[frozenset[str]] = frozenset({"dark", "light", "clipped"})
    roles: ClassVar[Mapping[str, str]] = MappingProxyType({})

    def __init__(self, setup: Setup) -> None:
        del setup

    def inspect(self, view: View) -> Sequence[Finding]:
        """At most one finding of each code."""
        tones = measure_tones(view)
        burnt = tones.clipped if tones.spike >= _MIN_SPIKE else 0.0
        washed_out = tones.black_point if burnt >= _CLIPPED.warning else 0.0
        share = f"{tones.clipped:.0%}"
        judged = [
            (
                "dark",
                _WHITE_POINT,
                tones.white_point,
                "The photo is too dark: its brightest tones reach {:.0f}.",
            ),
            (
                "light",
                _BLACK_POINT,
                washed_out,
                "The photo is too light: its darkest tones lie at {:.0f}.",
            ),
            (
                "clipped",
                _CLIPPED,
                burnt,
                f"Highlights are burnt out on {share} of the product (below 10% is usual).",
            ),
        ]
        evidence = {
            "white_point": round(tones.white_point, 1),
            "black_point": round(tones.black_point, 1),
            "clipped": round(tones.clipped, 4),
            "spike": round(tones.spike, 3),
        }
        return [
            Finding(code, severity, limits.score(value), message.format(value), evidence=evidence)
            for code, limits, value, message in judged
            if (severity := limits.severity(value)) is not None
        ]


def measure_tones(view: View) -> Tones:
    """Measure the tones of a photo and its subject."""
    height, width = view.thumbnail.shape[:2]
    # Nearest neighbours keep clipped pixels clipped; averaging would not.
    samples = cv2.resize(view.pixels, (width, height), interpolation=cv2.INTER_NEAREST)
    luma = cv2.cvtColor(samples, cv2.COLOR_RGB2GRAY)
    brightest, dimmest = samples.max(axis=2), samples.min(axis=2)
    subject = cv2.erode(view.thumbnail_subject.view(np.uint8), np.ones((3, 3), np.uint8)) > 0
    white = dimmest >= _PURE_WHITE
    border = np.concatenate([white[0], white[-1], white[:, 0], white[:, -1]])
    if border.mean() >= _MIN_WHITE_BORDER:
        subject &= ~white
    white_point = float(np.quantile(brightest, 0.99))
    if np.count_nonzero(subject) < _MIN_SAMPLES:
        return Tones(white_point, float(np.quantile(luma, 0.05)), 0.0, 0.0)
    bright = brightest[subject]
    clipped = float(np.mean(bright >= _FULL))
    spike = clipped / (float(np.mean(bright >= _NEARLY_FULL)) + 0.02)
    return Tones(white_point, float(np.quantile(luma[subject], 0.05)), clipped, spike)
