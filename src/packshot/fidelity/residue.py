"""Whether a treatment left something of the defect: what is seen on and between the pixels it edited."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from packshot.finding import Box, Finding, Mask
from packshot.morphology import grown

REACH = 6  # px: a finding this close to an edited pixel is what the edit left behind
_TOUCHING = 0.1  # share of what is seen afterwards that lies where the defect was, or one line beside it
_KNOWN = 0.3  # share of it that was seen before and is not part of the defect


def residue(
    before: Sequence[Finding],
    after: Sequence[Finding],
    mask: Mask,
    treated: frozenset[str],
    alike: frozenset[str],
) -> Mask:
    """Where the defect is still seen after an edit, (H, W).

    A treated finding that stands on an edited patch is residue. So is a finding of a like code that is new
    and lies where the defect was or right beside it: half of a word, no longer recognised as an overlay, is
    text all the same. Then the whole defect is residue.

    Args:
        before: findings on the photo before the edit.
        after: findings on it now.
        mask: pixels that were edited, (H, W).
        treated: codes that the treatment answers.
        alike: codes that what is left of the defect may be taken for.
    """
    left = np.zeros(mask.shape, bool)
    places = _regions(before, treated, mask.shape)
    zones = [Box.of_mask(place) for place in places if (place & mask).any()]
    for seen in _regions(after, treated, mask.shape):
        left |= seen & grown(mask, REACH)
        _mark(left, seen, zones)
    known = np.zeros(mask.shape, bool)
    for place in _regions(before, alike, mask.shape):
        known |= place
    for seen in _regions(after, alike, mask.shape):
        for part in _parts(seen):
            if (part & known).sum() < _KNOWN * part.sum():
                _mark(left, part, zones)
    return left


def _mark(left: Mask, seen: Mask, zones: Sequence[Box]) -> None:
    """Add every zone to ``left`` that ``seen`` touches."""
    for zone in zones:
        around = zone.grown(max(REACH, min(zone.width, zone.height)), seen.shape)
        if seen[around.slices].sum() >= _TOUCHING * seen.sum():
            left[zone.grown(REACH, seen.shape).slices] = True


def _regions(findings: Sequence[Finding], codes: frozenset[str], shape: tuple[int, ...]) -> list[Mask]:
    return [f.region.full_mask(shape) for f in findings if f.code in codes and f.region is not None]


def _parts(mask: Mask) -> Iterator[Mask]:
    count, labels = cv2.connectedComponents(mask.view(np.uint8))
    for label in range(1, count):
        yield labels == label
