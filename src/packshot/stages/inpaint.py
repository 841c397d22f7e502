"""Filling what a person has painted over: their decision, our pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import cv2
import numpy as np

from packshot.backend import Filler, require
from packshot.finding import Finding, Mask, Region, Severity
from packshot.photo import Photo
from packshot.stage import Check, Geometry, Result, StageOptions
from packshot.stages.filling import FLAT, STRUCTURE, TEXTURE, fill_hole

PAINTED = "painted"
"""Code of the finding that asks for it: its region is what was painted over."""


def painted(mask: Mask, actor: str) -> Finding:
    """The finding that has ``mask`` (H, W) filled because ``actor`` said so."""
    message = f"{actor} painted over {int(mask.sum())} pixels to have them filled."
    return Finding(PAINTED, Severity.INFO, 1.0, message, Region.of_mask(mask), {"actor": actor})


class Inpaint:
    """Fills painted areas, each by the method that does best beside it.

    Unlike ``erase_text`` it does not ask whether that is an improvement: somebody has looked.
    """

    name: ClassVar[str] = "inpaint"
    treats: ClassVar[frozenset[str]] = frozenset({PAINTED})
    alike: ClassVar[frozenset[str]] = frozenset()
    settled: ClassVar[frozenset[str]] = frozenset()
    after: ClassVar[frozenset[str]] = frozenset()
    geometry: ClassVar[Geometry] = Geometry.IN_PLACE
    roles: ClassVar[Mapping[str, str]] = {FLAT: "navier-stokes", TEXTURE: "patchmatch", STRUCTURE: "fsr"}
    checks: ClassVar[tuple[Check, ...]] = ()
    Options: ClassVar[type[StageOptions]] = StageOptions

    def __init__(self, options: StageOptions, backends: Mapping[str, str]) -> None:
        self.options = options
        self.backends = dict(backends)
        self._fillers = {role: require(backends[role], Filler) for role in (FLAT, TEXTURE, STRUCTURE)}  # type: ignore[type-abstract]

    def wants(self, photo: Photo, findings: Sequence[Finding]) -> bool:
        """Whether somebody has painted on the photo."""
        del photo
        return any(finding.code == PAINTED for finding in findings)

    def treat(self, photo: Photo, findings: Sequence[Finding]) -> Result:
        """Fill every painted area, but for one that leaves nothing to go by."""
        asked = np.zeros(photo.pixels.shape[:2], bool)
        for finding in findings:
            if finding.code == PAINTED and finding.region is not None:
                asked |= finding.region.full_mask(photo.pixels.shape)
        pixels, done, notes = photo.pixels.copy(), np.zeros_like(asked), []
        count, labels = cv2.connectedComponents(asked.view(np.uint8), connectivity=8)
        for number in range(1, count):
            hole = labels == number
            filling = fill_hole(photo.pixels, hole, asked, self._fillers)
            if filling is None:
                notes.append(_hopeless(hole))
                continue
            inside = hole[filling.bounds.slices]
            pixels[filling.bounds.slices][inside] = filling.pixels[inside]
            done |= hole
        if not done.any():
            return Result(photo, findings=tuple(notes))
        return Result(photo.with_pixels(pixels, photo.alpha), done, tuple(notes))


def _hopeless(hole: Mask) -> Finding:
    message = "A painted area is so large that nothing beside it says what to fill it with. Paint less."
    return Finding("not_rebuildable", Severity.ERROR, 1.0, message, Region.of_mask(hole))
