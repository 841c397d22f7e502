"""Erasing overlays, judged against the truth.

``python benchmarks/removal.py --photos ../shared/photos`` stamps known overlays on clean product photos, runs
the product's own path (overlay inspector and ``erase_text``), and prints per kind: mean gain in dB over the
overlay's pixels, the share of photos made worse by more than 0.1 dB, found and erased, and the share in which
every far pixel is bit-identical. Clean photos go the same way and must come back bit-identical.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from rich.console import Console
from rich.table import Table

from packshot.edges.decode import open_photo
from packshot.photo import Photo, Pixels
from packshot.pipeline import Pipeline
from packshot.recipe import Recipe
from packshot.simulate import OverlayKind, stamp
from packshot.trail import Trail

KINDS = (
    OverlayKind.CAPTION, OverlayKind.PROMO, OverlayKind.BADGE, OverlayKind.BANNER, OverlayKind.DATE_STAMP,
    OverlayKind.VERTICAL, OverlayKind.WATERMARK, OverlayKind.TILED_WATERMARK, OverlayKind.LOW_CONTRAST,
    OverlayKind.CAPTCHA,
)  # fmt: skip
# Labelled clean in the manifest, but a camera's mark, a web address or an item number lies over each.
NOT_CLEAN = (
    "skirt_8d173264", "skirt_cec644db", "smartphones_1_3", "womens-dresses_45_1", "womens-shoes_49_1",
    "womens-shoes_49_2", "motorcycle_93_2", "img_062",
)  # fmt: skip
LONG_SIDE = 1000  # px: larger photos are reduced first, to keep the run short
FAR = 12  # px: farther from the overlay than this, every pixel must be bit-identical
VISIBLE = 0.02  # opacity from which a pixel counts as the overlay's
HARM = -0.1  # dB


@dataclass(frozen=True, slots=True)
class Case:
    """What became of one stamped photo."""

    kind: str
    name: str
    gain: float
    far_identical: bool
    found: bool
    changed: bool
    cpu_seconds: float


def clean_products(root: Path, count: int) -> list[Path]:
    """Product photos without overlay, evenly drawn from the whole set."""
    with (root / "dev" / "manifest.csv").open(encoding="utf-8") as lines:
        rows = [r for r in csv.DictReader(lines) if r["set"] == "products" and r["has_overlay_text"] == "no"]
    rows = [row for row in rows if not any(name in row["file"] for name in NOT_CLEAN)]
    step = max(1, len(rows) // count)
    return [root / "dev" / row["file"] for row in rows[::step][:count]]


def reduced(path: Path) -> Pixels:
    """A photo as decoded, laid over white, at most ``LONG_SIDE`` px."""
    image = Image.fromarray(open_photo(path).on_white())
    image.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS)
    return np.asarray(image)


def psnr(first: Pixels, second: Pixels, where: np.ndarray) -> float:
    """Peak signal-to-noise ratio over the pixels ``where`` (H, W), dB; 80 for identical ones."""
    error = float(((first[where].astype(np.float64) - second[where]) ** 2).mean())
    return 80.0 if error == 0 else min(80.0, 10 * np.log10(255**2 / error))


def judge(pipeline: Pipeline, path: Path, kind: OverlayKind, seed: int, keep: Path | None) -> Case:
    """Stamp, repair, compare."""
    stamped = stamp(reduced(path), kind, seed)
    cpu = time.thread_time()
    trail = run(pipeline, stamped.pixels, path.name)
    cpu = time.thread_time() - cpu
    assert trail.photo is not None
    result = trail.photo.pixels
    overlay = stamped.alpha > VISIBLE
    near = cv2.dilate(overlay.astype(np.uint8), np.ones((2 * FAR + 1, 2 * FAR + 1), np.uint8)) > 0
    gain = psnr(result, stamped.clean, overlay) - psnr(stamped.pixels, stamped.clean, overlay)
    if keep:
        strip = np.hstack([stamped.pixels, result, stamped.clean])
        Image.fromarray(strip).save(keep / f"{kind}-{seed:03}-{gain:+.1f}dB.jpg", quality=92)
    found = any(finding.code == "overlay_text" for finding in trail.findings_before)
    far_identical = bool((result[~near] == stamped.pixels[~near]).all())
    return Case(kind, path.name, gain, far_identical, found, bool((result != stamped.pixels).any()), cpu)


def run(pipeline: Pipeline, pixels: Pixels, name: str) -> Trail:
    """The pipeline on an array, with the right to alter stated."""
    photo = Photo.from_array(pixels, name)
    return pipeline.run(Photo(photo.pixels, None, photo.origin, attested_by="benchmark"))


def table(cases: Iterable[Case]) -> Table:
    """One row a kind and one for all."""
    rows = list(cases)
    shown = Table("kind", "photos", "gain dB", "harmed %", "found %", "erased %", "far same %", "CPU-s")
    for kind in (*KINDS, None):
        group = [case for case in rows if kind is None or case.kind == kind]
        gains = np.array([case.gain for case in group])
        shares = [
            gains < HARM,
            [case.found for case in group],
            [case.changed for case in group],
            [case.far_identical for case in group],
        ]
        figures = [f"{100 * np.mean(share):.1f}" for share in shares]
        cpu = f"{np.mean([case.cpu_seconds for case in group]):.2f}"
        shown.add_row(kind or "all", str(len(group)), f"{gains.mean():.2f}", *figures, cpu)
    return shown


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True, help="folder that holds dev/")
    parser.add_argument("--count", type=int, default=120, help="photos to stamp")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="folder for stamped, repaired and true photos side by side")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    if arguments.keep:
        arguments.keep.mkdir(parents=True, exist_ok=True)
    recipe = {"inspect": ["overlay_text"], "stages": ["erase_text"], "threshold": 0.0, "categories": {}}
    pipeline = Pipeline.from_recipe(Recipe.from_dict(recipe))
    paths = clean_products(arguments.photos, arguments.count)
    kinds = [KINDS[number % len(KINDS)] for number in range(len(paths))]
    with ThreadPoolExecutor(arguments.workers) as pool:
        jobs = zip(paths, kinds, range(len(paths)), strict=True)
        cases = list(pool.map(lambda job: judge(pipeline, *job, arguments.keep), jobs))
        trails = list(pool.map(lambda path: run(pipeline, reduced(path), path.name), paths))
    console = Console()
    console.print(table(cases))
    for title, wrong in (
        ("harmed", [case for case in cases if case.gain < HARM]),
        ("far pixels touched", [case for case in cases if not case.far_identical]),
    ):
        console.print(f"{title}: {', '.join(f'{case.kind} on {case.name}' for case in wrong) or 'none'}")
    touched = [path.name for path, trail in zip(paths, trails, strict=True) if trail.changed]
    flagged = sum(any(f.code == "overlay_text" for f in trail.findings_before) for trail in trails)
    share = 100 * (1 - len(touched) / len(paths))
    console.print(f"clean photos: {share:.1f} % bit-identical, {flagged} of {len(paths)} flagged {touched}")


if __name__ == "__main__":
    main()
