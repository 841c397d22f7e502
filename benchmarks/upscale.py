"""How much of the truth enlargement brings back: ``python benchmarks/upscale.py --photos ../shared/photos``.

Truths are reduced by 2 and 4 (clean: antialiased bicubic, the field's habit, and area average; degraded:
Gaussian blur of sigma 1 in the truth, area average, noise of sigma 3 levels, JPEG 60; compressed: area
average and JPEG 85, no more), enlarged again, and compared:

- PSNR over RGB, in dB, and SSIM over RGB;
- halo: mean overshoot at the truth's strong edges beyond the levels that the truth has within ``scale``
  pixels, in per cent of the local contrast;
- CPU-seconds of one thread, inspection included.

"SPAN, waifu2x" and "upscale-net" are the upscale stage in its direct door with these backends, routed by
findings, with tiles and back-projection; the route is shown as the share of photos that were taken for
degraded.

``packshot bench quality`` measures every backend by itself on any photos (:mod:`packshot.quality.enlarging`).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from packshot.backend import Upscaler, require
from packshot.photo import Origin, Photo, Pixels
from packshot.quality.enlarging import closeness, treated, truth_of
from packshot.quality.reductions import REDUCTIONS, area
from packshot.quality.sets import evenly
from packshot.stages.upscale import Upscale

SUBSETS = {
    "set5": "dev/sr/set5",
    "set14": "dev/sr/set14",
    "urban100": "dev/sr/urban100",
    "products": "dev/products",
    "closeups": "dev/closeups",
}


def compressed(truth: Pixels, scale: int) -> Photo:
    """Reduced by area average and saved as JPEG 85, with no other damage."""
    small = area(truth, scale).pixels
    data = cv2.imencode(".jpg", small[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()
    pixels: Pixels = np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB))
    return Photo(pixels, None, Origin("compressed.jpg", "jpeg", data, "", lossless=False))


KINDS = {**REDUCTIONS, "compressed": compressed}


@dataclass(frozen=True)
class Score:
    """One method on one photo."""

    psnr: float
    ssim: float
    halo: float
    cpu: float
    chain: bool


def truths(folder: Path, limit: int) -> Iterator[Pixels]:
    """Evenly chosen photos of a folder, sides divisible by 8."""
    for file in evenly(sorted(folder.iterdir()), limit):
        yield truth_of(Image.open(file).convert("RGB"))


def interpolated(photo: Photo, scale: int) -> tuple[Pixels, str]:
    """Lanczos, and its name."""
    name = f"lanczos-x{scale}"
    return require(name, Upscaler).upscale(photo.pixels), name  # type: ignore[type-abstract]


OTHERS = {
    "upscaler_x4": "span-x4",
    "upscaler_x4_degraded": "waifu2x-span-x4",
    "upscaler_x2": "span-x2",
    "upscaler_x2_degraded": "waifu2x-x2",
}
OURS = {
    "upscaler_x4": "upscale-net-x4",
    "upscaler_x4_degraded": "upscale-net-x4-degraded",
    "upscaler_x2": "upscale-net-x2",
    "upscaler_x2_degraded": "upscale-net-x2-degraded",
}
METHODS = {
    "Lanczos": interpolated,
    "SPAN, waifu2x": partial(treated, roles={**Upscale.roles, **OTHERS}),
    "upscale-net": partial(treated, roles={**Upscale.roles, **OTHERS, **OURS}),
}


def score(truth: Pixels, photo: Photo, scale: int, method: Callable[..., tuple[Pixels, str]]) -> Score:
    """Enlarge and compare."""
    start = time.thread_time()
    result, backend = method(photo, scale)
    cpu = time.thread_time() - start
    close = closeness(result, truth, scale)
    chain = "waifu2x" in backend or "degraded" in backend
    return Score(close.psnr, close.ssim, close.halo or 0.0, cpu, chain)


def row(name: str, scores: list[Score]) -> str:
    """One line of the table."""
    mean = [
        np.mean([getattr(s, field) for s in scores]) for field in ("psnr", "ssim", "halo", "cpu", "chain")
    ]
    return f"| {name} | {mean[0]:.2f} | {mean[1]:.3f} | {mean[2]:.3f} | {mean[3]:.2f} | {mean[4]:.0%} |"


def main() -> None:
    """Print one table a scale and kind of input, subset by subset and over all photos."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=24, help="photos a subset")
    parser.add_argument("--scales", type=int, nargs="+", default=[4, 2])
    parser.add_argument("--kinds", choices=KINDS, nargs="+", default=list(KINDS), help="of reduction")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    for scale in arguments.scales:
        for kind in arguments.kinds:
            print(f"\nx{scale}, {kind}\n")
            print("| photos | PSNR | SSIM | halo % | CPU-s | chain |\n|---|---|---|---|---|---|")
            every: dict[str, list[Score]] = {name: [] for name in METHODS}
            for subset, folder in SUBSETS.items():
                inputs = [
                    (truth, KINDS[kind](truth, scale))
                    for truth in truths(arguments.photos / folder, arguments.limit)
                ]
                for name, method in METHODS.items():
                    scores = [score(truth, photo, scale, method) for truth, photo in inputs]
                    print(row(f"{subset} ({len(scores)}) {name}", scores), flush=True)
                    every[name] += scores
            for name, scores in every.items():
                print(row(f"**all ({len(scores)}) {name}**", scores), flush=True)


if __name__ == "__main__":
    main()
