"""Finding the pixels of overlays, judged against the truth."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np

from packshot.backend import StrokeMasker
from packshot.errors import BackendError
from packshot.finding import Mask
from packshot.morphology import grown
from packshot.photo import Pixels
from packshot.quality.exhibits import Exhibit, Tile, window
from packshot.quality.figures import Column, Measurement
from packshot.quality.installed import SMALL, Installed
from packshot.quality.part import Outcome
from packshot.quality.sets import ALL, CLEAN, KINDS, Scene, Source, clean_scenes, stamped_scenes

MARKED = 0.5
"""A pixel counts as marked from this probability on."""

COVERED = 0.06
"""From this opacity on a pixel counts as covered; fainter edges are neither asked for nor wrong."""

ALARM = 5e-4
"""A clean photo of which a larger share is marked is a false alarm."""

_RIM = 2  # px beside a stroke that may be marked: where it ends is not known to the pixel
_GREEN, _RED, _BLUE = (40, 190, 90), (235, 60, 40), (60, 110, 255)
_SIDE = 400  # px of a tile


@dataclass(frozen=True, slots=True)
class Agreement:
    """A mask against the truth, each 0..1.

    Attributes:
        iou: marked and covered over marked or covered.
        precision: share of the marked pixels within 2 px of the overlay; None when nothing is marked.
        recall: share of the covered pixels that are marked.
    """

    iou: float
    precision: float | None
    recall: float


def agreement(marked: Mask, covered: Mask) -> Agreement:
    """Compare two masks (H, W); ``covered`` is not empty."""
    both = int((marked & covered).sum())
    right = int((marked & grown(covered, _RIM)).sum())
    return Agreement(
        iou=both / int((marked | covered).sum()),
        precision=right / int(marked.sum()) if marked.any() else None,
        recall=both / int(covered.sum()),
    )


def maskers() -> Installed[StrokeMasker]:
    """Every installed stroke masker."""
    return Installed(StrokeMasker, lambda masker: masker.strokes(SMALL))  # type: ignore[type-abstract]


class Strokes:
    """Every stroke masker from the photo alone, on overlaid and on clean photos."""

    name: ClassVar[str] = "strokes"
    title: ClassVar[str] = "Stroke masks from the photo alone; alarms: clean photos of which more is marked"
    caption: ClassVar[str] = (
        "Crops at 100 %, where most pixels are wrong. Green: overlay that is found, red: overlay that is "
        "missed, blue: marked without an overlay."
    )
    columns: ClassVar[tuple[Column, ...]] = (
        Column("iou", "IoU", 3),
        Column("precision", "precision", 3),
        Column("recall", "recall", 3),
        Column("alarms", "alarms %", percent=True),
        Column("marked", "marked %", 2, percent=True),
        Column("cpu_seconds_per_megapixel", "CPU-s/MP", 3),
    )
    sets: Sequence[str] = (*KINDS, ALL, CLEAN)

    def __init__(self, sources: Sequence[Source], count: int) -> None:
        clean = [Scene(count + scene.number, scene.source) for scene in clean_scenes(sources, count)]
        self.scenes: Sequence[Scene] = (*stamped_scenes(sources, count), *clean)
        self._maskers = maskers()

    def measure(self, scene: Scene) -> Outcome:
        """See :class:`packshot.quality.part.Part`."""
        sample = scene.sample()
        covered = sample.alpha > COVERED
        measurements, masks, labels, ranks = [], {}, {}, []
        for name, masker in self._maskers.ready().items():
            started = time.thread_time()
            probability = masker.strokes(sample.pixels)
            cpu = time.thread_time() - started
            if probability.shape != covered.shape:
                detail = f"gave a mask of shape {probability.shape} for a photo of {covered.shape}."
                raise BackendError(name=name, detail=detail)
            marked = probability > MARKED
            share = float(marked.mean())
            values: dict[str, float | None] = {
                "marked": share,
                "cpu_seconds_per_megapixel": cpu / (covered.size / 1e6),
            }
            if covered.any():
                close = agreement(marked, covered)
                values |= {"iou": close.iou, "precision": close.precision, "recall": close.recall}
                labels[name] = f"{name}: IoU {close.iou:.2f}, recall {close.recall:.2f}"
                ranks.append(close.iou)
            else:
                values["alarms"] = float(share > ALARM)
                labels[name] = f"{name}: {share:.2%} marked"
                ranks.append(-share)
            sets = (CLEAN,) if scene.kind is None else (scene.set, ALL)
            measurements.append(Measurement(sets, name, values))
            masks[name] = marked
        shown = covered.any() or any(m.mean() > ALARM for m in masks.values())
        exhibits = (
            (_exhibit(scene, sample.pixels, covered, masks=masks, labels=labels, rank=float(np.mean(ranks))),)
            if shown
            else ()
        )
        return Outcome(scene, tuple(measurements), exhibits)


def _exhibit(
    scene: Scene,
    pixels: Pixels,
    covered: Mask,
    *,
    masks: Mapping[str, Mask],
    labels: Mapping[str, str],
    rank: float,
) -> Exhibit:
    wrong = np.zeros(covered.shape, np.float32)
    for marked in masks.values():
        wrong += marked ^ covered
    area = window(wrong if wrong.any() else covered.astype(np.float32), _SIDE).slices
    tiles = [Tile("input", pixels[area])]
    for name, marked in masks.items():
        tiles.append(Tile(labels[name], _painted(pixels[area], marked[area], covered[area])))
    if covered.any():
        tiles.append(Tile("truth", _painted(pixels[area], covered[area], covered[area])))
    return Exhibit(scene.set, scene.number, rank, scene.source.name, tuple(tiles))


def _painted(pixels: Pixels, marked: Mask, covered: Mask) -> Pixels:
    """The masks in colour over a pale grey picture of the photo."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    picture = np.repeat((128 + grey // 2)[..., None], 3, 2)
    picture[marked & covered] = _GREEN
    picture[~marked & covered] = _RED
    picture[marked & ~covered] = _BLUE
    return picture
