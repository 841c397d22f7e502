"""Filling holes whose place is known, judged against the truth.

``python benchmarks/filling.py --photos ../shared/photos`` stamps overlays on clean product photos, gives each
method the true pixels of the overlay grown by 2 px, and prints by kind of hole: PSNR in the hole, median
texture energy over the truth's (1 is right, less is blur), and CPU-seconds a hole. Holes of opaque overlays
are told apart by the width of their widest stroke; those of see-through overlays stand by themselves.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from removal import KINDS, clean_products, reduced
from rich.console import Console
from rich.table import Table

from packshot.backend import Filler, require
from packshot.fidelity.rehearsal import texture_energy
from packshot.finding import Box, Mask
from packshot.photo import Pixels
from packshot.simulate import OverlayKind, stamp

SEE_THROUGH = {OverlayKind.WATERMARK, OverlayKind.TILED_WATERMARK}
WIDTHS = (6, 16, 40)  # px: widest stroke of thin, medium and wide holes
TEXTURED = 60.0  # grey levels squared of Laplacian energy from which the truth is texture
LARGEST = 120_000  # px: larger holes are cut, to keep the slow methods within bounds


@dataclass(frozen=True, slots=True)
class Case:
    """A crop with a hole: what is seen, the truth, the hole, and what sort it is."""

    seen: Pixels
    truth: Pixels
    hole: Mask
    sort: str


def cases(root: Path, count: int) -> Iterator[Case]:
    """One hole a photo, kinds in turn."""
    for number, path in enumerate(clean_products(root, count)):
        kind = KINDS[number % len(KINDS)]
        stamped = stamp(reduced(path), kind, number)
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
        hole = cv2.dilate((stamped.alpha > 0.02).astype(np.uint8), kernel).astype(bool)
        bounds = Box.of_mask(hole).grown(40, hole.shape)
        if bounds.area > LARGEST:
            side = int(LARGEST**0.5)
            bounds = Box(
                bounds.x0, bounds.y0, min(bounds.x1, bounds.x0 + side), min(bounds.y1, bounds.y0 + side)
            )
        hole, truth = hole[bounds.slices], stamped.clean[bounds.slices]
        if hole.any() and not hole.all():
            widest = 2 * cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 3).max()
            label = next(
                (f"opaque, up to {limit} px" for limit in WIDTHS if widest <= limit), "opaque, wider"
            )
            texture = "texture" if texture_energy(truth, hole) > TEXTURED else "flat"
            sort = "see-through" if kind in SEE_THROUGH else f"{label}, {texture}"
            yield Case(stamped.pixels[bounds.slices].copy(), truth.copy(), hole, sort)


def methods() -> dict[str, Callable[[Pixels, Mask], Pixels]]:
    """Every filler by name."""
    return {name: require(name, Filler).fill for name in ("navier-stokes", "patchmatch", "fsr")}  # type: ignore[type-abstract]


def decibel(error: float) -> float:
    """PSNR of a mean squared error, at most 60 dB."""
    return float(10 * np.log10(255**2 / max(error, 0.065)))


def main() -> None:
    """Print the table and, if asked, keep contact sheets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True, help="folder that holds dev/")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--keep", type=Path, help="folder for sheets: seen, each method, truth")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    rows: dict[tuple[str, str], list[tuple[float, float, float]]] = {}
    for number, case in enumerate(cases(arguments.photos, arguments.count)):
        results = {"(the overlay)": (case.seen, 0.0)}
        for name, method in methods().items():
            started = time.thread_time()
            results[name] = (method(case.seen, case.hole), time.thread_time() - started)
        for name, (pixels, cpu) in results.items():
            error = float(((pixels[case.hole].astype(np.float32) - case.truth[case.hole]) ** 2).mean())
            texture = (texture_energy(pixels, case.hole) + 1) / (texture_energy(case.truth, case.hole) + 1)
            for sort in (case.sort, "all"):
                rows.setdefault((sort, name), []).append((decibel(error), texture, cpu))
        if arguments.keep:
            arguments.keep.mkdir(parents=True, exist_ok=True)
            strip = np.hstack([*(pixels for pixels, _ in results.values()), case.truth])
            Image.fromarray(strip).save(arguments.keep / f"{number:03}-{case.sort.replace(' ', '-')}.png")
    shown = Table("hole", "method", "holes", "PSNR dB", "texture", "CPU-s")
    for (sort, name), figures in sorted(rows.items()):
        psnr, _, cpu = np.mean(figures, 0)
        texture = np.median([figure[1] for figure in figures])
        shown.add_row(sort, name, str(len(figures)), f"{psnr:.2f}", f"{texture:.2f}", f"{cpu:.3f}")
    Console(width=110).print(shown)


if __name__ == "__main__":
    main()
