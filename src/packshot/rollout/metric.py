"""What is compared between two lanes: one number a photo, which way is better, and how two are compared."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from packshot.errors import UnknownNameError
from packshot.rollout.errors import MeasuredValueError

_FARTHEST = 700.0  # logarithm: beyond it lies infinity


class Better(StrEnum):
    """Which way is better."""

    HIGHER = "higher"
    LOWER = "lower"


class Scale(StrEnum):
    """How two lanes are compared."""

    SHARE = "share"
    """Values from 0 to 1: by the difference of means."""
    RATIO = "ratio"
    """Positive quantities: by the difference of mean logarithms, which is the ratio of geometric means."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One number a photo.

    A comparison is *inside* computed as candidate minus live of transformed values, signed so that more is
    better, and *shown* in the metric's own unit with the same sign: points of a share (0.03 is three points),
    per 1,000, or for a ratio the part by which it is better (-0.2: a fifth slower; 0.2: a fifth faster).

    Attributes:
        name: stable.
        better: which way is better.
        scale: how two lanes are compared.
        about: what it measures, for people.
        unit: of a value as shown.
        binary: each photo's value is 0 or 1, so that sums are counts and bounds are exact.
        floor: smallest value that is told apart, in the unit; only for ratios.
        spread: smallest standard deviation of a transformed difference that is believed, however alike the
            first few values are; only where bounds lean on it, so not for binary metrics.
        per: a share is shown as so many per this number.
    """

    name: str
    better: Better
    scale: Scale
    about: str
    unit: str
    binary: bool = False
    floor: float = 0.0
    spread: float = 0.0
    per: float = 1.0

    def transformed(self, value: float) -> float:
        """``value`` of one photo as it is summed: itself, or its logarithm, at least that of the floor.

        Raises:
            MeasuredValueError: it is not finite, or outside of what the metric can be.
        """
        if self.scale is Scale.RATIO:
            if not (math.isfinite(value) and value >= 0.0):
                raise MeasuredValueError(value=value, metric=self.name, wanted="a number of at least 0")
            return math.log(max(value, self.floor))
        if self.binary and value not in {0.0, 1.0}:
            raise MeasuredValueError(value=value, metric=self.name, wanted="0 or 1")
        if not 0.0 <= value <= 1.0:
            raise MeasuredValueError(value=value, metric=self.name, wanted="a number from 0 to 1")
        return float(value)

    def effect(self, raw: float) -> float:
        """``raw``, a transformed candidate minus live, signed so that positive is better."""
        return raw if self.better is Better.HIGHER else -raw

    def shown(self, effect: float) -> float:
        """An inside effect in the metric's unit, the same sign."""
        if self.scale is Scale.SHARE:
            return effect * self.per
        part = math.expm1(min(self.effect(effect), _FARTHEST))
        return self.effect(part)

    def inside(self, shown: float) -> float:
        """The inverse of :meth:`shown`; minus or plus infinity for what no value can reach."""
        if self.scale is Scale.SHARE:
            return shown / self.per
        part = shown if self.better is Better.HIGHER else -shown
        return self.effect(math.log1p(part) if part > -1.0 else -math.inf)

    def words(self, shown: float) -> str:
        """A shown effect's size for people, without its sign: ``3.1 points``, ``20 %``, ``4 per 1,000``."""
        size = abs(shown)
        if self.scale is Scale.RATIO:
            return f"{_short(size * 100)} %"
        if self.per != 1.0:
            return f"{_short(size)} per {self.per:,.0f}"
        points = _short(size * 100)
        return "1 point" if points == "1" else f"{points} points"


def _short(size: float) -> str:
    """Three figures, and never a power of ten."""
    return f"{size:,.0f}" if size >= 999.5 else f"{size:.3g}"


def _share(name: str, better: Better, about: str) -> Metric:
    return Metric(name, better, Scale.SHARE, about, "share of photos", binary=True)


def _cost(name: str, about: str, unit: str, floor: float) -> Metric:
    # Two runs of one photo on one idle machine differ by a few per cent: less is luck in a small sample.
    return Metric(name, Better.LOWER, Scale.RATIO, about, unit, floor=floor, spread=0.05)


METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        metric.name: metric
        for metric in (
            _share("pass_rate", Better.HIGHER, "photos that pass validation after treatment"),
            Metric(
                "edge_fidelity",
                Better.HIGHER,
                Scale.SHARE,
                "how much of the product's edges is as it was",
                "score 0 to 1",
                spread=0.01,
            ),
            _share("artifact_rate", Better.LOWER, "photos with an artefact of the treatment"),
            _share("text_residue", Better.LOWER, "photos in which text is still legible after it was erased"),
            _share("harm_rate", Better.LOWER, "photos on which a no-harm check failed"),
            _share("failure_rate", Better.LOWER, "photos whose treatment raised an error"),
            _cost("latency", "time from taking a photo up to its decision", "seconds", 0.001),
            _cost("cpu", "processor time of a photo", "seconds", 0.001),
            _cost("memory", "peak memory of a photo's treatment", "bytes", 1_048_576.0),
            Metric(
                "manual_edits",
                Better.LOWER,
                Scale.SHARE,
                "photos that a person had to edit",
                "per 1,000 photos",
                binary=True,
                per=1_000.0,
            ),
            _share("automation", Better.HIGHER, "photos published without a person"),
            _cost("time_to_publish", "time from submission to publishing", "seconds", 1.0),
            _share("approval", Better.HIGHER, "reviewed photos that the reviewer approved"),
        )
    }
)


def metric_named(name: str) -> Metric:
    """The metric ``name``.

    Raises:
        UnknownNameError: there is none; lists those that there are.
    """
    if name not in METRICS:
        raise UnknownNameError(kind="metric", name=name, choices=", ".join(METRICS))
    return METRICS[name]
