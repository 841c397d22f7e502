"""What is measured on a line of text to tell an overlay from text printed on the product.

An overlay was composed after the photo was taken: it is axis-aligned, drawn in one colour, sharper than the
lens, often on the plain backdrop, and the stroke network lights up on it and not around it. Printed text
shares the product's blur, shading and perspective.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from packshot.backend import TextBox, Unit
from packshot.finding import Box, Mask
from packshot.inspection.view import View
from packshot.morphology import grown
from packshot.photo import Pixels

STROKE_LEVEL = 0.5
"""Stroke probability from which a pixel counts as overlay."""


@dataclass(frozen=True, slots=True)
class Traits:
    """Measurements of one text line; each is scaled to about 0..1.

    Attributes:
        certainty: mean stroke probability of the 20 % most probable pixels in the line's box.
        coverage: share of the box above ``STROKE_LEVEL``.
        leak: mean stroke probability in the ring around the box; high on texture and shelves.
        ring_spread: standard deviation of the ring's luma over 64.
        ring_backdrop: share of the ring on the plain backdrop.
        tilt: angle to the nearest axis over 45 degrees.
        height, width: of the line over the photo's short and long side.
        edge_distance: from the box's centre to the nearest edge over half the short side.
        centre_x, centre_y: of the box, 0..1.
        ink_spread: standard deviation of the stroke's colour over 64.
        contrast: luma difference between strokes and ring over 128.
        sharpness: steepest luma step between neighbours over the contrast.
        saturation: of the strokes' mean colour.
        detector: the text detector's score.
        crowd: share of the photo's text boxes that are neighbours of this one within three line heights.
        ink_slope: colour difference between the strokes' two halves along the line, over 64.
        paper_noise: median luma step between neighbours in the box outside the strokes, over 8; 0 on a
            drawn plate.
        paper_slope: colour difference of what is outside the strokes between the line's two halves, over 64.
        lines: number of text boxes on the photo over 20, at most 1.
        on_subject: share of the ring off the plain backdrop times the photo's share of plain backdrop: high
            where there would have been room beside the product, and yet the text is on it.
    """

    certainty: float
    coverage: float
    leak: float
    ring_spread: float
    ring_backdrop: float
    tilt: float
    height: float
    width: float
    edge_distance: float
    centre_x: float
    centre_y: float
    ink_spread: float
    contrast: float
    sharpness: float
    saturation: float
    detector: float
    crowd: float
    ink_slope: float
    paper_noise: float
    paper_slope: float
    lines: float
    on_subject: float

    def vector(self) -> NDArray[np.float32]:
        """All values in declaration order, float32 (22,)."""
        return np.array(astuple(self), np.float32)


def measure(view: View, box: TextBox, strokes: Unit, others: list[TextBox]) -> Traits:
    """The traits of one line.

    Args:
        view: the photo.
        box: the line, in its pixels.
        strokes: stroke probability of the whole photo, (H, W).
        others: all text boxes of the photo.
    """
    shape = view.pixels.shape
    short_side, long_side = sorted(sides(box))
    bounds = bounding_box(box).grown(int(short_side * 0.6) + 3, shape)
    inside = polygon_mask(box, bounds)
    ring = ~grown(inside, 2)
    probability = strokes[bounds.slices]
    grey, pixels = view.grey[bounds.slices], view.pixels[bounds.slices]
    ink = _ink(inside, ring, probability, grey)
    paper = inside & ~grown(ink, 1)
    colour = pixels[ink].astype(np.float32)
    contrast = abs(float(grey[ink].mean()) - float(np.median(grey[ring]))) if ring.any() else 0.0
    centre = box.corners.mean(0)
    short, long = sorted(shape[:2])
    top = np.sort(probability[inside])[-max(1, int(inside.sum() * 0.2)) :]
    spread = colour.max(1) - colour.min(1)
    ring_backdrop = float((~view.subject[bounds.slices][ring]).mean()) if ring.any() else 0.0
    return Traits(
        certainty=float(top.mean()),
        coverage=float((probability[inside] > STROKE_LEVEL).mean()),
        leak=float(probability[ring].mean()) if ring.any() else 0.0,
        ring_spread=float(grey[ring].std()) / 64 if ring.any() else 0.0,
        ring_backdrop=ring_backdrop,
        tilt=tilt(box) / 45,
        height=short_side / short,
        width=long_side / long,
        edge_distance=float(min(*centre, shape[1] - centre[0], shape[0] - centre[1])) / (short / 2),
        centre_x=float(centre[0]) / shape[1],
        centre_y=float(centre[1]) / shape[0],
        ink_spread=float(colour.std(0).mean()) / 64,
        contrast=contrast / 128,
        sharpness=_steepest(grey, inside) / max(contrast, 8.0),
        saturation=float(np.median(spread / np.maximum(colour.max(1), 1.0))),
        detector=box.score,
        crowd=_crowd(box, short_side, others),
        ink_slope=_slope(pixels, ink, box, bounds) / 64,
        paper_noise=_noise(grey, paper) / 8,
        paper_slope=_slope(pixels, paper, box, bounds) / 64,
        lines=min(1.0, len(others) / 20),
        on_subject=(1.0 - ring_backdrop) * float(1.0 - view.thumbnail_subject.mean()),
    )


def line_height(box: TextBox) -> float:
    """The shorter side of a line's box, px."""
    return min(sides(box))


