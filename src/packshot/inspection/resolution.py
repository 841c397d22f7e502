"""Photos with fewer details than pixels: enlarged ones, screenshots, and visible pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

import cv2
import numpy as np
import scipy.fft
from numpy.typing import NDArray

from packshot.finding import Finding, Severity
from packshot.inspection.inspector import Setup
from packshot.inspection.limits import Limits
from packshot.inspection.view import View

# Of 395 shop photos one in twenty is found at this factor, which all look soft, and one is an error.
_SCALE = Limits(warning=1.6, error=2.0, worst=4.0)
# Share of stairs: 395 shop photos at most 0.16, but for 12 pixel-doubled ones at 1.0; enlarged three times
# and saved at JPEG 85, 0.52 to 0.73.
_STAIRCASE = Limits(warning=0.3, error=0.45, worst=1.0)

# A photo with at least this many real pixels on its long side serves any shop page, enlarged or not.
_ENOUGH_SIDE = 1000

_TILE = 64
_MAX_TILES = 96
_BINS = 24
# Bandwidth measured on photos of 400 and 1000 px enlarged by a known factor (bicubic, with JPEG 85 before).
_BANDWIDTHS = np.array([0.29, 0.38, 0.505, 0.62, 0.80])
_FACTORS = np.array([4.0, 3.0, 2.2, 1.7, 1.0])

# A step of this many levels is an edge; beside a stair's edge both neighbours are flat.
_MIN_STEP = 10.0
_FLATNESS = 0.2
_MIN_STEPS = 200


class Resolution:
    """Effective resolution from the spectrum's cut-off, and staircase edges.

    Bandwidth is the radial frequency (1 is Nyquist) below which 95 % of the detail lies: the power spectrum
    of the most detailed tiles, weighted by the cube of the frequency to undo the fall-off of natural images,
    less the white floor that noise leaves at the highest frequencies. The axes are left out, where the grid
    of JPEG blocks has its lines. Enlarging by ``k`` leaves nothing above ``1 / k``.
    """

    name: ClassVar[str] = "resolution"
    codes: ClassVar[frozenset[str]] = frozenset({"low_effective_resolution", "pixelated"})
    roles: ClassVar[Mapping[str, str]] = MappingProxyType({})

    def __init__(self, setup: Setup) -> None:
        del setup

    def inspect(self, view: View) -> Sequence[Finding]:
        """At most one finding: visible pixels, or fewer details than pixels."""
        staircase = measure_staircase(view)
        if staircase is not None and (severity := _STAIRCASE.severity(staircase.share)) is not None:
            return [_pixelated(view, staircase, severity)]
        bandwidth = measure_bandwidth(view)
        return () if bandwidth is None else _enlarged(view, bandwidth)


def _enlarged(view: View, bandwidth: float) -> Sequence[Finding]:
    scale = float(np.interp(bandwidth, _BANDWIDTHS, _FACTORS))
    severity = _SCALE.severity(scale)
    if severity is None:
        return ()
    width, height = round(view.photo.width / scale), round(view.photo.height / scale)
    if max(width, height) >= _ENOUGH_SIDE:
        severity = Severity.INFO
    message = (
        f"The photo has {view.photo.width}x{view.photo.height} pixels but details of about {width}x{height}: "
        f"it was enlarged {scale:.1f} times or is out of focus."
    )
    evidence = {"bandwidth": round(bandwidth, 3), "scale": round(scale, 2)}
    return [Finding("low_effective_resolution", severity, _SCALE.score(scale), message, evidence=evidence)]


def measure_bandwidth(view: View) -> float | None:
    """Bandwidth, 0 to 1; None when the subject does not fill a single tile."""
    tiles = _tiles(view)
    if not len(tiles):
        return None
    window = np.hanning(_TILE).astype(np.float32)
    power = np.abs(scipy.fft.rfft2(tiles * window * window[:, None])) ** 2
    down, across = np.indices(power.shape[1:])
    down = np.minimum(down, _TILE - down)
    radius = np.hypot(down, across) / (_TILE / 2)
    counted = (np.minimum(down, across) > 1) & (radius < 1)
    ring = (radius[counted] * _BINS).astype(int)
    members = np.maximum(np.bincount(ring, minlength=_BINS), 1)
    spectrum = np.bincount(ring, power.sum(axis=0)[counted], _BINS) / members
    frequency = (np.arange(_BINS) + 0.5) / _BINS
    detail = np.maximum(spectrum - spectrum[-4:].min(), 0) * frequency**3
    # The window smears the mean into the first two rings.
    detail[:2] = 0
    total = np.cumsum(detail)
    return float(np.interp(0.95, total / total[-1], frequency)) if total[-1] > 0 else None


def _tiles(view: View) -> NDArray[np.float32]:
    """The tiles with the most contrast that the subject fills at least half, less their mean: (n, 64, 64)."""
    tiles = [
        window.grey[y : y + _TILE, x : x + _TILE]
        for window in view.windows
        for y in range(0, window.grey.shape[0] - _TILE + 1, _TILE)
        for x in range(0, window.grey.shape[1] - _TILE + 1, _TILE)
        if window.subject[y : y + _TILE, x : x + _TILE].mean() >= 0.5
    ]
    if not tiles:
        return np.empty((0, _TILE, _TILE), np.float32)
    stack = np.stack(tiles)
    stack -= stack.mean(axis=(1, 2), keepdims=True)
    return stack[np.argsort(-stack.std(axis=(1, 2)), kind="stable")[:_MAX_TILES]]


@dataclass(frozen=True, slots=True)
class Staircase:
    """How far a photo consists of enlarged pixels.

    Attributes:
        share: share of the subject's steps that stand between two flat pairs, 0..1.
        pixel: side of the enlarged pixels, at the shortest flights of stairs.
    """

    share: float
    pixel: float


def measure_staircase(view: View) -> Staircase | None:
    """Look for stairs along rows and columns; None with too few steps to tell."""
    isolated = steps = 0
    runs: list[NDArray[np.intp]] = []
    for window in view.windows:
        for grey, subject in ((window.grey, window.subject), (window.grey.T, window.subject.T)):
            step = cv2.absdiff(grey[1:], grey[:-1])
            middle = step[1:-1]
            edge = (middle > _MIN_STEP) & subject[1:-2]
            stairs = edge & (np.maximum(step[:-2], step[2:]) < _FLATNESS * middle)
            isolated += int(np.count_nonzero(stairs))
            steps += int(np.count_nonzero(edge))
            runs.append(np.diff(np.flatnonzero(stairs.T)))
    if steps < _MIN_STEPS:
        return None
    lengths = np.concatenate([[_TILE], *runs])
    return Staircase(isolated / steps, float(np.quantile(lengths, 0.1)))


def _pixelated(view: View, staircase: Staircase, severity: Severity) -> Finding:
    if max(view.photo.width, view.photo.height) >= _ENOUGH_SIDE * staircase.pixel:
        severity = Severity.WARNING
    message = f"The photo is pixelated: it shows squares of about {staircase.pixel:.0f} px."
    evidence = {"staircase": round(staircase.share, 3), "scale": round(staircase.pixel, 2)}
    return Finding("pixelated", severity, _STAIRCASE.score(staircase.share), message, evidence=evidence)
