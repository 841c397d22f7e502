"""The picture in the README: ``python tools/before_after.py demo docs/images/before-after.jpg``.

Puts the stamped photos of a ``packshot demo`` run above what became of them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from PIL import Image

_HEIGHT = 300
_NAMES = ("coffee-date_stamp", "chelsea-caption", "brick-badge")


def main(demo: Path, target: Path) -> None:
    """Compose and write."""
    lines = (demo / "trail.jsonl").read_text(encoding="utf-8").splitlines()
    outputs = {record["target"]: record["output"] for record in map(json.loads, lines)}
    columns = []
    for name in _NAMES:
        pair = [
            Image.open(path).convert("RGB")
            for path in (demo / "photos" / f"{name}.png", demo / outputs[name])
        ]
        width = round(pair[0].width * _HEIGHT / pair[0].height)
        columns.append([photo.resize((width, _HEIGHT), Image.Resampling.LANCZOS) for photo in pair])
    sheet = Image.new("RGB", (sum(top.width for top, _ in columns), 2 * _HEIGHT))
    x = 0
    for top, bottom in columns:
        sheet.paste(top, (x, 0))
        sheet.paste(bottom, (x, _HEIGHT))
        x += top.width
    target.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(target, quality=88)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
