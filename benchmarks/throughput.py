"""Throughput, memory and the share of each stage.

``python benchmarks/throughput.py --photos ../shared/photos`` draws a batch from dev photos so that about 37 %
fail their checks, as shops see it: 25 % with real overlays, 12 % too small (reduced to 320 px, JPEG 70), the
rest as they are. ``packshot run`` does it in a process of its own, whose time and memory the system counts.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from PIL import Image

_SHARES = {"overlay": 0.25, "small": 0.12}
_SMALL_SIDE, _SMALL_QUALITY = 320, 70


def draw(root: Path, folder: Path, count: int) -> None:
    """Write the batch to ``folder``."""
    with (root / "dev" / "manifest.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    overlays = [r["file"] for r in rows if r["has_overlay_text"] == "yes"]
    clean = [r["file"] for r in rows if r["set"] == "products" and r["has_overlay_text"] == "no"]
    stamped, small = (round(count * share) for share in _SHARES.values())
    chosen = clean[:: len(clean) // (count - stamped)][: count - stamped]
    for file in [*overlays[:: max(1, len(overlays) // stamped)][:stamped], *chosen[small:]]:
        shutil.copy(root / "dev" / file, folder)
    for file in chosen[:small]:
        image = Image.open(root / "dev" / file).convert("RGB")
        image.thumbnail((_SMALL_SIDE, _SMALL_SIDE), Image.Resampling.LANCZOS)
        image.save(folder / f"small-{Path(file).stem}.jpg", quality=_SMALL_QUALITY)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True, help="folder that holds dev/")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        batch, out = Path(temporary, "batch"), Path(temporary, "out")
        batch.mkdir()
        draw(arguments.photos, batch, arguments.count)
        command = ["run", batch, "--out", out, "--json", "--attested-by", "benchmark"]
        started = time.perf_counter()
        run = subprocess.run(
            [sys.executable, "-m", "packshot", *command, "--workers", str(arguments.workers)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        seconds = time.perf_counter() - started
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        trails = [json.loads(line) for line in (out / "trail.jsonl").read_text(encoding="utf-8").splitlines()]
    photos = json.loads(run.stdout)["photos"]
    failing = sum(any(f["severity"] == "error" for f in photo["findings_before"]) for photo in photos)
    print(f"{len(photos)} photos, {failing / len(photos):.0%} failing, {arguments.workers} workers")
    print(f"verdicts {dict(Counter(photo['verdict'] for photo in photos))}")
    cpu = usage.ru_utime + usage.ru_stime
    print(f"{seconds:.1f} s wall, {cpu:.1f} s CPU: {len(photos) / seconds * 3600:,.0f} images an hour,")
    print(f"{cpu / len(photos):.2f} CPU-s an image; peak memory {usage.ru_maxrss / 1024:,.0f} MiB")
    stages: Counter[str] = Counter()
    for trail in trails:
        stages.update({step["stage"]: step["cpu_seconds"] for step in trail["steps"]})
    for stage, spent in stages.most_common():
        print(f"  {stage:14} {spent / len(photos):6.3f} CPU-s an image {spent / cpu:6.1%}")


if __name__ == "__main__":
    main()
