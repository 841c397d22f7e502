"""Overlays found on real photos, and false alarms.

``python benchmarks/detection.py --photos ../shared/photos`` runs the overlay inspector over all of dev as
labelled by eye in its manifest, shows every probability threshold, and names the photos that it gets wrong.
Some photos are labelled clean although a camera's mark, a web address or an item number lies over them
(``NOT_CLEAN``); figures are given as labelled and without those.
"""

from __future__ import annotations

import argparse
import csv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
from removal import NOT_CLEAN

from packshot.edges.decode import open_photo
from packshot.inspection import INSPECTORS, Setup, View
from packshot.inspection.overlay import judge

_THRESHOLDS = (0.3, 0.5, 0.7, 0.8, 0.85, 0.9, 0.92, 0.94, 0.96, 0.98)


def main() -> None:
    """Print recall and false alarms by threshold, then the mistakes at the shipped one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True, help="folder that holds dev/")
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    root = arguments.photos / "dev"
    with (root / "manifest.csv").open(encoding="utf-8") as lines:
        labels = {row["file"]: row["has_overlay_text"] for row in csv.DictReader(lines)}
    files = [file for file, label in labels.items() if label != "unknown"]
    kind = INSPECTORS["overlay_text"]
    # Every legible line becomes a finding with its probability; the thresholds are then applied below.
    shipped = judge.THRESHOLDS["normal"]
    judge.THRESHOLDS = {"normal": 0.0}
    inspector = kind(Setup((), kind.roles))

    def probability(file: str) -> float:
        findings = inspector.inspect(View(open_photo(root / file)))
        return max((finding.score for finding in findings if finding.code == "overlay_text"), default=0.0)

    with ThreadPoolExecutor(arguments.workers) as pool:
        scores = dict(zip(files, pool.map(probability, files), strict=True))
    overlays = np.array([scores[file] for file in files if labels[file] == "yes"])
    clean = np.array([scores[file] for file in files if labels[file] == "no"])
    really = [f for f in files if labels[f] == "no" and not any(name in f for name in NOT_CLEAN)]
    free = np.array([scores[file] for file in really])
    print(f"{len(overlays)} photos with overlay, {len(clean)} labelled without, {len(free)} of them really")
    for threshold in _THRESHOLDS:
        found, alarms, true_alarms = (float((part >= threshold).mean()) for part in (overlays, clean, free))
        mark = "  <- shipped" if threshold == shipped else ""
        print(f"{threshold:.2f} {found:6.1%} found, alarms {alarms:5.1%} ({true_alarms:5.1%}){mark}")
    above = np.mean(overlays[:, None] > free) + np.mean(overlays[:, None] == free) / 2
    print(f"area under the curve {above:.3f}")
    for label, title in (("no", "false alarms"), ("yes", "missed")):
        wrong = [f for f in files if labels[f] == label and (scores[f] >= shipped) == (label == "no")]
        print(f"{title}: {', '.join(Path(file).stem for file in wrong)}")


if __name__ == "__main__":
    main()
