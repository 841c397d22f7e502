"""From stroke probabilities and text lines to the pixels that each overlay covers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from packshot.backend import TextBox, Unit
from packshot.finding import Box, Mask
from packshot.inspection.overlay.sight import Sight
from packshot.inspection.overlay.traits import STROKE_LEVEL, bounding_box, line_height, polygon_mask
from packshot.morphology import grown
from packshot.photo import Pixels

# A component that the network is less sure of on average is texture that touches the line.
_SURE = 0.7
# A component of which less lies inside the line is something beside it that the network mistook.
_OWN_SHARE = 0.5
# Two pixels beyond, the soft edge of a stroke goes on down to this probability.
_SOFT_LEVEL = 0.3
# A plate (a badge's ground) reaches out of its line and covers this much of it.
_PLATE_COVERAGE = 0.5
_SEEN = 0.08  # of a line and the room around it: letters cover 15 to 50 %
_LEAST_CORE = 12  # px inside strokes from which their colour can be told
_LEAST_CONTRAST = 60.0  # grey levels between ink and paper
_INK_SPREAD, _INK_NEAR = 0.2, 0.35  # how much the ink may vary, how far a pixel may be from it, in contrasts
_LEAST_BEGUN = 0.15  # share of a letter that the network saw
_MOST_NEW = 1.2  # new pixels for each that the network saw
# Room around a line for outline and shadow: this share of its height and some pixels.
_REACH, _REACH_LEAST = 0.12, 3


@dataclass(frozen=True, slots=True)
class Patch:
    """One overlay: the lines it says and the pixels it covers, a mask of the whole photo (H, W).

    ``plate`` says that the mask is the ground of the lines, with room for its outline, rather than their
    letters; ``whole`` is False where that ground's extent is not clear.
    """

    lines: tuple[int, ...]
    mask: Mask
    plate: bool = False
    whole: bool = True


def patches(pixels: Pixels, sight: Sight, boxes: list[TextBox], overlaid: list[int]) -> list[Patch]:
    """The pixels of each overlaid line; lines that share a plate come together.

    Args:
        pixels: the photo, (H, W, 3).
        sight: where the network saw strokes; from afar counts for lines of which it saw nothing near by.
        boxes: all lines of text on the photo.
        overlaid: indices of those that are overlays; the others' strokes are left out.
    """
    components, coarse = _Components(sight.near), _Components(sight.afar)
    near = [_neighbourhood(box, sight.near.shape) for box in boxes]
    masks = {}
    for i in overlaid:
        bounds, inside = near[i]
        mask = _line_mask(components, boxes[i], bounds, inside)
        if mask.sum() < _SEEN * inside.sum():
            mask = _line_mask(coarse, boxes[i], bounds, inside)
        masks[i] = mask
        mask[bounds.slices] |= _same_ink(pixels[bounds.slices], mask[bounds.slices], inside)
    for i in set(range(len(boxes))) - set(overlaid):
        bounds, inside = near[i]
        for j in overlaid:
            masks[j][bounds.slices][inside & ~_inside(near[j], bounds)] = False
    return merge([Patch((line,), mask) for line, mask in masks.items()])


class _Components:
    """Connected strokes of the whole photo."""

    def __init__(self, strokes: Unit) -> None:
        self.strokes = strokes
        seen = (strokes > STROKE_LEVEL).astype(np.uint8)
        _, self.labels, self.statistics, _ = cv2.connectedComponentsWithStats(seen)

    def area(self, label: int) -> int:
        """Pixels of a component."""
        return int(self.statistics[label, cv2.CC_STAT_AREA])

    def cut(self, label: int) -> tuple[Box, Mask]:
        """A component's bounding box, and its mask inside it."""
        x, y, width, height = (int(value) for value in self.statistics[label, :4])
        box = Box(x, y, x + width, y + height)
        return box, self.labels[box.slices] == label


def _neighbourhood(box: TextBox, shape: tuple[int, ...]) -> tuple[Box, Mask]:
    """A line with the room around it: bounds, and the mask inside them."""
    reach = int(line_height(box) * _REACH) + _REACH_LEAST
    bounds = bounding_box(box).grown(reach, shape)
    return bounds, grown(polygon_mask(box, bounds), reach)


