"""Naming an overlay: what sort of mark it is, which decides whether it may be erased and by which hint."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np

from packshot.finding import Box, Mask
from packshot.inspection.overlay.words import Purpose
from packshot.morphology import grown
from packshot.photo import Pixels


class Kind(StrEnum):
    """What an overlay is."""

    DATE_STAMP = "date_stamp"
    CAPTION = "caption"
    BANNER = "banner"
    PROMO = "promo"
    LOGO = "logo"
    WATERMARK = "watermark"
    TILED_WATERMARK = "tiled_watermark"
    CAPTCHA = "captcha"


OWNERSHIP = frozenset({Kind.LOGO, Kind.WATERMARK, Kind.TILED_WATERMARK})
"""Kinds that say whose photo it is: erased only for someone who states the right to."""

_TILES = 3  # the same words this often are a pattern
_PLATE_SHARE = 0.55  # of its bounding box an overlay fills when it is a plate and not letters
_BAR_WIDTH = 0.6  # of the photo's width
_FAINT_CONTRAST = 44.0  # grey levels between strokes and surroundings
_LARGE_LINE = 0.055  # line height over the photo's short side from which faint text is a watermark
_CORNER = 0.25  # share of each side that is near an edge
_COLOURFUL = 40.0  # spread of hue-bearing colour among a captcha's letters, in grey levels


@dataclass(frozen=True, slots=True)
class Mark:
    """An overlay with what its lines say.

    Attributes:
        mask: the pixels it covers, (H, W).
        texts: what its lines say; empty for what cannot be read, which may be somebody's sign.
        purposes: what the words give away, one a line.
        line_height: of its tallest line, px.
        repeats: how many overlays of the photo say the same or have the same size.
    """

    mask: Mask
    texts: tuple[str, ...]
    purposes: tuple[Purpose, ...]
    line_height: float
    repeats: int


def name(mark: Mark, pixels: Pixels) -> Kind:
    """The kind of a mark on ``pixels`` (H, W, 3): the first that fits, from the most telling on."""
    box = Box.of_mask(mark.mask)
    height, width = pixels.shape[:2]
    purposes = set(mark.purposes)
    large = mark.line_height > _LARGE_LINE * min(height, width)
    plate = bool(mark.mask.sum() > _PLATE_SHARE * box.area)
    tests: tuple[tuple[Kind, Callable[[], bool]], ...] = (
        (Kind.TILED_WATERMARK, lambda: mark.repeats >= _TILES),
        (Kind.WATERMARK, lambda: bool(purposes & {Purpose.COPYRIGHT, Purpose.AGENCY, Purpose.CONTACT})),
        (Kind.DATE_STAMP, lambda: bool(purposes & {Purpose.DATE, Purpose.CAMERA})),
        (Kind.WATERMARK, lambda: large and contrast(pixels, mark.mask) < _FAINT_CONTRAST),
        (Kind.BANNER, lambda: plate and box.width > _BAR_WIDTH * width),
        (Kind.PROMO, lambda: Purpose.PROMOTION in purposes),
        (Kind.CAPTCHA, lambda: _is_code(mark.texts) and _letters_differ(pixels, mark.mask)),
        (Kind.LOGO, lambda: not any(mark.texts)),
        (Kind.LOGO, lambda: _is_name(mark.texts) and (plate or _in_corner(box, height, width))),
        (Kind.PROMO, lambda: plate),
    )
    return next((kind for kind, fits in tests if fits()), Kind.CAPTION)


def contrast(pixels: Pixels, mask: Mask) -> float:
    """Mean luma difference between a mark and the pixels around it, in grey levels."""
    bounds = Box.of_mask(mask).grown(8, mask.shape)
    part = mask[bounds.slices]
    ring = grown(part, 6) & ~grown(part, 2)
    if not ring.any():
        return 255.0
    grey = cv2.cvtColor(pixels[bounds.slices], cv2.COLOR_RGB2GRAY).astype(np.float32)
    around = cv2.blur(np.where(ring, grey, 0), (25, 25)) / np.maximum(
        cv2.blur(ring.astype(np.float32), (25, 25)), 1e-3
    )
    return float(np.abs(grey - around)[part].mean())


def _is_code(texts: Sequence[str]) -> bool:
    """One short word without meaning: letters and digits or cases mixed, as in captchas, not in names."""
    word = "".join(texts).replace(" ", "")
    name = word.isalpha() and (word.isupper() or word.islower() or word.istitle())
    return len(texts) == 1 and 3 <= len(word) <= 9 and not name


def _letters_differ(pixels: Pixels, mask: Mask) -> bool:
    """Whether the letters are drawn in different colours."""
    count, labels = cv2.connectedComponents(mask.view(np.uint8))
    sizes = np.bincount(labels.ravel(), minlength=count)
    letters = [i for i in range(1, count) if sizes[i] > 0.05 * mask.sum()]
    if len(letters) < 3:
        return False
    colours = np.array([np.median(pixels[labels == i], axis=0) for i in letters])
    return float(colours.std(0).max()) > _COLOURFUL


def _is_name(texts: Sequence[str]) -> bool:
    """One or two words of letters only: most likely somebody's name, which is not for us to take off."""
    words = " ".join(texts).split()
    return len(words) <= 2 and len(texts) <= 2 and all(word.isalpha() for word in words)


def _in_corner(box: Box, height: int, width: int) -> bool:
    """Whether the middle of ``box`` is near two edges of the photo."""
    centre_x, centre_y = (box.x0 + box.x1) / 2 / width, (box.y0 + box.y1) / 2 / height
    return min(centre_x, 1 - centre_x) < _CORNER and min(centre_y, 1 - centre_y) < _CORNER
