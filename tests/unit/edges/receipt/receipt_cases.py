"""A treated photo with its receipt, and the small stages that treat it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from packshot.edges.receipt import Report, SigningKey, check
from packshot.finding import Box, Finding, Region, Severity
from packshot.photo import Photo
from packshot.stage import Geometry, Result, StageOptions
from packshot.stages import STAGES
from packshot.trail import Trail

PATCH = Box(8, 8, 24, 20)


class PaintPatch:
    """Paints a patch, and scribbles over the whole photo besides; refuses something for want of rights."""

    name: ClassVar[str] = "paint_patch"
    treats: ClassVar[frozenset[str]] = frozenset()
    alike: ClassVar[frozenset[str]] = frozenset()
    settled: ClassVar[frozenset[str]] = frozenset()
    after: ClassVar[frozenset[str]] = frozenset()
    geometry: ClassVar[Geometry] = Geometry.IN_PLACE
    roles: ClassVar[Mapping[str, str]] = {"filler": "navier-stokes"}
    checks = ()
    Options: ClassVar[type[StageOptions]] = StageOptions

    def __init__(self, options: StageOptions, backends: Mapping[str, str]) -> None:
        del options
        self.backends = dict(backends)

    def wants(self, photo: Photo, findings: Sequence[Finding]) -> bool:
        del findings
        return bool((photo.pixels[PATCH.slices] != 0).any())

    def treat(self, photo: Photo, findings: Sequence[Finding]) -> Result:
        del findings
        mask = Region(PATCH).full_mask(photo.pixels.shape)
        painted = np.full_like(photo.pixels, 7)
        painted[mask] = 0
        note = Finding("needs_rights", Severity.ERROR, 0.5, "A watermark was left.", Region(PATCH))
        return Result(photo.with_pixels(painted, photo.alpha), mask, (note,))


class CutRim(PaintPatch):
    """Cuts ten pixels off each side, once."""

    name: ClassVar[str] = "cut_rim"
    geometry: ClassVar[Geometry] = Geometry.REFRAMES
    roles: ClassVar[Mapping[str, str]] = {}

    def wants(self, photo: Photo, findings: Sequence[Finding]) -> bool:
        del findings
        return photo.width > 44

    def treat(self, photo: Photo, findings: Sequence[Finding]) -> Result:
        del findings
        return Result(photo.with_pixels(photo.pixels[10:-10, 10:-10]))


@dataclass(frozen=True)
class Case:
    """A treated photo with its receipt."""

    original: bytes
    trail: Trail
    output: bytes
    receipt: bytes
    key: SigningKey

    def check(self, **changed: object) -> Report:
        """The report, with the given arguments of :func:`check` instead of the case's own."""
        facts: dict = {
            "file": self.output,
            "receipt": self.receipt,
            "original": self.original,
            "trusted": [self.key.public],
        }
        facts |= changed
        return check(facts["file"], facts["receipt"], original=facts["original"], trusted=facts["trusted"])


@contextmanager
def small_stages() -> Iterator[None]:
    """The stages of this file among packshot's own."""
    with pytest.MonkeyPatch.context() as patch:
        for stage in (PaintPatch, CutRim):
            patch.setitem(STAGES, stage.name, stage)
        yield


def statuses(report: Report) -> dict[str, str]:
    return {check.name: check.status.value for check in report.checks}
