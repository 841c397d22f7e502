"""The contracts that the core enforces on every stage, with small real stages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from packshot import pipeline as core
from packshot.errors import StageContractError
from packshot.finding import Box, Finding, Mask, Region, Severity
from packshot.inspection import Setup, View
from packshot.photo import Photo
from packshot.pipeline import Pipeline
from packshot.recipe import Recipe
from packshot.stage import Geometry, Result, StageOptions
from packshot.trail import Outcome
from packshot.verdict import Verdict

RED = np.array([255, 0, 0], np.uint8)


class RedSpots:
    """Finds spots of pure red."""

    name: ClassVar[str] = "red_spots"
    codes: ClassVar[frozenset[str]] = frozenset({"red"})
    roles: ClassVar[Mapping[str, str]] = {}

    def __init__(self, setup: Setup) -> None:
        del setup

    def inspect(self, view: View) -> Sequence[Finding]:
        red = np.all(view.pixels == RED, axis=2)
        count, labels = cv2.connectedComponents(red.view(np.uint8))
        return tuple(
            Finding("red", Severity.ERROR, 1.0, "There is red.", Region.of_mask(labels == label))
            for label in range(1, count)
        )


class PaintBlack:
    """Paints over what is red, and scribbles over the whole photo besides."""

    name: ClassVar[str] = "paint_black"
    treats: ClassVar[frozenset[str]] = frozenset({"red"})
    alike: ClassVar[frozenset[str]] = frozenset()
    settled: ClassVar[frozenset[str]] = frozenset()
    after: ClassVar[frozenset[str]] = frozenset()
    geometry: ClassVar[Geometry] = Geometry.IN_PLACE
    roles: ClassVar[Mapping[str, str]] = {}
    checks = ()
    Options: ClassVar[type[StageOptions]] = StageOptions
    first_column_only = False

    def __init__(self, options: StageOptions, backends: Mapping[str, str]) -> None:
        del options, backends

    def wants(self, photo: Photo, findings: Sequence[Finding]) -> bool:
        del photo
        return any(finding.code == "red" for finding in findings)

    def treat(self, photo: Photo, findings: Sequence[Finding]) -> Result:
        mask = np.zeros(photo.pixels.shape[:2], bool)
        for finding in findings:
            if finding.region:
                mask |= finding.region.full_mask(mask.shape)
        painted = np.full_like(photo.pixels, 7)
        painted[mask] = 0
        return Result(photo.with_pixels(painted), mask)


class PaintHalf(PaintBlack):
    """Leaves the right half of what it should paint."""

    def treat(self, photo: Photo, findings: Sequence[Finding]) -> Result:
        result = super().treat(photo, findings)
        pixels = np.array(result.photo.pixels)
        half = pixels.shape[1] // 2
        pixels[:, half:] = photo.pixels[:, half:]
        return Result(photo.with_pixels(pixels), result.mask)


class NoMask(PaintBlack):
    """Forgets to say what it changed."""

    def treat(self, photo: Photo, findings: Sequence[Finding]) -> Result:
        return Result(super().treat(photo, findings).photo)


def refuse(before: Photo, after: Photo, mask: Mask | None) -> Finding | None:
    del before, after, mask
    return Finding("harm", Severity.ERROR, 1.0, "Harm was done.")


class Harmful(PaintBlack):
    """Does what its own no-harm check refuses."""

    checks = (refuse,)


def pipeline(monkeypatch: pytest.MonkeyPatch, stage: type[PaintBlack]) -> Pipeline:
    for module in (core, core.Recipe.from_dict.__globals__):
        space = module if isinstance(module, dict) else vars(module)
        monkeypatch.setitem(space, "INSPECTORS", {"red_spots": RedSpots})
        monkeypatch.setitem(space, "STAGES", {"paint_black": stage})
    return Pipeline(Recipe.from_dict({"inspect": ["red_spots"], "stages": ["paint_black"]}))


def spotted(boxes: Sequence[Box], height: int = 40, width: int = 60) -> Photo:
    pixels = np.random.default_rng(0).integers(0, 200, (height, width, 3)).astype(np.uint8)
    for box in boxes:
        pixels[box.slices] = RED
    return Photo.from_array(pixels)


BOX = st.builds(
    lambda x, y, w, h: Box(x, y, x + w, y + h),
    st.integers(0, 50),
    st.integers(0, 30),
    st.integers(1, 10),
    st.integers(1, 10),
)


@given(st.lists(BOX, min_size=1, max_size=4))
def test_pixels_outside_the_mask_stay_bit_identical(boxes: list[Box]) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        photo = spotted(boxes)
        trail = pipeline(monkeypatch, PaintBlack).run(photo)
    assert trail.photo is not None
    assert trail.mask is not None
    red = np.all(photo.pixels == RED, axis=2)
    assert (trail.mask == red).all()
    assert (trail.photo.pixels[~red] == photo.pixels[~red]).all()
    assert (trail.photo.pixels[red] == 0).all()
    assert trail.verdict is Verdict.PUBLISH


def test_nothing_to_do_hands_back_the_same_photo(monkeypatch: pytest.MonkeyPatch) -> None:
    photo = spotted([])
    trail = pipeline(monkeypatch, PaintBlack).run(photo)
    assert trail.photo is photo
    assert not trail.changed
    assert [step.outcome for step in trail.steps if step.stage == "paint_black"] == [Outcome.SKIPPED]


def test_residue_is_put_back_and_goes_to_review(monkeypatch: pytest.MonkeyPatch) -> None:
    photo = spotted([Box(2, 2, 8, 8), Box(25, 20, 40, 30)])
    trail = pipeline(monkeypatch, PaintHalf).run(photo)
    assert trail.photo is not None
    kept, undone = Box(2, 2, 8, 8).slices, Box(25, 20, 40, 30).slices
    assert (trail.photo.pixels[kept] == 0).all()
    assert (trail.photo.pixels[undone] == photo.pixels[undone]).all()
    assert trail.verdict is Verdict.REVIEW
    assert {"residue", "red"} <= {finding.code for finding in trail.findings_after}


def test_harm_undoes_the_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    photo = spotted([Box(2, 2, 8, 8)])
    trail = pipeline(monkeypatch, Harmful).run(photo)
    assert trail.photo is photo
    assert trail.verdict is Verdict.REVIEW
    assert "harm" in {finding.code for finding in trail.findings_after}


def test_a_stage_without_a_mask_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StageContractError, match="gave no mask"):
        pipeline(monkeypatch, NoMask).run(spotted([Box(2, 2, 8, 8)]))
