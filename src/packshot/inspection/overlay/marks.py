"""Signs without letters: what the stroke network sees beside the product that no line of text explains."""

from __future__ import annotations

import cv2
import numpy as np

from packshot.backend import Unit
from packshot.finding import Box, Mask
from packshot.inspection.overlay.traits import STROKE_LEVEL
from packshot.inspection.view import View

# Chosen on dev photos: on a plain backdrop nothing else looks like this; on the product much does.
_LEAST_SHARE = 6e-4  # of the photo
_SURE = 0.85  # mean probability of its pixels
_ON_BACKDROP = 0.9  # share of its surroundings on the plain backdrop
_QUIET = 0.08  # mean probability of its surroundings
_RING = 12  # px
_JOIN = 1 / 50  # of the short side: parts of one sign are at most this far apart


def marks(view: View, strokes: Unit, explained: Mask) -> list[Mask]:
    """Signs that were laid over the photo beside the product, each a mask of the whole photo (H, W).

    Args:
        view: the photo.
        strokes: stroke probability, (H, W).
        explained: pixels of text and of overlays that are known already, (H, W).
    """
    seen = (strokes > STROKE_LEVEL) & ~explained
    join = max(3, round(_JOIN * min(seen.shape))) | 1
    joined = cv2.morphologyEx(seen.view(np.uint8), cv2.MORPH_CLOSE, np.ones((join, join), np.uint8))
    count, labels, statistics, _ = cv2.connectedComponentsWithStats(joined)
    found = []
    for label in range(1, count):
        x, y, width, height = (int(value) for value in statistics[label, :4])
        box = Box(x, y, x + width, y + height)
        own = (labels[box.slices] == label) & seen[box.slices]
        if own.sum() < _LEAST_SHARE * seen.size or strokes[box.slices][own].mean() < _SURE:
            continue
        if _beside_the_product(view, strokes, labels == label, box):
            whole = np.zeros(seen.shape, bool)
            whole[box.slices] = own
            found.append(whole)
    return found


def _beside_the_product(view: View, strokes: Unit, part: Mask, box: Box) -> bool:
    bounds = box.grown(2 * _RING, part.shape)
    near = part[bounds.slices].view(np.uint8)
    inner = cv2.dilate(near, np.ones((5, 5), np.uint8))
    ring = cv2.dilate(near, np.ones((2 * _RING + 1,) * 2, np.uint8)) > inner
    if not ring.any():
        return False
    on_backdrop = float((~view.subject[bounds.slices][ring]).mean())
    return on_backdrop >= _ON_BACKDROP and float(strokes[bounds.slices][ring].mean()) <= _QUIET
