"""Filling holes whose place is known, judged against the truth."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import cv2
import numpy as np

from packshot.backend import Filler
from packshot.fidelity.rehearsal import texture_energy
from packshot.finding import Box, Mask
from packshot.morphology import grown_round
from packshot.photo import Pixels
from packshot.quality.exhibits import Exhibit, Tile, squared_error, window
from packshot.quality.figures import Column, Measurement, decibels, mean_squared_error, median
from packshot.quality.installed import SMALL, Installed, sized
from packshot.quality.part import Outcome
from packshot.quality.sets import ALL, Sample, Scene, Source, stamped_scenes
from packshot.simulate import OverlayKind

SEE_THROUGH = "see-through"
"""Set of the holes under overlays that let the photo show through."""

OVERLAY = "(the overlay)"
"""What stands for a method where the overlay is left as it is."""

_SEE_THROUGH = frozenset({OverlayKind.WATERMARK, OverlayKind.TILED_WATERMARK})
_WIDTHS = (6, 16, 40)  # px: widest stroke of thin, medium and wide holes
_TEXTURED = 60.0  # grey levels squared of Laplacian energy from which the truth is texture
_LARGEST = 120_000  # px: larger crops are cut, to keep the slow methods within bounds
_RIM = 2  # px by which the hole is wider than the overlay
_SURROUNDINGS = 40  # px
_LEAST_ERROR = 0.065  # grey levels squared, 60 dB: less cannot be seen and must not rule the mean
_SIDE = 240  # px of a tile


def _width(widest: float) -> str:
    limit = next((limit for limit in _WIDTHS if widest <= limit), None)
    return "opaque, wider" if limit is None else f"opaque, up to {limit} px"


@dataclass(frozen=True, slots=True)
class Hole:
    """A crop with a hole.

    Attributes:
        seen: with the overlay, (h, w, 3).
        truth: without it.
        hole: what is to be filled, (h, w); neither empty nor everything.
        set: by the width of the widest stroke and by the texture of the truth, or see-through.
    """

    seen: Pixels = field(repr=False)
    truth: Pixels = field(repr=False)
    hole: Mask = field(repr=False)
    set: str


def hole_of(sample: Sample, kind: OverlayKind) -> Hole | None:
    """The hole under the overlay of ``sample``; None where it leaves nothing around it to go by."""
    hole = grown_round(sample.overlay, _RIM)
    bounds = Box.of_mask(hole).grown(_SURROUNDINGS, hole.shape)
    if bounds.area > _LARGEST:
        side = int(_LARGEST**0.5)
        x1, y1 = min(bounds.x1, bounds.x0 + side), min(bounds.y1, bounds.y0 + side)
        bounds = Box(bounds.x0, bounds.y0, x1, y1)
    hole, truth = hole[bounds.slices], sample.truth[bounds.slices]
    if not hole.any() or hole.all():
        return None
    widest = 2 * cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 3).max()
    texture = "texture" if texture_energy(truth, hole) > _TEXTURED else "flat"
    name = SEE_THROUGH if kind in _SEE_THROUGH else f"{_width(widest)}, {texture}"
    return Hole(sample.pixels[bounds.slices].copy(), truth.copy(), hole, name)


def closeness(hole: Hole, pixels: Pixels) -> tuple[float, float]:
    """PSNR in the hole, dB, and texture energy there over the truth's: 1 is right, less is blur."""
    error = mean_squared_error(pixels, hole.truth, hole.hole)
    texture = (texture_energy(pixels, hole.hole) + 1) / (texture_energy(hole.truth, hole.hole) + 1)
    return decibels(max(error, _LEAST_ERROR), np.inf), texture


def fillers() -> Installed[Filler]:
    """Every installed filler."""
    spot = np.zeros(SMALL.shape[:2], bool)
    spot[30:34, 30:34] = True
    return Installed(Filler, lambda filler: filler.fill(SMALL.copy(), spot))  # type: ignore[type-abstract]


class Filling:
    """Every filler on the true pixels of the overlays, grown by 2 px."""

    name: ClassVar[str] = "filling"
    title: ClassVar[str] = "Filling true holes, by widest stroke; texture: median of energy over the truth's"
    caption: ClassVar[str] = (
        "Crops at 100 %, where the results are farthest from the truth. tex: texture energy over the truth's."
    )
    columns: ClassVar[tuple[Column, ...]] = (
        Column("psnr_db", "PSNR dB", 2),
        Column("texture", "texture", 2, merge=median),
        Column("cpu_seconds", "CPU-s", 3),
    )
    sets: Sequence[str] = (
        *(
            f"{width}, {texture}"
            for width in map(_width, (*_WIDTHS, np.inf))
            for texture in ("flat", "texture")
        ),
        SEE_THROUGH,
        ALL,
    )

    def __init__(self, sources: Sequence[Source], count: int) -> None:
        self.scenes: Sequence[Scene] = stamped_scenes(sources, count)
        self._fillers = fillers()

    def measure(self, scene: Scene) -> Outcome:
        """See :class:`packshot.quality.part.Part`."""
        assert scene.kind is not None
        hole = hole_of(scene.sample(), scene.kind)
        if hole is None:
            return Outcome(scene, (), ())
        results, cost = {OVERLAY: hole.seen}, {OVERLAY: 0.0}
        for name, filler in self._fillers.ready().items():
            started = time.thread_time()
            results[name] = sized(name, filler.fill(hole.seen, hole.hole), hole.seen.shape)
            cost[name] = time.thread_time() - started
        close = {name: closeness(hole, pixels) for name, pixels in results.items()}
        measurements = tuple(
            Measurement(
                (hole.set, ALL), name, {"psnr_db": psnr, "texture": texture, "cpu_seconds": cost[name]}
            )
            for name, (psnr, texture) in close.items()
        )
        del results[OVERLAY], close[OVERLAY]
        area = window(squared_error(hole.truth, results.values()) * hole.hole, _SIDE).slices
        tiles = [Tile("input", hole.seen[area])]
        for name, (psnr, texture) in close.items():
            tiles.append(Tile(f"{name} {psnr:.1f} dB, tex {texture:.2f}", results[name][area]))
        tiles.append(Tile("truth", hole.truth[area]))
        rank = float(np.mean([psnr for psnr, _ in close.values()]))
        heading = f"{scene.source.name}: {scene.set.replace('_', ' ')}"
        return Outcome(scene, measurements, (Exhibit(hole.set, scene.number, rank, heading, tuple(tiles)),))
