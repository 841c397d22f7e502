"""Erasing overlays, judged against the truth.

``python benchmarks/removal.py --photos ../shared/photos`` stamps known overlays on clean product photos, runs
the product's own path (overlay inspector and ``erase_text``), and prints per kind: mean gain in dB over the
overlay's pixels, the share of photos made worse by more than 0.1 dB, found and erased, and the share in which
every far pixel is bit-identical. Clean photos go the same way and must come back bit-identical.

``packshot bench quality`` measures the same on any photos (:mod:`packshot.quality.removal`).
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from rich.console import Console
from rich.table import Table

from packshot.pipeline import Pipeline
from packshot.quality.removal import HARM, pipeline, repaired, run
from packshot.quality.sets import KINDS, Scene, Source, evenly, reduced, stamped_scenes

# Labelled clean in the manifest, but a camera's mark, a web address or an item number lies over each.
NOT_CLEAN = (
    "skirt_8d173264", "skirt_cec644db", "smartphones_1_3", "womens-dresses_45_1", "womens-shoes_49_1",
    "womens-shoes_49_2", "womens-shoes_48_1", "motorcycle_93_2", "img_062",
)  # fmt: skip


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
    return [root / "dev" / row["file"] for row in evenly(rows, count)]


def scenes(root: Path, count: int) -> list[Scene]:
    """Every one of these photos once, with one overlay; kinds in turn."""
    sources = [Source(path, path.name) for path in clean_products(root, count)]
    return stamped_scenes(sources, len(sources))


def judge(erasing: Pipeline, scene: Scene, keep: Path | None) -> Case:
    """Stamp, repair, compare."""
    sample = scene.sample()
    repair, result = repaired(erasing, sample, scene.source.name)
    assert repair.gain is not None
    if keep:
        strip = np.hstack([sample.pixels, result, sample.truth])
        name = f"{scene.set}-{scene.number:03}-{repair.gain:+.1f}dB.jpg"
        Image.fromarray(strip).save(keep / name, quality=92)
    return Case(
        kind=scene.set,
        name=scene.source.name,
        gain=repair.gain,
        far_identical=repair.far_identical,
        found=repair.found,
        changed=repair.changed,
        cpu_seconds=repair.cpu_seconds,
    )


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
    erasing = pipeline()
    drawn = scenes(arguments.photos, arguments.count)
    paths = [scene.source.path for scene in drawn]
    with ThreadPoolExecutor(arguments.workers) as pool:
        cases = list(pool.map(lambda scene: judge(erasing, scene, arguments.keep), drawn))
        trails = list(pool.map(lambda path: run(erasing, reduced(path), path.name), paths))
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
