"""How much of the truth enlargement brings back."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import cv2
import numpy as np
from PIL import Image

from packshot.backend import Upscaler
from packshot.fidelity.halo import overshoot_percent
from packshot.finding import Finding
from packshot.inspection import INSPECTORS, Setup, View
from packshot.photo import Photo, Pixels
from packshot.quality.exhibits import Exhibit, Tile, squared_error, window
from packshot.quality.figures import Column, Measurement
from packshot.quality.installed import SMALL, Installed, sized
from packshot.quality.part import Outcome
from packshot.quality.reductions import REDUCTIONS
from packshot.quality.sets import Scene, Source, clean_scenes
from packshot.stages.upscale import STEERED_BY, Upscale, UpscaleOptions

LONG_SIDE = 800
"""Larger truths are reduced to it first, px, which also averages their own JPEG blocks away."""

RECIPE = "(recipe)"
"""What stands for a backend where the upscale stage chooses one itself, by what it finds on the photo."""

_DIVISOR = 8  # of the sides of a truth: what is left after reducing has whole numbers of pixels
_STAGE_SCALES = (2, 4)
_CEILING = 80.0  # dB, for a plain picture that comes back as it was
_SIDE = 300  # px of a tile

Enlarge = Callable[[Photo], Pixels]


@dataclass(frozen=True, slots=True)
class Closeness:
    """How near an enlargement is to the truth.

    Attributes:
        psnr: over RGB, dB.
        ssim: over RGB, mean of the channels.
        halo: mean overshoot at the truth's strong edges beyond the levels that it has within ``scale``
            pixels, in per cent of the local contrast; None where it has no strong edge.
    """

    psnr: float
    ssim: float
    halo: float | None


def truth_of(image: Image.Image, divisor: int = _DIVISOR) -> Pixels:
    """An RGB image, at most ``LONG_SIDE`` px, cut to sides that ``divisor`` divides."""
    image.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS)
    height, width = (side // divisor * divisor for side in (image.height, image.width))
    return np.array(image)[:height, :width]


def treated(photo: Photo, scale: int, roles: Mapping[str, str]) -> tuple[Pixels, str]:
    """The upscale stage's result with the backends of ``roles``, and the name of the one that it chose."""
    result = Upscale(UpscaleOptions.model_validate({"scale": scale}), roles).treat(photo, _findings(photo))
    return result.photo.pixels, str(result.findings[0].evidence["backend"])


def closeness(result: Pixels, truth: Pixels, scale: int) -> Closeness:
    """Compare two pictures of the same size."""
    by_channel = cv2.quality.QualitySSIM_compute(truth, result)[0][:3]  # type: ignore[attr-defined]
    ssim = float(np.mean(by_channel))
    return Closeness(min(_CEILING, cv2.PSNR(truth, result)), ssim, overshoot_percent(result, truth, scale))


def upscalers() -> Installed[Upscaler]:
    """Every installed upscaler."""
    return Installed(Upscaler, lambda upscaler: upscaler.upscale(SMALL))  # type: ignore[type-abstract]


class Enlarging:
    """Every upscaler, and the upscale stage with the recipe's, on photos reduced in three ways."""

    name: ClassVar[str] = "upscaling"
    title: ClassVar[str] = "Upscaling photos that were reduced; (recipe): the stage with its own choice"
    caption: ClassVar[str] = (
        "Crops at 100 % of the truth, where the results are farthest from it; the input with its pixels "
        "repeated."
    )
    columns: ClassVar[tuple[Column, ...]] = (
        Column("psnr_db", "PSNR dB", 2),
        Column("ssim", "SSIM", 3),
        Column("halo_percent", "halo %", 3),
        Column("cpu_seconds", "CPU-s", 3),
    )

    def __init__(self, sources: Sequence[Source], count: int) -> None:
        self.scenes: Sequence[Scene] = clean_scenes(sources, count)
        self._upscalers = upscalers()
        self._scales = sorted({upscaler.card.scale for upscaler in self._upscalers.backends.values()})
        self.sets: Sequence[str] = [_set(scale, how) for scale in self._scales for how in REDUCTIONS]

    def measure(self, scene: Scene) -> Outcome:
        """See :class:`packshot.quality.part.Part`."""
        truth = truth_of(Image.fromarray(scene.sample().truth), math.lcm(_DIVISOR, *self._scales))
        measurements, exhibits = [], []
        for scale in self._scales:
            for how, reduce in REDUCTIONS.items():
                photo = reduce(truth, scale)
                results: dict[str, Pixels] = {}
                levels = []
                for name, enlarge in self._methods(scale):
                    started = time.thread_time()
                    results[name] = sized(name, enlarge(photo), truth.shape)
                    cpu = time.thread_time() - started
                    close = closeness(results[name], truth, scale)
                    levels.append(close.psnr)
                    values = {
                        "psnr_db": close.psnr,
                        "ssim": close.ssim,
                        "halo_percent": close.halo,
                        "cpu_seconds": cpu,
                    }
                    measurements.append(Measurement((_set(scale, how),), name, values))
                exhibits.append(
                    _exhibit(
                        scene, _set(scale, how), photo=photo, results=results, levels=levels, truth=truth
                    )
                )
        return Outcome(scene, tuple(measurements), tuple(exhibits))

    def _methods(self, scale: int) -> Iterator[tuple[str, Enlarge]]:
        for name, upscaler in self._upscalers.ready().items():
            if upscaler.card.scale == scale:
                yield name, partial(_alone, upscaler)
        if scale in _STAGE_SCALES:
            yield RECIPE, lambda photo: treated(photo, scale, Upscale.roles)[0]


def _alone(upscaler: Upscaler, photo: Photo) -> Pixels:
    return upscaler.upscale(photo.pixels)


def _set(scale: int, how: str) -> str:
    return f"x{scale} {how}"


def _findings(photo: Photo) -> list[Finding]:
    """What the inspectors that steer the stage see."""
    view, setup = View(photo), Setup(rules=())
    watched = [kind for kind in INSPECTORS.values() if kind.codes & STEERED_BY]
    return [finding for kind in watched for finding in kind(setup).inspect(view)]


def _exhibit(
    scene: Scene,
    name: str,
    *,
    photo: Photo,
    results: Mapping[str, Pixels],
    levels: Sequence[float],
    truth: Pixels,
) -> Exhibit:
    scale = truth.shape[0] // photo.height
    place = window(squared_error(truth, results.values()), _SIDE).slices
    repeated = photo.pixels.repeat(scale, 0).repeat(scale, 1)
    tiles = [Tile("input", repeated[place])]
    for (backend, pixels), level in zip(results.items(), levels, strict=True):
        tiles.append(Tile(f"{backend} {level:.1f} dB", pixels[place]))
    tiles.append(Tile("truth", truth[place]))
    return Exhibit(name, scene.number, max(levels), scene.source.name, tuple(tiles))