def bounding_box(box: TextBox) -> Box:
    """The axis-aligned box around a line; may reach over the photo's edge, as the line's corners may."""
    low, high = np.floor(box.corners.min(0)).astype(int), np.ceil(box.corners.max(0)).astype(int)
    return Box(int(low[0]), int(low[1]), int(high[0]) + 1, int(high[1]) + 1)


def polygon_mask(box: TextBox, bounds: Box) -> Mask:
    """The line's quadrilateral as a mask of ``bounds`` (height, width); never empty."""
    mask = np.zeros((bounds.height, bounds.width), np.uint8)
    cv2.fillPoly(mask, [np.round(box.corners - (bounds.x0, bounds.y0)).astype(np.int32)], 1)
    inside: Mask = mask.view(np.bool_)
    return inside


def sides(box: TextBox) -> tuple[float, float]:
    """Lengths of the line's first two sides, px."""
    first, second = box.corners[1] - box.corners[0], box.corners[3] - box.corners[0]
    return float(np.hypot(*first)), float(np.hypot(*second))


def tilt(box: TextBox) -> float:
    """Degrees between the line's longer side and the nearest axis, 0..45."""
    first, second = box.corners[1] - box.corners[0], box.corners[3] - box.corners[0]
    side = first if np.hypot(*first) >= np.hypot(*second) else second
    angle = np.degrees(np.arctan2(side[1], side[0])) % 90
    return float(min(angle, 90 - angle))


def _ink(inside: Mask, ring: Mask, probability: Unit, grey: NDArray[np.float32]) -> Mask:
    """The line's strokes: where the network sees them, else the pixels that differ most from the ring."""
    ink = inside & (probability > STROKE_LEVEL)
    if ink.sum() >= 0.03 * inside.sum():
        return ink
    reference = np.median(grey[ring]) if ring.any() else np.median(grey[inside])
    difference = np.abs(grey - reference)
    differs: Mask = difference >= np.percentile(difference[inside], 80)
    return inside & differs


def _steepest(grey: NDArray[np.float32], inside: Mask) -> float:
    """98th percentile of the luma step between horizontal or vertical neighbours inside the line."""
    step = np.zeros_like(grey)
    step[:, 1:] = np.abs(np.diff(grey, axis=1))
    step[1:] = np.maximum(step[1:], np.abs(np.diff(grey, axis=0)))
    return float(np.percentile(step[inside], 98))


def _slope(pixels: Pixels, part: Mask, box: TextBox, bounds: Box) -> float:
    """Largest channel difference between the medians of the two halves of ``part`` along the line."""
    rows, columns = np.nonzero(part)
    first, second = box.corners[1] - box.corners[0], box.corners[3] - box.corners[0]
    along = first if np.hypot(*first) >= np.hypot(*second) else second
    centre = box.corners.mean(0) - (bounds.x0, bounds.y0)
    ahead = (columns - centre[0]) * along[0] + (rows - centre[1]) * along[1] > 0
    if ahead.all() or not ahead.any():
        return 0.0
    values = pixels[rows, columns].astype(np.float32)
    return float(np.abs(np.median(values[ahead], 0) - np.median(values[~ahead], 0)).max())


def _noise(grey: NDArray[np.float32], paper: Mask) -> float:
    """Median absolute luma step between horizontal neighbours that are both in ``paper``."""
    both = paper[:, 1:] & paper[:, :-1]
    return float(np.median(np.abs(np.diff(grey, axis=1))[both])) if both.any() else 0.0


def _crowd(box: TextBox, height: float, others: list[TextBox]) -> float:
    centre = box.corners.mean(0)
    near = [o for o in others if o is not box and np.abs(o.corners - centre).min(0).max() < 3 * height]
    return len(near) / max(1, len(others) - 1)
