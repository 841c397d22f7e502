"""Filling holes whose place is known, judged against the truth.

``python benchmarks/filling.py --photos ../shared/photos`` stamps overlays on clean product photos, gives each
installed method the true pixels of the overlay grown by 2 px, and prints by kind of hole: PSNR in the
hole, median texture energy over the truth's (1 is right, less is blur), and CPU-seconds a hole. Holes of
opaque overlays are told apart by the width of their widest stroke; those of see-through overlays stand by
themselves.

``packshot bench quality`` measures the same on any photos (:mod:`packshot.quality.filling`).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from removal import scenes
from rich.console import Console
from rich.table import Table

from packshot.quality.filling import OVERLAY, Hole, closeness, fillers, hole_of


def holes(root: Path, count: int) -> Iterator[tuple[int, Hole]]:
    """One hole a photo, numbered, kinds in turn."""
    found = 0
    for scene in scenes(root, count):
        assert scene.kind is not None
        hole = hole_of(scene.sample(), scene.kind)
        if hole is not None:
            yield found, hole
            found += 1


def main() -> None:
    """Print the table and, if asked, keep contact sheets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True, help="folder that holds dev/")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--keep", type=Path, help="folder for sheets: seen, each method, truth")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    methods = fillers()
    rows: dict[tuple[str, str], list[tuple[float, float, float]]] = {}
    for number, hole in holes(arguments.photos, arguments.count):
        results = {OVERLAY: (hole.seen, 0.0)}
        for name, method in methods.ready().items():
            started = time.thread_time()
            results[name] = (method.fill(hole.seen, hole.hole), time.thread_time() - started)
        for name, (pixels, cpu) in results.items():
            for sort in (hole.set, "all"):
                rows.setdefault((sort, name), []).append((*closeness(hole, pixels), cpu))
        if arguments.keep:
            arguments.keep.mkdir(parents=True, exist_ok=True)
            strip = np.hstack([*(pixels for pixels, _ in results.values()), hole.truth])
            Image.fromarray(strip).save(arguments.keep / f"{number:03}-{hole.set.replace(' ', '-')}.png")
    shown = Table("hole", "method", "holes", "PSNR dB", "texture", "CPU-s")
    for (sort, name), figures in sorted(rows.items()):
        psnr, _, cpu = np.mean(figures, 0)
        texture = np.median([figure[1] for figure in figures])
        shown.add_row(sort, name, str(len(figures)), f"{psnr:.2f}", f"{texture:.2f}", f"{cpu:.3f}")
    Console(width=110).print(shown)


if __name__ == "__main__":
    main()
