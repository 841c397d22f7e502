"""Erasing overlays by the whole pipeline, judged against the truth."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from packshot.finding import Mask
from packshot.morphology import grown
from packshot.photo import Photo, Pixels
from packshot.pipeline import Pipeline
from packshot.quality.exhibits import Exhibit, Tile, squared_error, window
from packshot.quality.figures import Column, Measurement, decibels, mean_squared_error
from packshot.quality.part import Outcome
from packshot.quality.sets import ALL, CLEAN, KINDS, Sample, Scene, Source, clean_scenes, stamped_scenes
from packshot.recipe import Recipe
from packshot.trail import Trail

FAR = 12
"""Farther from the overlay than this, px, every pixel must be bit-identical."""

HARM = -0.1
"""A gain below this counts as harm, dB."""

RECIPE = {"inspect": ["overlay_text"], "stages": ["erase_text"], "threshold": 0.0, "categories": {}}
"""What is measured: nothing but finding and erasing overlaid text."""

_CEILING = 80.0  # dB
_SIDE = 400  # px of a tile


@dataclass(frozen=True, slots=True)
class Repair:
    """What became of one photo.

    Attributes:
        before, after: PSNR over the overlay's pixels, dB; None for a photo without overlay.
        far_identical: whether every pixel farther than ``FAR`` from the overlay is as it came.
        found: whether an overlay was found.
        changed: whether any pixel was changed.
        cpu_seconds: of the whole pipeline.
    """

    before: float | None
    after: float | None
    far_identical: bool
    found: bool
    changed: bool
    cpu_seconds: float

    @property
    def gain(self) -> float | None:
        """How much nearer to the truth the overlay's pixels came, dB."""
        return None if self.before is None or self.after is None else self.after - self.before


def pipeline() -> Pipeline:
    """The pipeline that is measured."""
    return Pipeline.from_recipe(Recipe.from_dict(RECIPE))


def run(erasing: Pipeline, pixels: Pixels, name: str) -> Trail:
    """The pipeline on an array, with the right to alter stated."""
    photo = Photo.from_array(pixels, name)
    return erasing.run(Photo(photo.pixels, None, photo.origin, attested_by="benchmark"))


def repaired(erasing: Pipeline, sample: Sample, name: str) -> tuple[Repair, Pixels]:
    """Erase the overlay of ``sample`` and compare; the result is given too."""
    started = time.thread_time()
    trail = run(erasing, sample.pixels, name)
    cpu = time.thread_time() - started
    assert trail.photo is not None
    result, overlay = trail.photo.pixels, sample.overlay
    far = ~grown(overlay, FAR)
    repair = Repair(
        before=_psnr(sample.pixels, sample.truth, overlay),
        after=_psnr(result, sample.truth, overlay),
        far_identical=bool((result[far] == sample.pixels[far]).all()),
        found=any(finding.code == "overlay_text" for finding in trail.findings_before),
        changed=bool((result != sample.pixels).any()),
        cpu_seconds=cpu,
    )
    return repair, result


class Removal:
    """The whole way of an overlaid photo, and of clean ones, which must come back as they were."""

    name: ClassVar[str] = "removal"
    title: ClassVar[str] = "Removal, whole pipeline: gain over the overlay's pixels; clean photos below"
    caption: ClassVar[str] = "Crops at 100 %, where the result is farthest from the truth."
    columns: ClassVar[tuple[Column, ...]] = (
        Column("gain_db", "gain dB", 2),
        Column("harmed", "harmed %", percent=True),
        Column("found", "found %", percent=True),
        Column("changed", "changed %", percent=True),
        Column("far_identical", "far same %", percent=True),
        Column("cpu_seconds", "CPU-s", 2),
    )
    sets: Sequence[str] = (*KINDS, ALL, CLEAN)

    def __init__(self, sources: Sequence[Source], count: int) -> None:
        stamped = stamped_scenes(sources, count)
        clean = [Scene(count + scene.number, scene.source) for scene in clean_scenes(sources, count)]
        self.scenes: Sequence[Scene] = (*stamped, *clean)
        self._pipeline = pipeline()

    def measure(self, scene: Scene) -> Outcome:
        """See :class:`packshot.quality.part.Part`."""
        sample = scene.sample()
        repair, result = repaired(self._pipeline, sample, scene.source.name)
        gain = repair.gain
        values = {
            "gain_db": gain,
            "harmed": None if gain is None else float(gain < HARM),
            "found": float(repair.found),
            "changed": float(repair.changed),
            "far_identical": float(repair.far_identical),
            "cpu_seconds": repair.cpu_seconds,
        }
        sets = (CLEAN,) if scene.kind is None else (scene.set, ALL)
        shown = scene.kind is not None or repair.changed
        exhibits = (_exhibit(scene, sample, repair, result),) if shown else ()
        return Outcome(scene, (Measurement(sets, "pipeline", values),), exhibits)


def _psnr(pixels: Pixels, truth: Pixels, where: Mask) -> float | None:
    return decibels(mean_squared_error(pixels, truth, where), _CEILING) if where.any() else None


def _exhibit(scene: Scene, sample: Sample, repair: Repair, result: Pixels) -> Exhibit:
    error = squared_error(sample.truth, [result])
    if not error.any():
        error = squared_error(sample.truth, [sample.pixels])
    area = window(error, _SIDE).slices
    tiles = [
        Tile(_labelled("input", repair.before), sample.pixels[area]),
        Tile(_labelled("result", repair.after), result[area]),
        Tile("truth", sample.truth[area]),
    ]
    what = "erased" if repair.changed else "found, left" if repair.found else "not found"
    far = "" if repair.far_identical else ", far pixels touched"
    if repair.gain is None:
        rank, heading = -float(np.count_nonzero(error)), f"{scene.source.name}: changed without an overlay"
    else:
        rank, heading = repair.gain, f"{scene.source.name}: {what}, {repair.gain:+.1f} dB{far}"
    return Exhibit(scene.set, scene.number, rank, heading, tuple(tiles))


def _labelled(what: str, level: float | None) -> str:
    return what if level is None else f"{what}, {level:.1f} dB"
