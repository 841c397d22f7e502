"""Each part on photos with real backends that need no download, and with some that break the rules."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product
from typing import ClassVar

import numpy as np
import pytest

from packshot.backend import Card, Filler, StrokeMasker, Unit, Upscaler
from packshot.errors import BackendError
from packshot.finding import Mask
from packshot.photo import Pixels
from packshot.pipeline import Pipeline
from packshot.quality.enlarging import RECIPE, Enlarging
from packshot.quality.filling import OVERLAY, SEE_THROUGH, Filling, closeness, hole_of
from packshot.quality.installed import Installed
from packshot.quality.part import Gathered, Outcome, Part
from packshot.quality.reductions import REDUCTIONS
from packshot.quality.removal import RECIPE as ERASE
from packshot.quality.removal import Removal, repaired
from packshot.quality.sets import ALL, CLEAN, Scene, Source
from packshot.quality.strokes import Strokes, agreement
from packshot.recipe import Recipe
from packshot.simulate import OverlayKind


@dataclass(frozen=True)
class Masker:
    """Gives back what it is told to."""

    answer: Callable[[Pixels], Unit]
    card: ClassVar[Card] = Card("masker", "1", "MIT")

    def strokes(self, pixels: Pixels) -> Unit:
        return self.answer(pixels)


@dataclass(frozen=True)
class Enlarger:
    """Repeats pixels, as often as it is told to."""

    times: int
    card: Card

    def upscale(self, pixels: Pixels) -> Pixels:
        return pixels.repeat(self.times, 0).repeat(self.times, 1)


class Cutter:
    """A filler that gives back less than it got."""

    card = Card("cutter", "1", "MIT")

    def fill(self, pixels: Pixels, hole: Mask) -> Pixels:
        del hole
        return pixels[1:]


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes the given backends the only installed ones."""

    def only(**backends: object) -> None:
        monkeypatch.setattr("packshot.quality.installed.backend_names", lambda: sorted(backends))
        monkeypatch.setattr("packshot.quality.installed.load_backend", backends.__getitem__)

    return only


def outcomes(part: Part) -> list[Outcome]:
    return [part.measure(scene) for scene in part.scenes]


def test_removal_that_does_nothing_gains_nothing_and_touches_nothing(sources: list[Source]) -> None:
    idle = Pipeline.from_recipe(Recipe.from_dict({**ERASE, "inspect": [], "stages": []}))
    sample = Scene(3, sources[0], OverlayKind.BANNER).sample()
    repair, result = repaired(idle, sample, "x")
    assert (repair.gain, repair.changed, repair.found, repair.far_identical) == (0.0, False, False, True)
    assert (result == sample.pixels).all()
    clean, _ = repaired(idle, Scene(3, sources[0]).sample(), "x")
    assert clean.gain is None


def test_removal_knows_gain_harm_and_far_pixels(sources: list[Source]) -> None:
    """A pipeline that is replaced by known answers: the truth, and a photo painted black."""
    sample = Scene(3, sources[0], OverlayKind.DATE_STAMP).sample()

    class Answers:
        def __init__(self, pixels: Pixels) -> None:
            self.pixels = pixels

        def run(self, photo):
            trail = Pipeline.from_recipe(Recipe.from_dict({**ERASE, "inspect": [], "stages": []})).run(photo)
            return replace(trail, photo=photo.with_pixels(self.pixels))

    healed, _ = repaired(Answers(sample.truth.copy()), sample, "x")
    assert healed.after == 80.0
    assert healed.gain > 40
    assert healed.far_identical
    spoiled, _ = repaired(Answers(np.zeros_like(sample.pixels)), sample, "x")
    assert spoiled.gain < 0
    assert not spoiled.far_identical


def test_the_parts_cover_stamped_and_clean_photos_once_each(sources: list[Source], installed) -> None:
    installed(masker=Masker(lambda pixels: np.zeros(pixels.shape[:2], np.float32)))
    for part in (Removal(sources, 10), Strokes(sources, 10)):
        assert [scene.number for scene in part.scenes] == list(range(13))
        assert sum(scene.kind is None for scene in part.scenes) == 3


@pytest.mark.parametrize("kind", [OverlayKind.CAPTION, OverlayKind.WATERMARK])
def test_a_hole_covers_the_overlay_and_the_truth_fills_it_best(
    sources: list[Source], kind: OverlayKind
) -> None:
    hole = hole_of(Scene(1, sources[0], kind).sample(), kind)
    assert (hole.seen[~hole.hole] == hole.truth[~hole.hole]).all()
    assert (hole.set == SEE_THROUGH) == (kind is OverlayKind.WATERMARK)
    psnr, texture = closeness(hole, hole.truth)
    assert psnr == pytest.approx(60, abs=0.01)
    assert texture == 1.0
    assert closeness(hole, hole.seen)[0] < psnr


def test_every_filler_is_measured_on_the_same_holes(sources: list[Source]) -> None:
    gathered = Gathered(part := Filling(sources, 3))
    for outcome in outcomes(part):
        gathered.add(outcome)
    shown = {row.backend: row for row in gathered.table().rows if row.set == ALL}
    assert set(shown) >= {OVERLAY, "navier-stokes", "patchmatch", "fsr"}
    assert {row.photos for row in shown.values()} == {3}
    assert all(
        row.values["psnr_db"] > shown[OVERLAY].values["psnr_db"]
        for row in shown.values()
        if row is not shown[OVERLAY]
    )
    for selection in gathered.sheets().values():
        for exhibit in selection.first:
            labels = [tile.label for tile in exhibit.tiles]
            assert (labels[0], labels[-1]) == ("input", "truth")
            assert len(labels) == len(shown) + 1, "the overlay is the input"


