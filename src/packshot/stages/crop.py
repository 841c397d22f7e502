"""Crop: the frame that a channel asks for, laid around the product, which is never cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field, field_validator

from packshot.backend import Segmenter, require
from packshot.finding import Box, Finding, Severity
from packshot.photo import LARGEST, Photo, workable
from packshot.silhouette import Silhouette, find_silhouette, touched_sides
from packshot.stage import Check, Geometry, Result, StageOptions
from packshot.stages.extension import extend, extend_alpha
from packshot.stages.frame import Scene, Target, plan, taken

_PRODUCT = 0.5  # of the matte
_AGREEMENT = 0.9  # IoU of silhouette's and segmenter's boxes; below it one of them sees another product
_FILL_SLACK = 0.01  # either side of an asked-for fill
_MOST_EXTREME = 100  # to 1: a longer shape is a slip of the keyboard
_ROUNDING = 2  # px: a frame has whole pixels and can come no nearer to a fill


class CropOptions(StageOptions):
    """What the direct door asks for; without either, the findings say what the frame should be.

    Attributes:
        ratio: width to height, such as ``4:5``.
        fill: share of the frame that the product's box takes, 0..1, along the side where it takes most.
        advice: act on what a channel only advises, too.
    """

    ratio: str | None = None
    fill: Annotated[float, Field(gt=0.0, le=1.0)] | None = None
    advice: bool = False

    @field_validator("ratio")
    @classmethod
    def _is_ratio(cls, text: str | None) -> str | None:
        if text is not None and not 1 / _MOST_EXTREME <= _parse_ratio(text) <= _MOST_EXTREME:
            raise ValueError("must be width:height, such as 4:5, from 1:100 to 100:1")
        return text


class Crop:
    """Cuts and extends the frame to a ratio and fill; moves no pixel to another value, never resamples.

    The product is found by its silhouette before a plain backdrop and, to be sure, by the segmenter; where
    they see different products the photo is left and ``crop_unsure`` says so. Beyond its edges a photo is
    extended only with its own plain backdrop, and never where the product is cut off; where no frame can be
    laid, ``crop_impossible`` says so.
    """

    name: ClassVar[str] = "crop"
    treats: ClassVar[frozenset[str]] = frozenset({"frame_fill", "odd_aspect_ratio", "border"})
    alike: ClassVar[frozenset[str]] = frozenset()
    settled: ClassVar[frozenset[str]] = frozenset(
        {"overlay_text", "printed_text", "unread_text", "faint_strokes"}
    )
    after: ClassVar[frozenset[str]] = frozenset({"erase_text", "upscale"})
    geometry: ClassVar[Geometry] = Geometry.REFRAMES
    roles: ClassVar[Mapping[str, str]] = {"segmenter": "u2netp"}
    checks: ClassVar[tuple[Check, ...]] = ()
    Options: ClassVar[type[StageOptions]] = CropOptions

    def __init__(self, options: CropOptions, backends: Mapping[str, str]) -> None:
        self.options = options
        self.backends = dict(backends)
        self._segmenter = require(backends["segmenter"], Segmenter)  # type: ignore[type-abstract]

    def wants(self, photo: Photo, findings: Sequence[Finding]) -> bool:
        """Whether the options or a finding ask for another frame."""
        del photo
        return self._target(findings) is not None or _inside_border(findings) is not None

    def treat(self, photo: Photo, findings: Sequence[Finding]) -> Result:
        """Cut a drawn border off, then lay the frame around the product."""
        inside = _inside_border(findings)
        bare = photo if inside is None else _cut(photo, inside)
        target = self._target(findings)
        if target is None:
            return Result(bare)
        product = self._find_product(bare)
        if isinstance(product, Finding):
            return Result(bare, findings=(product,))
        return reframe(bare, product, target)

    def _target(self, findings: Sequence[Finding]) -> Target | None:
        """What is asked for: by the options, else by the channels that demand it; advice moves no frame."""
        options = self.options
        wide = options.mode == "conservative"
        margin, goal = (0.04, 0.2) if wide else (0.02, 0.5)
        if options.ratio is not None or options.fill is not None:
            return Target(
                ratio=None if options.ratio is None else _parse_ratio(options.ratio),
                fill=None if options.fill is None else _around(options.fill),
                margin=margin,
            )
        asked = [
            finding.evidence
            for finding in findings
            if finding.code in self.treats and (options.advice or finding.severity is not Severity.INFO)
        ]
        ratio = next((demand["ratio"] for demand in asked if "ratio" in demand), None)
        fill = _common_fill([part for demand in asked for part in _fills(demand)])
        if ratio is None and fill is None:
            return None
        return Target(
            ratio=None if ratio is None else ratio[0] / ratio[1],
            fill=fill,
            goal=goal,
            margin=margin,
            least_long_side=max(demand.get("required_long_side", 0) for demand in asked),
        )

    def _find_product(self, photo: Photo) -> Product | Finding:
        silhouette = find_silhouette(photo)
        if silhouette is None:
            return _unsure("there is no plain backdrop, and a segmenter alone cuts sleeves and straps off")
        outline, cut_off = Box.of_mask(silhouette.product), touched_sides(silhouette.product)
        if not outline.area:
            return _unsure("there is nothing before the backdrop")
        if silhouette.exact:
            return Product(outline, outline, cut_off, silhouette)
        seen = self._segmenter.matte(photo.on_white()) > _PRODUCT
        other = Box.of_mask(seen)
        shared = outline.intersection_area(other)
        if shared < _AGREEMENT * (outline.area + other.area - shared):
            return _unsure("the backdrop's outline and the segmenter see different products")
        return Product(outline, outline.union(other), cut_off, silhouette)


@dataclass(frozen=True, slots=True)
class Product:
    """What the frame is laid around.

    Attributes:
        box: the bounding box that fill is measured on.
        keep: the box that no cut may enter: it holds ``box``.
        cut_off: sides of the photo on which the product runs out of it.
        silhouette: of the product before its plain backdrop.
    """

    box: Box
    keep: Box
    cut_off: frozenset[str]
    silhouette: Silhouette


def reframe(photo: Photo, product: Product, target: Target) -> Result:
    """The photo in the frame that ``target`` asks for; the very same photo when that is the one it has."""
    silhouette = product.silhouette
    scene = Scene(photo.width, photo.height, product.box, product.cut_off, silhouette.plain_sides)
    if _satisfied(scene, target):
        return Result(photo)
    frame = plan(scene, target)
    if frame is None or not _holds(frame, product.keep) or not _improves(frame, scene, target):
        cut = "the product is cut off at the photo's edge"
        reason = cut if product.cut_off else "it is not to be cut nor made smaller than the channel allows"
        return Result(photo, findings=(_impossible(reason),))
    if not workable(frame.width, frame.height):
        return Result(photo, findings=(_endless(frame),))
    whole = Box(0, 0, photo.width, photo.height)
    if whole.intersection_area(frame) == frame.area:
        return Result(_cut(photo, frame), findings=(_done(frame, scene),))
    pixels = extend(photo.on_white(), silhouette, frame)
    if photo.alpha is None:
        return Result(photo.with_pixels(pixels), findings=(_done(frame, scene),))
    pixels = pixels.copy()
    kept = Box(max(0, frame.x0), max(0, frame.y0), min(whole.x1, frame.x1), min(whole.y1, frame.y1))
    place = Box(kept.x0 - frame.x0, kept.y0 - frame.y0, kept.x1 - frame.x0, kept.y1 - frame.y0)
    pixels[place.slices] = photo.pixels[kept.slices]
    return Result(
        photo.with_pixels(pixels, extend_alpha(photo.alpha, frame)), findings=(_done(frame, scene),)
    )


def _parse_ratio(text: str) -> float:
    """Width over height; 0 where ``text`` names no two positive numbers."""
    width, _, height = text.partition(":")
    try:
        across, down = float(width), float(height)
        return across / down if across > 0 else 0.0
    except (ValueError, ZeroDivisionError):
        return 0.0


def _fills(demand: Mapping[str, Any]) -> list[Sequence[float]]:
    """The range that a channel asks for, if it does, and those that others demand and the photo may meet."""
    return [*([demand["fill"]] if demand.get("fill") else []), *demand.get("fills_beside", [])]


def _common_fill(ranges: Sequence[Sequence[float]]) -> tuple[float, float] | None:
    """The range that satisfies every one of ``ranges``, or as many of the first as have one in common."""
    common: tuple[float, float] | None = None
    for low, high in ranges:
        narrower = (low, high) if common is None else (max(low, common[0]), min(high, common[1]))
        common = narrower if narrower[0] <= narrower[1] else common
    return common


def _around(fill: float) -> tuple[float, float]:
    return max(0.01, fill - _FILL_SLACK), min(1.0, fill + _FILL_SLACK)


def _inside_border(findings: Sequence[Finding]) -> Box | None:
    """What a drawn border leaves; None without a border, and where it leaves nothing."""
    boxes = (finding.region.box for finding in findings if finding.code == "border" and finding.region)
    return next((box for box in boxes if box.area), None)


def _cut(photo: Photo, box: Box) -> Photo:
    alpha = None if photo.alpha is None else np.ascontiguousarray(photo.alpha[box.slices])
    return photo.with_pixels(photo.pixels[box.slices], alpha)


def _holds(frame: Box, keep: Box) -> bool:
    return frame.intersection_area(keep) == keep.area


def _satisfied(scene: Scene, target: Target) -> bool:
    return _has_shape(scene, target) and _fill_error(scene.width, scene.height, scene, target) == 0.0


def _improves(frame: Box, scene: Scene, target: Target) -> bool:
    """Whether the frame meets a shape that was missed, or comes closer to the fill.

    A fill that stays out of reach is not worth the pixel or two that rounding would move the frame by.
    """
    if not _has_shape(scene, target):
        return True
    before = _fill_error(scene.width, scene.height, scene, target)
    after = _fill_error(frame.width, frame.height, scene, target)
    least = _ROUNDING / min(frame.width, frame.height) if after else 0.0
    return before - after > least


def _has_shape(scene: Scene, target: Target) -> bool:
    return target.ratio is None or abs(scene.width - scene.height * target.ratio) <= 1


def _fill_error(width: int, height: int, scene: Scene, target: Target) -> float:
    if target.fill is None:
        return 0.0
    share = taken(width, height, scene.product)
    whole_pixels = _ROUNDING / min(width, height)
    return max(0.0, target.fill[0] - share - whole_pixels, share - target.fill[1] - whole_pixels)


def _done(frame: Box, scene: Scene) -> Finding:
    return Finding(
        code="cropped",
        severity=Severity.INFO,
        score=0.0,
        message=f"Framed {scene.width}x{scene.height} px anew to {frame.width}x{frame.height} px.",
        evidence={"frame": frame.as_list(), "cut_off": sorted(scene.cut_off)},
    )


def _unsure(reason: str) -> Finding:
    return Finding(
        code="crop_unsure",
        severity=Severity.WARNING,
        score=0.5,
        message=f"Left uncropped: {reason}. Crop it by hand or send a photo before a plain backdrop.",
    )


def _impossible(reason: str) -> Finding:
    return Finding(
        code="crop_impossible",
        severity=Severity.WARNING,
        score=1.0,
        message=f"No frame can be laid around the product: {reason}. Send a photo with more room around it.",
    )


def _endless(frame: Box) -> Finding:
    return Finding(
        code="crop_impossible",
        severity=Severity.WARNING,
        score=1.0,
        message=f"The frame would have {frame.width}x{frame.height} px; packshot works on {LARGEST} at most. "
        "Ask for another ratio or fill.",
        evidence={"frame": frame.as_list()},
    )
