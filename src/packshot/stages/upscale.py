"""Enlarge photos that have too few pixels: clean ones for detail, degraded ones with the damage taken out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Literal

import cv2
import numpy as np
from PIL import Image
from pydantic import Field

from packshot.backend import Upscaler, require
from packshot.fidelity.back_projection import back_project, back_projection_error
from packshot.fidelity.halo import halo_overshoot
from packshot.fidelity.jpeg_quality import jpeg_quality
from packshot.finding import Finding, Severity
from packshot.photo import LARGEST, Photo, Plane, workable
from packshot.stage import Check, Geometry, Result, StageOptions
from packshot.stages.adaptive_tiles import enlarge

DEGRADATIONS: Mapping[str, frozenset[str]] = {
    "normal": frozenset({"jpeg_artifacts", "noisy", "pixelated"}),
    "conservative": frozenset({"jpeg_artifacts"}),
}
"""Findings, by mode, with which the denoising chain rebuilds more of the truth than SPAN alone. Blur is not
among them: there both are alike, and the chain costs twice as much."""

_DEGRADING_QUALITY = {"normal": 92.0, "conservative": 85.0}
"""A JPEG file of this quality or less counts as degraded, although its blocks are not visible yet: enlarging
shows them. SPAN against the chain at x4, on 10 photos of all kinds: 28.44 and 28.52 dB at quality 95, 27.98
and 28.29 at 92, 25.63 and 27.14 at 60; on 6 of knit and weave: 33.24 and 32.96 at 92, 32.40 and 32.54 at 85,
31.20 and 31.95 at 70, where SPAN draws the block grid into the cloth."""

_RINGING = "oversharpened"
"""Networks multiply halos: on oversharpened photos SPAN is 1.8 dB below Lanczos, so they are interpolated."""

STEERED_BY = frozenset[str]().union(*DEGRADATIONS.values(), {_RINGING})
"""Codes of the findings that choose how a photo is enlarged."""

_INTERPOLATED_BELOW = 1.2
"""Less growth is interpolated: at 1.1 a network adds 0.6 dB to 40.9 on clean photos and none on JPEGs."""

_SCALES = (2, 4)
_DRIFT_SIGMA = {"normal": 2.0, "conservative": 0.8}  # px of the input


class UpscaleOptions(StageOptions):
    """Options of :class:`Upscale`.

    Attributes:
        scale: enlarge every photo by exactly this factor, whatever was found; None acts on findings.
        min_side: pixels that the shorter side should have, beside what the channels ask for.
        max_scale: the largest factor the stage may use; conservative mode never uses more than 2.
    """

    scale: Literal[2, 4] | None = None
    min_side: Annotated[int, Field(gt=0)] | None = None
    max_scale: Literal[2, 4] = 4


class Upscale:
    """Enlarges by 2 or 4, then reduces to exactly what is needed."""

    name: ClassVar[str] = "upscale"
    treats: ClassVar[frozenset[str]] = frozenset({"low_resolution"})
    alike: ClassVar[frozenset[str]] = frozenset()
    settled: ClassVar[frozenset[str]] = frozenset(
        {"overlay_text", "printed_text", "unread_text", "faint_strokes", "low_effective_resolution", "blurry"}
    )
    after: ClassVar[frozenset[str]] = frozenset({"erase_text", "background", "fill"})
    geometry: ClassVar[Geometry] = Geometry.ENLARGES
    roles: ClassVar[Mapping[str, str]] = {
        "upscaler_x2": "span-x2",
        "upscaler_x4": "span-x4",
        "upscaler_x2_degraded": "waifu2x-x2",
        "upscaler_x4_degraded": "upscale-net-x4-degraded",
        "interpolator_x2": "lanczos-x2",
        "interpolator_x4": "lanczos-x4",
    }
    checks: ClassVar[tuple[Check, ...]] = (back_projection_error, halo_overshoot)
    Options: ClassVar[type[StageOptions]] = UpscaleOptions

    def __init__(self, options: UpscaleOptions, backends: Mapping[str, str]) -> None:
        self.options = options
        self.backends = dict(backends)
        self._upscalers = {role: require(name, Upscaler) for role, name in backends.items()}  # type: ignore[type-abstract]

    def wants(self, photo: Photo, findings: Sequence[Finding]) -> bool:
        """Whether the photo lacks pixels, or a scale was asked for."""
        return self._factor(photo, findings) > 1.0

    def treat(self, photo: Photo, findings: Sequence[Finding]) -> Result:
        """Enlarge by what is needed; a photo that needs too large a factor, or becomes too large, is left."""
        factor = self._factor(photo, findings)
        if factor > self._largest:
            return Result(photo, findings=(_beyond_reach(factor, self._largest),))
        scale = next(scale for scale in _SCALES if scale >= factor)
        if not workable(photo.width * scale, photo.height * scale):
            return Result(photo, findings=(_too_large(photo, scale),))
        seen = {finding.code for finding in findings if finding.severity is not Severity.INFO}
        quality = jpeg_quality(photo)
        if quality is not None and quality <= _DEGRADING_QUALITY[self.options.mode]:
            seen.add("jpeg_artifacts")
        result = self._enlarged(photo, factor, scale, self._role(factor, scale, seen), seen)
        if self.options.scale and any(check(photo, result.photo, None) for check in self.checks):
            # The direct door gives a result for every photo; what the network harms is interpolated.
            result = self._enlarged(photo, factor, scale, f"interpolator_x{scale}", seen)
        return result

    def _role(self, factor: float, scale: int, seen: set[str]) -> str:
        if factor < _INTERPOLATED_BELOW:
            return f"interpolator_x{scale}"
        if seen & DEGRADATIONS[self.options.mode]:
            return f"upscaler_x{scale}_degraded"
        return f"interpolator_x{scale}" if _RINGING in seen else f"upscaler_x{scale}"

    def _enlarged(self, photo: Photo, factor: float, scale: int, role: str, seen: set[str]) -> Result:
        enlarged = enlarge(photo.pixels, self._upscalers[role])
        pixels = back_project(enlarged.pixels, photo.pixels, _DRIFT_SIGMA[self.options.mode])
        size = (round(photo.width * factor), round(photo.height * factor))
        if factor < scale:
            pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
        note = Finding(
            code="upscaled",
            severity=Severity.INFO,
            score=enlarged.network_share,
            message=f"Enlarged from {photo.width}x{photo.height} to {size[0]}x{size[1]} px.",
            evidence={
                "factor": round(factor, 4),
                "backend": self.backends[role],
                "seen": sorted(seen & STEERED_BY),
                "network_share": round(enlarged.network_share, 4),
            },
        )
        return Result(photo.with_pixels(pixels, _resized(photo.alpha, size)), findings=(note,))

    @property
    def _largest(self) -> int:
        if self.options.scale:
            return self.options.scale
        return 2 if self.options.mode == "conservative" else self.options.max_scale

    def _factor(self, photo: Photo, findings: Sequence[Finding]) -> float:
        """By how much each side must grow; 1 or less when nothing asks for it.

        Only what a channel requires counts: several advise against enlarged photos, so its mere advice (a
        warning) does not. ``min_side`` asks for more.
        """
        if self.options.scale:
            return float(self.options.scale)
        needed = [f for f in findings if f.code == "low_resolution" and f.severity is Severity.ERROR]
        wanted = [float(finding.evidence["needed_scale"]) for finding in needed]
        if self.options.min_side:
            wanted.append(self.options.min_side / min(photo.width, photo.height))
        return max(wanted, default=1.0)


def _beyond_reach(factor: float, largest: int) -> Finding:
    return Finding(
        code="upscale_declined",
        severity=Severity.INFO,
        score=1.0,
        message=f"The photo would have to grow {factor:.1f} times; more than {largest} is not allowed.",
        evidence={"factor": round(factor, 4), "largest": largest},
    )


def _too_large(photo: Photo, scale: int) -> Finding:
    size = f"{photo.width * scale}x{photo.height * scale} px"
    return Finding(
        code="upscale_declined",
        severity=Severity.WARNING,
        score=1.0,
        message=f"Enlarging {scale} times would give {size}; packshot works on {LARGEST} at most. "
        "Ask for a smaller scale.",
        evidence={"scale": scale},
    )


def _resized(alpha: Plane | None, size: tuple[int, int]) -> Plane | None:
    if alpha is None:
        return None
    return np.array(Image.fromarray(alpha).resize(size, Image.Resampling.LANCZOS))