def _line_mask(components: _Components, box: TextBox, bounds: Box, near: Mask) -> Mask:
    """The strokes of one line, with the plate that it stands on."""
    mask = np.zeros(components.strokes.shape, bool)
    line = polygon_mask(box, bounds)
    labels = components.labels[bounds.slices]
    for label in np.setdiff1d(np.unique(labels[near]), [0]):
        where, whole = components.cut(label)
        if components.strokes[where.slices][whole].mean() < _SURE:
            continue
        own = labels == label
        in_line = int((own & line).sum())
        if in_line >= _OWN_SHARE * components.area(label):
            mask[bounds.slices] |= own & near
        elif in_line >= _PLATE_COVERAGE * line.sum():
            mask[where.slices] |= whole
        else:
            mask[bounds.slices] |= own & line
    soft = components.strokes[bounds.slices] > _SOFT_LEVEL
    rim = grown(mask[bounds.slices], 2)
    mask[bounds.slices] |= soft & rim & near
    return mask


def _same_ink(pixels: Pixels, letters: Mask, near: Mask) -> Mask:
    """The rest of letters of which the network saw a part: what goes on in the colour of a line's strokes.

    Empty where the strokes have no colour of their own, or where so much has it that it is the scene's.
    """
    paper = near & ~grown(letters, 3)
    nothing = np.zeros_like(letters)
    core = np.asarray(cv2.erode(letters.view(np.uint8), np.ones((3, 3), np.uint8))).view(np.bool_)
    if core.sum() < _LEAST_CORE or not paper.any():
        return nothing
    levels = pixels.astype(np.float32)
    ink, ground = np.median(levels[core], 0), np.median(levels[paper], 0)
    contrast = float(np.abs(ink - ground).max())
    off_ink = np.abs(levels - ink).max(2)
    if contrast < _LEAST_CONTRAST or np.median(off_ink[core]) > _INK_SPREAD * contrast:
        return nothing
    alike = _begun(off_ink < _INK_NEAR * contrast, letters) & near
    return alike if (alike & ~letters).sum() < _MOST_NEW * letters.sum() else nothing


def _begun(mask: Mask, letters: Mask) -> Mask:
    """The parts of ``mask`` (h, w) that ``letters`` saw a share of and that end inside it.

    A part that nothing was seen of is another thing of that colour: eyes beside brown letters, a cable.
    """
    count, labels = cv2.connectedComponents(mask.view(np.uint8))
    border = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    whole, seen = (np.bincount(part, minlength=count) for part in (labels.ravel(), labels[letters]))
    begun = seen >= _LEAST_BEGUN * np.maximum(whole, 1)
    begun[np.unique(border)] = False
    begun[0] = False
    return np.asarray(begun[labels])


def _inside(neighbourhood: tuple[Box, Mask], bounds: Box) -> Mask:
    """The part of a line's neighbourhood that lies in ``bounds``, as a mask of ``bounds``."""
    own, mask = neighbourhood
    canvas = np.zeros((bounds.height, bounds.width), bool)
    x0, y0, x1, y1 = (
        max(own.x0, bounds.x0),
        max(own.y0, bounds.y0),
        min(own.x1, bounds.x1),
        min(own.y1, bounds.y1),
    )
    if x0 < x1 and y0 < y1:
        part = mask[y0 - own.y0 : y1 - own.y0, x0 - own.x0 : x1 - own.x0]
        canvas[y0 - bounds.y0 : y1 - bounds.y0, x0 - bounds.x0 : x1 - bounds.x0] = part
    return canvas


def merge(patches: Sequence[Patch]) -> list[Patch]:
    """Patches whose pixels overlap become one."""
    merged: list[Patch] = []
    for patch in patches:
        current, apart = patch, []
        for other in merged:
            if (other.mask & current.mask).any():
                current = Patch(
                    (*other.lines, *current.lines),
                    other.mask | current.mask,
                    plate=other.plate or current.plate,
                    whole=other.whole and current.whole,
                )
            else:
                apart.append(other)
        merged = [*apart, current]
    return merged
