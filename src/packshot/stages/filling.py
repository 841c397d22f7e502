"""Choosing how to fill one hole, and saying how far from the truth that will be.

On a plain backdrop a fitted surface fills it. Elsewhere every method is tried on known pixels beside the hole
first, and the one that rebuilds them best, blur counted as an error too, fills the hole. How far that is from
the truth is told by how much two methods disagree inside the hole itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from packshot.backend import Filler
from packshot.fidelity.disagreement import expected_error
from packshot.fidelity.rehearsal import Rehearsal, hiding_places, rehearse
from packshot.finding import Box, Mask
from packshot.photo import Pixels
from packshot.stages.plain import fill_plain

FLAT, TEXTURE, STRUCTURE = "filler_flat", "filler_texture", "filler_structure"
"""Roles of the three fillers, in the order in which they are tried."""
PLAIN = "plain_surface"
"""The method for a plain backdrop, which needs no backend."""

_GOOD_ENOUGH = 6.0  # grey levels squared: below this (42 dB on 255) no other method can be seen to do better
_STRUCTURE_AREA = 3000  # px: frequency-selective filling costs about 0.15 ms a pixel
_BLUR_COST = 0.5  # how much a lost half of the texture energy counts against a method
_PLAIN_ERROR = 4.0  # grey levels squared: what a fitted backdrop is off at most
_MARGIN = 12  # px of surroundings that every method sees at least


@dataclass(frozen=True, slots=True)
class Filling:
    """A filled hole.

    Attributes:
        pixels: the crop's pixels with the hole replaced, (h, w, 3).
        bounds: where the crop lies in the photo.
        role: which method was chosen.
        expected: mean squared error to be expected, in grey levels squared.
        improvement: expected squared error of the overlay over that of the filling, minus 1: above 0 the
            filling is expected to be closer to the truth.
    """

    pixels: Pixels
    bounds: Box
    role: str
    expected: float
    improvement: float


def fill_hole(pixels: Pixels, hole: Mask, unknown: Mask, fillers: Mapping[str, Filler]) -> Filling | None:
    """Fill ``hole``, by the method that does best beside it; None when nothing around it is known.

    Args:
        pixels: the photo, (H, W, 3).
        hole: what to replace, (H, W), not empty.
        unknown: every pixel that may not be copied from, (H, W); holds ``hole``.
        fillers: one backend for each of the three roles.
    """
    box = Box.of_mask(hole)
    margin = int(1.3 * min(box.width, box.height)) + _MARGIN
    bounds = box.grown(margin, pixels.shape)
    crop, own, blocked = pixels[bounds.slices], hole[bounds.slices], unknown[bounds.slices]
    if blocked.all():
        return None
    plain = fill_plain(crop, own, blocked)
    if plain is not None:
        return Filling(plain, bounds, PLAIN, _PLAIN_ERROR, _improvement(crop, plain, own, _PLAIN_ERROR))
    role = _best_beside(crop, own, blocked, fillers)
    fills = {name: fillers[name].fill(crop, blocked) for name in {FLAT, TEXTURE, role}}
    expected = expected_error(fills[FLAT], fills[TEXTURE], own)
    if role == STRUCTURE:  # it can ring: then it is far from both
        apart = (expected_error(fills[role], fills[other], own) for other in (FLAT, TEXTURE))
        expected = max(expected, min(apart))
    return Filling(fills[role], bounds, role, expected, _improvement(crop, fills[role], own, expected))


def _best_beside(crop: Pixels, own: Mask, blocked: Mask, fillers: Mapping[str, Filler]) -> str:
    """The role that rebuilds known pixels beside the hole best; texture where there is no room to try."""
    places = [place & ~blocked for place in hiding_places(crop, own)]
    places = [place for place in places if place.sum() >= 0.7 * own.sum()]
    if not places:
        return TEXTURE
    tried: dict[str, Rehearsal] = {}
    for role in (FLAT, TEXTURE, STRUCTURE):
        if role == STRUCTURE and own.sum() > _STRUCTURE_AREA:
            continue
        # The cheap method is tried twice, the dear ones once.
        tried[role] = rehearse(crop, blocked, places if role == FLAT else places[:1], fillers[role].fill)
        if min(rehearsal.error for rehearsal in tried.values()) < _GOOD_ENOUGH:
            break
    return min(tried, key=lambda name: _cost(tried[name]))


def _improvement(crop: Pixels, filled: Pixels, own: Mask, expected: float) -> float:
    """See :class:`Filling`: what differs between overlay and filling is the error of both together."""
    seen = float(((filled[own].astype(np.float32) - crop[own]) ** 2).mean())
    error = max(expected, 1.0)
    return (seen - error) / error - 1.0


def _cost(rehearsal: Rehearsal) -> float:
    """Squared error, raised where texture was lost: the error alone rewards blur."""
    lost = max(0.0, 1.0 - rehearsal.texture)
    return rehearsal.error * (1.0 + 2.0 * _BLUR_COST * lost)
