"""Where the frame of a crop goes: pure geometry, no pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass

from packshot.finding import Box

_ROOMIEST = 0.95  # a product that fills more looks cut off, whatever a channel's upper limit says
_LOPSIDED = 1 / 3  # of the frame: more new room opposite a cut-off side looks like a mistake


@dataclass(frozen=True, slots=True)
class Target:
    """What the frame should be.

    Attributes:
        ratio: width over height; None keeps the photo's.
        fill: least and greatest share of the frame that the product's box may take along the side on which it
            comes closest to filling it; None cuts to the ratio where that spares the product, and otherwise
            keeps all and extends.
        goal: where to aim between the two, 0 at the least and 1 at the greatest.
        margin: room to keep around the product, as a share of its longer side.
        least_long_side: pixels below which the longer side of the frame must not shrink.
    """

    ratio: float | None = None
    fill: tuple[float, float] | None = None
    goal: float = 0.5
    margin: float = 0.02
    least_long_side: int = 0


@dataclass(frozen=True, slots=True)
class Scene:
    """What the frame is laid around.

    Attributes:
        width, height: of the photo in pixels.
        product: the product's bounding box.
        cut_off: sides on which the product runs out of the photo: the frame stays on the photo's edge there.
        extensible: sides on which the backdrop can be continued beyond the photo.
    """

    width: int
    height: int
    product: Box
    cut_off: frozenset[str]
    extensible: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Axis:
    """One axis of a scene: the photo's extent, the product from ``low`` to ``high``, what each end allows."""

    extent: int
    low: int
    high: int
    cut_low: bool
    cut_high: bool
    extend_low: bool
    extend_high: bool

    @property
    def cut_off(self) -> bool:
        """Whether the product runs out of the photo at either end."""
        return self.cut_low or self.cut_high

    def room(self, margin: float) -> tuple[int, int]:
        """The product with its margin, inside the photo where the backdrop cannot be continued."""
        low, high = math.floor(self.low - margin), math.ceil(self.high + margin)
        if self.cut_low or not self.extend_low:
            low = max(0, low)
        if self.cut_high or not self.extend_high:
            high = min(self.extent, high)
        return low, high

    def place(self, size: int, margin: float, *, stay_inside: bool) -> int | None:
        """Where a frame of ``size`` begins; None when none can hold the product.

        It is centred on the product; with ``stay_inside`` it is moved into the photo where it fits there.
        """
        if self.cut_low and self.cut_high:
            return 0 if size == self.extent else None
        low, high = self.room(margin)
        start = round((self.low + self.high - size) / 2)
        if stay_inside and size <= self.extent:
            start = min(max(start, 0), self.extent - size)
            start = max(min(start, low), high - size)
        if self.cut_low or (start < 0 and not self.extend_low):
            start = 0
        if self.cut_high or (start + size > self.extent and not self.extend_high):
            start = self.extent - size
        legal = start >= 0 or (self.extend_low and not self.cut_low)
        legal = legal and (start + size <= self.extent or (self.extend_high and not self.cut_high))
        if self.cut_off and size - self.extent > _LOPSIDED * size:
            return None
        return start if legal and start <= low and high <= start + size else None


def taken(width: int, height: int, product: Box) -> float:
    """Fill: the share of the frame that the product's box takes where it comes closest to filling it."""
    return max(product.width / width, product.height / height)


def plan(scene: Scene, target: Target) -> Box | None:
    """The frame, in the photo's coordinates and possibly beyond its edges; None when none keeps the product.

    Its shape is ``target.ratio`` to the pixel. A side on which the product is cut off is neither cut further
    nor extended, because both would show the cut.
    """
    ratio = target.ratio or scene.width / scene.height
    x, y = _axes(scene)
    margin = target.margin * max(scene.product.width, scene.product.height)
    left, right = x.room(margin)
    top, bottom = y.room(margin)
    least = max(bottom - top, (right - left) / ratio)
    if target.fill is None:
        inscribed, circumscribed = sorted((scene.height, scene.width / ratio))
        height = inscribed if inscribed >= least else max(circumscribed, least)
    else:
        height = max(least, _filled_height(scene, target, ratio))
    if y.cut_low and y.cut_high:
        height = scene.height
    rows = math.ceil(height - 1e-6)
    columns = round(rows * ratio)
    if x.cut_low and x.cut_high:
        rows, columns = round(scene.width / ratio), scene.width
    stay_inside = target.fill is None
    if x.cut_off and y.cut_off:  # in a corner, room on the other two sides looks like a mistake
        return None
    start_x = x.place(columns, margin, stay_inside=stay_inside)
    start_y = y.place(rows, margin, stay_inside=stay_inside)
    if start_x is None or start_y is None:
        return None
    return Box(start_x, start_y, start_x + columns, start_y + rows)


def _filled_height(scene: Scene, target: Target, ratio: float) -> float:
    assert target.fill is not None
    low, high = target.fill
    share = taken(scene.width, scene.height, scene.product)
    if not low <= share <= high:
        share = low + target.goal * (max(low, min(high, _ROOMIEST)) - low)
    height = max(scene.product.height, scene.product.width / ratio) / share
    smallest = min(target.least_long_side, max(scene.width, scene.height))
    return max(height, smallest / max(1.0, ratio))


def _axes(scene: Scene) -> tuple[_Axis, _Axis]:
    box, cut, extend = scene.product, scene.cut_off, scene.extensible
    across = ("left" in cut, "right" in cut, "left" in extend, "right" in extend)
    down = ("top" in cut, "bottom" in cut, "top" in extend, "bottom" in extend)
    return _Axis(scene.width, box.x0, box.x1, *across), _Axis(scene.height, box.y0, box.y1, *down)
