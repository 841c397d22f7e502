"""Erasing overlaid text: the strokes go, the product stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from packshot.backend import Filler, require
from packshot.fidelity.seams import seam
from packshot.finding import Finding, Mask, Severity
from packshot.morphology import grown_round
from packshot.photo import Photo, Pixels
from packshot.stage import Check, Geometry, Result, StageOptions
from packshot.stages.filling import FLAT, STRUCTURE, TEXTURE, Filling, fill_hole
from packshot.stages.rim import TRACES, distrusted, with_rim

Hint = Literal[
    "all", "remove-date-stamp", "remove-caption", "remove-watermark", "remove-promo", "remove-captcha"
]

KINDS_OF_HINT: Mapping[str, frozenset[str]] = {
    "remove-date-stamp": frozenset({"date_stamp"}),
    "remove-caption": frozenset({"caption"}),
    "remove-watermark": frozenset({"watermark", "tiled_watermark", "logo"}),
    "remove-promo": frozenset({"promo", "banner"}),
    "remove-captcha": frozenset({"captcha"}),
}
"""The kinds of ``overlay_text`` finding that each hint narrows the work to; ``all`` narrows nothing."""

_DOUBTS = {
    "judges_disagree": "it may be printed on the product: the two judges disagree",
    "much_text": "with so much text it may be a package's or a cover's design",
}

_NEEDS_ATTESTATION = frozenset({"watermark", "tiled_watermark", "logo"})

# Expected improvement (see Filling.improvement) from which a hole is filled, and the expected error, as root
# of the mean square in grey levels, up to which it is. Opaque letters are so far from the truth that anything
# improves on it, also a hand under it filled with the trousers beside it, which must not be published.
# Chosen on simulated overlays: see docs/benchmarks.md.
_WORTH_IT = {"normal": 0.5, "conservative": 2.0}
_FAR_OFF = {"normal": 25.0, "conservative": 15.0}


_SURROUNDINGS = 90  # px around an overlay that its rim is judged by


class EraseTextOptions(StageOptions):
    """Options of ``erase_text``.

    Attributes:
        hint: which kinds of overlay to erase.
    """

    hint: Hint = "all"


@dataclass(frozen=True, slots=True)
class _Refusal:
    code: str
    severity: Severity
    why: str


class EraseText:
    """Fills the strokes of overlaid text, region by region, and leaves what it would harm."""

    name: ClassVar[str] = "erase_text"
    treats: ClassVar[frozenset[str]] = frozenset({"overlay_text"})
    alike: ClassVar[frozenset[str]] = frozenset({"printed_text"})
    settled: ClassVar[frozenset[str]] = frozenset()
    after: ClassVar[frozenset[str]] = frozenset()
    geometry: ClassVar[Geometry] = Geometry.IN_PLACE
    roles: ClassVar[Mapping[str, str]] = {
        FLAT: "navier-stokes",
        TEXTURE: "patchmatch",
        STRUCTURE: "fsr",
    }
    checks: ClassVar[tuple[Check, ...]] = (seam,)
    Options: ClassVar[type[StageOptions]] = EraseTextOptions

    def __init__(self, options: EraseTextOptions, backends: Mapping[str, str]) -> None:
        self.options = options
        self.backends = dict(backends)
        self._fillers = {role: require(backends[role], Filler) for role in (FLAT, TEXTURE, STRUCTURE)}  # type: ignore[type-abstract]

    def wants(self, photo: Photo, findings: Sequence[Finding]) -> bool:
        """Whether an overlay stands on the photo."""
        del photo
        return any(finding.code in self.treats for finding in findings)

    def treat(self, photo: Photo, findings: Sequence[Finding]) -> Result:
        """Fill what may be filled; say what was left and why."""
        notes: list[Finding] = []
        holes: list[tuple[Finding, Mask]] = []
        for finding in findings:
            if finding.code not in self.treats:
                continue
            refusal = self._refusal(photo, finding)
            if refusal is not None:
                notes.append(_note(finding, refusal))
            elif finding.region is not None:
                holes.append((finding, self._hole(photo, finding)))
        pixels, mask = self._fill(photo.pixels, holes, notes)
        if not mask.any():
            return Result(photo, findings=tuple(notes))
        return Result(photo.with_pixels(pixels, photo.alpha), mask, tuple(notes))

    def _refusal(self, photo: Photo, finding: Finding) -> _Refusal | None:
        kind, owner = finding.evidence["kind"], finding.evidence["owner"]
        if owner == "agency":
            return _Refusal(
                "agency_mark", Severity.ERROR, "a stock agency's mark is never removed; license the photo"
            )
        if owner == "credit":
            return _Refusal(
                "credit_line", Severity.ERROR, "a credit or copyright line needs a person's decision"
            )
        if kind in _NEEDS_ATTESTATION and photo.attested_by is None:
            why = "it says whose photo this is; state the right to alter it with --attested-by NAME"
            return _Refusal("needs_rights", Severity.ERROR, why)
        if self.options.hint != "all" and kind not in KINDS_OF_HINT[self.options.hint]:
            return _Refusal("outside_hint", Severity.INFO, f"the hint {self.options.hint} does not cover it")
        return _unsure(finding)

    def _hole(self, photo: Photo, finding: Finding) -> Mask:
        """The strokes with the rim that compression and smoothing leave around them.

        A plate comes with room for its outline, which is rim enough.
        """
        assert finding.region is not None
        reach = max(2, round(min(photo.height, photo.width) / 350))
        hole = finding.region.full_mask(photo.pixels.shape)
        if finding.evidence["plate"]:
            return grown_round(hole, reach)
        around = finding.region.box.grown(_SURROUNDINGS, photo.pixels.shape).slices
        traces = TRACES["lossless" if photo.origin.lossless else "lossy"]
        hole[around] = with_rim(photo.pixels[around], hole[around], reach, traces)
        return hole

    def _is_good(self, filling: Filling) -> bool:
        """Whether a filling is better than the overlay, and good enough to be shown to anybody."""
        mode = self.options.mode
        return filling.improvement >= _WORTH_IT[mode] and filling.expected <= _FAR_OFF[mode] ** 2

    def _fill(
        self, pixels: Pixels, holes: Sequence[tuple[Finding, Mask]], notes: list[Finding]
    ) -> tuple[Pixels, Mask]:
        """Fill hole by hole; what is not worth it is left and noted."""
        unknown = np.zeros(pixels.shape[:2], bool)
        for _, hole in holes:
            unknown |= hole
        unknown = distrusted(pixels, unknown)
        filled, done = pixels.copy(), np.zeros_like(unknown)
        for finding, hole in holes:
            filling = fill_hole(pixels, hole, unknown, self._fillers)
            if filling is None or not self._is_good(filling):
                why = "what lies behind it cannot be rebuilt well enough to be sure of an improvement"
                notes.append(_note(finding, _Refusal("not_rebuildable", Severity.ERROR, why)))
                continue
            inside = hole[filling.bounds.slices]
            filled[filling.bounds.slices][inside] = filling.pixels[inside]
            done |= hole
            notes.append(_erased(finding, filling.role, filling.improvement))
        return filled, done


def _unsure(finding: Finding) -> _Refusal | None:
    """Why it is not sure enough what would be erased; None where it is."""
    doubt = finding.evidence.get("doubt")
    if doubt is not None:
        return _Refusal("maybe_printed", Severity.ERROR, _DOUBTS[doubt])
    if not finding.evidence["erasable"]:
        return _Refusal("strokes_unclear", Severity.ERROR, "its strokes could not be told from the photo")
    return None


def _note(finding: Finding, refusal: _Refusal) -> Finding:
    message = f"{finding.evidence['kind']} was left: {refusal.why}."
    return Finding(refusal.code, refusal.severity, finding.score, message, finding.region, finding.evidence)


def _erased(finding: Finding, role: str, improvement: float) -> Finding:
    evidence = {
        "kind": finding.evidence["kind"],
        "method": role,
        "expected_improvement": round(improvement, 2),
    }
    message = f"{finding.evidence['kind']} was erased."
    return Finding("erased", Severity.INFO, finding.score, message, finding.region, evidence)
