"""Edges that are too wide (blurry) or overshoot (oversharpened)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from packshot.finding import Finding, Severity
from packshot.inspection.inspector import Setup
from packshot.inspection.limits import Limits
from packshot.inspection.view import View, Window

# Blur of 395 shop photos: median 0.5 px, 99th percentile 1.0, highest 1.16. A Gaussian of 1.6 measures 1.2
# to 1.9.
_BLUR = Limits(warning=1.1, error=1.4, worst=3.0)
# Overshoot of shop photos: 95th percentile 0.21, 99th 0.34. Unsharp masking by k = 2 at a radius of 1.5 px
# measures 0.41 at the median.
_HALO = Limits(warning=0.28, error=0.48, worst=0.7)

# Blur matters at the size a shop shows: photos above this long side are judged as if reduced to it.
_SHOWN_SIDE = 1000
_REBLUR_SIGMA = 2.0
_MIN_GRADIENT = 3.0
_MIN_EDGES = 50
_MIN_PROFILES = 30
_TYPICAL = 0.7
# Shares of the edges that tell blur, and overshoot, which the strongest hide for want of room.
_STRONGEST = 0.3
_STRONGER = 0.45
# Profiles run this far across an edge; the outer samples are its plateaus, levels apart by the contrast.
_REACH = 8
_PLATEAU = 3
_MIN_CONTRAST = 24.0
_MAX_PROFILES = 3000
# A plateau near the end of the scale has no room to overshoot and says nothing.
_ROOM = 0.35
# More than this is a line that runs beside the edge.
_LINE = 0.8


@dataclass(frozen=True, slots=True)
class _Edges:
    """Gradient peaks of one window: positions, unit normals towards the bright side, strength and blur."""

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    normal: NDArray[np.float32]
    strength: NDArray[np.float32]
    ratio: NDArray[np.float32]


class Sharpness:
    """Edge widths and overshoot, measured on the subject's strongest edges.

    Blur is the standard deviation, in pixels, of the Gaussian that turns a step into the edge that is seen:
    the gradient falls by ``R`` when the photo is blurred again by ``s``, and ``sigma = s / sqrt(R**2 - 1)``
    (Zhuo and Sim, Defocus map estimation from a single image, Pattern Recognition 2011). Overshoot is how far
    the median profile across an edge leaves its plateau, as a share of the edge's contrast.
    """

    name: ClassVar[str] = "sharpness"
    codes: ClassVar[frozenset[str]] = frozenset({"blurry", "oversharpened"})
    roles: ClassVar[Mapping[str, str]] = MappingProxyType({})

    def __init__(self, setup: Setup) -> None:
        del setup

    def inspect(self, view: View) -> Sequence[Finding]:
        """At most one finding of each code."""
        sigma, overshoot = measure_sharpness(view)
        return [*_blurry(view, sigma), *_oversharpened(overshoot)]


@dataclass(frozen=True, slots=True)
class Overshoot:
    """How far edges leave their plateaus, as a share of their contrast.

    A line that runs beside an edge looks like overshoot too, but on one side only.

    Attributes:
        share: over both sides of the edges together.
        weaker_side: on the side that shows less of it; None where only one side has room to show any.
    """

    share: float
    weaker_side: float | None


def measure_sharpness(view: View) -> tuple[float | None, Overshoot | None]:
    """Blur in pixels (standard deviation) and overshoot; None where too few edges tell."""
    edges = [_find_edges(window) for window in view.windows]
    strengths = np.concatenate([np.empty(0, np.float32), *(found.strength for found in edges)])
    if len(strengths) < _MIN_EDGES:
        return None, None
    strongest, stronger = np.quantile(strengths, [1 - _STRONGEST, 1 - _STRONGER])
    return _blur(edges, float(strongest)), _overshoot(view.windows, edges, float(stronger))


def _find_edges(window: Window) -> _Edges:
    grey = window.grey
    across = cv2.Sobel(grey, cv2.CV_32F, 1, 0, scale=1 / 8)
    down = cv2.Sobel(grey, cv2.CV_32F, 0, 1, scale=1 / 8)
    magnitude = cv2.magnitude(across, down)
    peaks = (magnitude >= cv2.dilate(magnitude, np.ones((3, 3), np.uint8))) & (magnitude > _MIN_GRADIENT)
    peaks &= window.subject
    inside = np.zeros_like(peaks)
    inside[_REACH + 1 : -_REACH - 1, _REACH + 1 : -_REACH - 1] = True
    y, x = np.nonzero(peaks & inside)
    blurred = cv2.GaussianBlur(grey, (0, 0), _REBLUR_SIGMA)
    wide = cv2.magnitude(
        cv2.Sobel(blurred, cv2.CV_32F, 1, 0, scale=1 / 8), cv2.Sobel(blurred, cv2.CV_32F, 0, 1, scale=1 / 8)
    )
    strength = magnitude[y, x]
    normal = np.stack([across[y, x], down[y, x]]) / strength
    ratio = strength / np.maximum(wide[y, x], 1e-3)
    return _Edges(x.astype(np.float32), y.astype(np.float32), normal, strength, ratio)


def _blur(edges: Sequence[_Edges], strong: float) -> float:
    ratio = np.concatenate([found.ratio[found.strength >= strong] for found in edges])
    return float(np.median(_REBLUR_SIGMA / np.sqrt(np.maximum(ratio**2 - 1, 1e-2))))


def _overshoot(windows: Sequence[Window], edges: Sequence[_Edges], strong: float) -> Overshoot | None:
    count = _MAX_PROFILES // len(windows)
    both = [_profiles(window, found, strong, count) for window, found in zip(windows, edges, strict=True)]
    sides = [np.concatenate(side) for side in zip(*both, strict=True)]
    if sum(map(len, sides)) < _MIN_PROFILES:
        return None
    # The dark side is measured towards the edge, the bright side away from it.
    share = _typical(np.concatenate([sides[0], sides[1][:, ::-1]]))
    complete = all(len(rows) >= _MIN_PROFILES for rows in sides)
    return Overshoot(share, min(map(_typical, sides)) if complete else None)


def _typical(rows: NDArray[np.float32]) -> float:
    return float(np.quantile(rows, _TYPICAL, axis=0).max())


def _profiles(
    window: Window, edges: _Edges, strong: float, count: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Departure from the plateau, in contrasts, at 1 to 4 px: bright sides (n, 4), dark sides (m, 4)."""
    chosen = np.flatnonzero(edges.strength >= strong)
    chosen = chosen[:: max(1, len(chosen) // max(1, count))]
    if not len(chosen):
        return np.empty((0, 4), np.float32), np.empty((0, 4), np.float32)
    reach = np.arange(-_REACH, _REACH + 1, dtype=np.float32)
    x = edges.x[chosen, None] + edges.normal[0, chosen, None] * reach
    y = edges.y[chosen, None] + edges.normal[1, chosen, None] * reach
    profiles = cv2.remap(window.grey, x, y, cv2.INTER_LINEAR)
    dark, bright = profiles[:, :_PLATEAU], profiles[:, -_PLATEAU:]
    low, high = dark.mean(axis=1), bright.mean(axis=1)
    contrast = high - low
    level = np.maximum(np.ptp(dark, axis=1), np.ptp(bright, axis=1)) < 0.2 * contrast
    level &= contrast > _MIN_CONTRAST
    above = (profiles[:, _REACH + 1 : _REACH + 5] - high[:, None]) / contrast[:, None].clip(1)
    below = (low[:, None] - profiles[:, _REACH - 4 : _REACH]) / contrast[:, None].clip(1)
    room = _ROOM * contrast
    above, below = above[level & (255 - high > room)], below[level & (low > room)]
    bright_side: NDArray[np.float32] = above[above.max(axis=1, initial=0) < _LINE]
    dark_side: NDArray[np.float32] = below[below.max(axis=1, initial=0) < _LINE]
    return bright_side, dark_side


def _blurry(view: View, sigma: float | None) -> list[Finding]:
    if sigma is None:
        return []
    shown = sigma * min(1.0, _SHOWN_SIDE / max(view.photo.width, view.photo.height))
    severity = _BLUR.severity(shown)
    if severity is None:
        return []
    message = f"The photo is blurry: its edges are smeared over {sigma:.1f} px (sharp is below 1)."
    evidence = {"blur_sigma": round(sigma, 3), "blur_sigma_shown": round(shown, 3)}
    return [Finding("blurry", severity, _BLUR.score(shown), message, evidence=evidence)]


def _oversharpened(overshoot: Overshoot | None) -> list[Finding]:
    severity = None if overshoot is None else _HALO.severity(overshoot.share)
    if overshoot is None or severity is None:
        return []
    share = overshoot.share
    message = f"The photo is oversharpened: its edges overshoot by {share:.0%} (natural is below 15%)."
    certain = overshoot.weaker_side is not None and overshoot.weaker_side >= _HALO.warning
    severity = severity if certain else Severity.WARNING
    evidence = {"overshoot": round(share, 3), "on_both_sides": certain}
    return [Finding("oversharpened", severity, _HALO.score(share), message, evidence=evidence)]
