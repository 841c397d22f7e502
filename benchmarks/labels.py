"""Printed labels kept: ``python benchmarks/labels.py --photos ../shared/photos``.

Photos of dev with text that is printed on the product or its packaging, and without overlay, go through
``erase_text`` with the right to alter stated. Each must come back bit-identical.
"""

from __future__ import annotations

import argparse
import csv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
from removal import NOT_CLEAN, reduced, run

from packshot.pipeline import Pipeline
from packshot.recipe import Recipe

PRINTED = frozenset({"packaging", "print"})


def main() -> None:
    """Print the share that is kept and name the others."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True, help="folder that holds dev/")
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    root = arguments.photos / "dev"
    with (root / "manifest.csv").open(encoding="utf-8") as lines:
        rows = [
            r for r in csv.DictReader(lines) if r["has_overlay_text"] == "no" and r["text_kind"] in PRINTED
        ]
    paths = [root / row["file"] for row in rows if not any(name in row["file"] for name in NOT_CLEAN)]
    recipe = {"inspect": ["overlay_text"], "stages": ["erase_text"], "threshold": 0.0, "categories": {}}
    pipeline = Pipeline.from_recipe(Recipe.from_dict(recipe))
    with ThreadPoolExecutor(arguments.workers) as pool:
        trails = list(pool.map(lambda path: run(pipeline, reduced(path), path.name), paths))
    changed = [path.stem for path, trail in zip(paths, trails, strict=True) if trail.changed]
    kept = 1 - len(changed) / len(paths)
    print(f"{len(paths)} photos with printed text: {kept:.1%} bit-identical; changed: {', '.join(changed)}")


if __name__ == "__main__":
    main()