def test_the_same_photos_give_the_same_figures_in_any_order(sources: list[Source]) -> None:
    part = Filling(sources, 4)

    def figures(results: list[Outcome]) -> list[dict[str, object]]:
        gathered = Gathered(part)
        for outcome in results:
            gathered.add(outcome)
        rows = gathered.table().as_dict()["rows"]
        return [{key: value for key, value in row.items() if key != "cpu_seconds"} for row in rows]

    assert figures(outcomes(part)) == figures(outcomes(part)[::-1])


@pytest.mark.parametrize(("how", "scale"), list(product(REDUCTIONS, (2, 3, 4))))
def test_reductions_have_the_size_that_enlarging_undoes(how: str, scale: int) -> None:
    truth = np.random.default_rng(0).integers(0, 256, (48, 72, 3), np.uint8)
    first, again = (REDUCTIONS[how](truth, scale) for _ in range(2))
    assert (first.height, first.width) == (48 // scale, 72 // scale)
    assert (first.pixels == again.pixels).all()


def test_upscalers_of_any_scale_appear_and_the_recipe_where_it_has_one(
    sources: list[Source], installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "packshot.quality.enlarging.Upscale.roles",
        {
            f"{role}_x{scale}{kind}": f"lanczos-x{scale}"
            for scale in (2, 4)
            for role, kind in (("upscaler", ""), ("upscaler", "_degraded"), ("interpolator", ""))
        },
    )
    cards = {f"repeat-x{scale}": Card(f"repeat-x{scale}", "1", "MIT", scale=scale) for scale in (2, 3)}
    installed(**{name: Enlarger(card.scale, card) for name, card in cards.items()})
    gathered = Gathered(part := Enlarging(sources, 2))
    for outcome in outcomes(part):
        gathered.add(outcome)
    expected = {
        *((f"x2 {how}", name) for how in REDUCTIONS for name in ("repeat-x2", RECIPE)),
        *((f"x3 {how}", "repeat-x3") for how in REDUCTIONS),
    }
    assert {(row.set, row.backend) for row in gathered.table().rows} == expected
    assert set(gathered.sheets()) == {name for name, _ in expected}


def test_agreement_of_masks() -> None:
    covered = np.zeros((20, 20), bool)
    covered[5:15, 5:15] = True
    half = covered.copy()
    half[:, 10:] = False
    found = agreement(half, covered)
    assert (found.iou, found.precision, found.recall) == (0.5, 1.0, 0.5)
    nothing = agreement(np.zeros_like(covered), covered)
    assert (nothing.iou, nothing.precision, nothing.recall) == (0.0, None, 0.0)
    everything = agreement(np.ones_like(covered), covered)
    assert everything.recall == 1.0
    assert everything.precision == pytest.approx(14**2 / 400), "2 px of rim are allowed"


def test_alarms_are_counted_and_shown_on_clean_photos_only(sources: list[Source], installed) -> None:
    def everything(pixels: Pixels) -> Unit:
        return np.ones(pixels.shape[:2], np.float32)

    def nothing(pixels: Pixels) -> Unit:
        return np.zeros(pixels.shape[:2], np.float32)

    installed(eager=Masker(everything), shy=Masker(nothing))
    gathered = Gathered(part := Strokes(sources, 2))
    for outcome in outcomes(part):
        gathered.add(outcome)
    found = {(row.set, row.backend): row.values for row in gathered.table().rows}
    assert (found[CLEAN, "eager"]["alarms"], found[CLEAN, "shy"]["alarms"]) == (1.0, 0.0)
    assert found[ALL, "eager"]["alarms"] is None
    assert (found[ALL, "eager"]["recall"], found[ALL, "shy"]["recall"]) == (1.0, 0.0)
    assert found[CLEAN, "eager"]["iou"] is None
    assert CLEAN in gathered.sheets()


def test_a_backend_that_gives_another_size_is_named(sources: list[Source], installed) -> None:
    installed(
        cutter=Cutter(),
        masker=Masker(lambda pixels: np.zeros(pixels.shape[1::-1], np.float32)),
        enlarger=Enlarger(2, Card("enlarger", "1", "MIT", scale=4)),
    )
    for name, kind in (("cutter", Filling), ("masker", Strokes), ("enlarger", Enlarging)):
        part = kind(sources, 1)
        with pytest.raises(BackendError, match=name):
            part.measure(part.scenes[0])


def test_a_backend_that_cannot_be_loaded_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> object:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr("packshot.quality.installed.load_backend", fail)
    with pytest.raises(BackendError, match="cannot be loaded"):
        Installed(Filler, lambda filler: filler)


def test_backends_are_sorted_by_what_they_can_do_and_warmed_once_a_thread() -> None:
    warmed = []
    fillers = Installed(Filler, warmed.append)
    assert set(fillers.ready()) >= {"navier-stokes", "patchmatch", "fsr"}
    assert fillers.ready() is fillers.ready()
    assert len(warmed) == len(fillers.backends)
    assert {"lanczos-x2", "lanczos-x4"} <= set(Installed(Upscaler, warmed.append).backends)
    assert "stroke-net" in Installed(StrokeMasker, warmed.append).backends
