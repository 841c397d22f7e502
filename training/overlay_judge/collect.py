"""Collect places for the overlay judge: what the product's own models find on stamped and printed photos.

python -m training.overlay_judge.collect --photos ../shared/photos/train --minutes 25 --out DIR [--seed N]

A place is an overlay where something that was stamped covers it, and printed where nothing does. Writes
``N-0000.npz``, ``N-0001.npz``, ... of ``SHARD`` places; run several seeds side by side, into one folder.
``--held-out`` collects from the photos that are never trained on.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from packshot.backend import StrokeMasker, TextDetector, TextReader, require
from packshot.inspection.overlay.judge import measured, shown
from packshot.inspection.overlay.places import find
from packshot.inspection.overlay.sight import look
from packshot.inspection.view import View
from packshot.photo import Photo, Pixels
from packshot.simulate import OverlayKind, draw
from packshot.simulate.stamp import through_jpeg
from packshot.simulate.words import pick
from training.overlay_judge.packages import packaged
from training.overlay_judge.prints import with_prints
from training.stroke_net.data import COVERED, composed, photos, read
from training.stroke_net.scenes import with_scene

SHARD = 2000
FOLDERS = {"clothing": 0.27, "grocery": 0.43, "studio": 0.30}
KINDS = tuple(OverlayKind)
_LONG_SIDES = (380, 1100)  # px
_LAID_OVER, _FREE = 0.1, 0.015  # share of a place that is covered: between them the truth is not clear
_CHANGED = 6  # levels: covered pixels that change less cannot be seen
_EACH = 10  # overlays, and as many prints, that one photo gives at most

Row = dict[str, NDArray[np.generic]]


def rows(split: dict[str, list[Path]], rng: Generator) -> Iterator[Row]:
    """Places without end."""
    detector = require("ppocr-v6-small", TextDetector)  # type: ignore[type-abstract]
    reader = require("ppocr-v6-small-reader", TextReader)  # type: ignore[type-abstract]
    masker = require("stroke-net", StrokeMasker)  # type: ignore[type-abstract]
    while True:
        pixels, kinds = sample(split, rng)
        view, sight = View(Photo.from_array(pixels)), look(masker, pixels)
        found = find(detector, reader, pixels, sight.afar)
        truths = [truth(kinds, place.box.corners) for place in found]
        chosen = []
        for laid_over in (True, False):
            alike = [index for index, (is_overlay, _) in enumerate(truths) if is_overlay is laid_over]
            chosen += list(rng.permutation(alike)[:_EACH].astype(int))
        if not chosen:
            continue
        places = shown(view, sight, found, measured(view, sight, found))
        for index in chosen:
            is_overlay, kind = truths[index]
            yield {
                "letters": places.letters[index],
                "around": places.around[index],
                "photo": places.photo[index],
                "traits": np.array([places.traits[name][index] for name in sorted(places.traits)]),
                "overlay": np.bool_(is_overlay),
                "kind": np.int8(kind),
                "sign": np.bool_(found[index].sign),
            }


def sample(split: dict[str, list[Path]], rng: Generator) -> tuple[Pixels, NDArray[np.int8]]:
    """A photo as a merchant may send it, and the number of the kind that covers each pixel, -1 for none.

    Most are reduced after they were stamped: see ``training/stroke_net/README.md``.
    """
    folder = str(rng.choice(list(FOLDERS), p=list(FOLDERS.values())))
    photo = read(pick(rng, split[folder]))
    least, most = np.log(_LONG_SIDES)
    factor = float(np.exp(rng.uniform(np.log(0.45), np.log(0.95)))) if rng.random() < 0.8 else 1.0
    side = min(float(np.exp(rng.uniform(least, most))), 1.15 * max(photo.shape[:2]))
    scale = side / factor / max(photo.shape[:2])
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    clean = np.asarray(cv2.resize(photo, None, fx=scale, fy=scale, interpolation=way), np.uint8)
    clean = _set_in_scene(clean, folder, rng)
    pixels, kinds = clean, np.full(clean.shape[:2], -1, np.int8)
    if rng.random() < 0.72:
        for _ in range(pick(rng, (1, 1, 2, 2, 3, 4))):
            number = int(rng.integers(len(KINDS)))
            overlay = draw(pixels, KINDS[number], rng)
            pixels = overlay.over(pixels)
            kinds[overlay.alpha > COVERED] = number
    if factor < 1:
        way = pick(rng, (cv2.INTER_AREA, cv2.INTER_AREA, cv2.INTER_CUBIC, cv2.INTER_LINEAR))
        size = (math.ceil(clean.shape[1] * factor), math.ceil(clean.shape[0] * factor))
        pixels, clean = (cv2.resize(image, size, interpolation=way) for image in (pixels, clean))
        kinds = cv2.resize(kinds, size, interpolation=cv2.INTER_NEAREST)
    kinds[cv2.absdiff(pixels, clean).max(2) <= _CHANGED] = -1
    return through_jpeg(pixels, int(rng.integers(55, 97))) if rng.random() < 0.85 else pixels, kinds


def _set_in_scene(photo: Pixels, folder: str, rng: Generator) -> Pixels:
    """The photo tinted, on a package, in a layout, with text in the scene or on the product."""
    if rng.random() < 0.12:
        photo = np.clip(photo * rng.uniform(0.8, 1.15, 3).astype(np.float32), 0, 255).astype(np.uint8)
    if rng.random() < 0.2:
        return packaged(photo, rng)
    if rng.random() < 0.15:
        photo = composed(photo, rng)
    if rng.random() < 0.3:
        photo = with_scene(photo, rng)
    return with_prints(photo, rng) if rng.random() < (0.7 if folder == "studio" else 0.35) else photo


def truth(kinds: NDArray[np.int8], corners: NDArray[np.float32]) -> tuple[bool | None, int]:
    """Whether a place was laid over the photo, None where that is not clear; and the kind, -1 for none."""
    canvas = np.zeros(kinds.shape, np.uint8)
    cv2.fillPoly(canvas, [np.round(corners).astype(np.int32)], 1)
    inside = kinds[canvas > 0]
    if not inside.size:
        return None, -1
    covered = inside[inside >= 0]
    share = covered.size / inside.size
    if share > _LAID_OVER:
        return True, int(np.bincount(covered).argmax())
    return (False, -1) if share < _FREE else (None, -1)


def main() -> None:
    """Collect for some minutes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--photos", type=Path, required=True, help="folder with clothing/, grocery/ and studio/"
    )
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--held-out", action="store_true", help="photos that are never trained on")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    options.out.mkdir(parents=True, exist_ok=True)
    end = time.monotonic() + 60 * options.minutes
    waiting: list[Row] = []
    shard = 0
    for row in rows(photos(options.photos, held_out=options.held_out), np.random.default_rng(options.seed)):
        waiting.append(row)
        over = time.monotonic() > end
        if len(waiting) == SHARD or over:
            columns = {name: np.stack([one[name] for one in waiting]) for name in waiting[0]}
            np.savez(options.out / f"{options.seed}-{shard:04}.npz", **columns)
            shard, waiting = shard + 1, []
            print(f"{shard} shards", flush=True)
        if over:
            break


if __name__ == "__main__":
    main()
