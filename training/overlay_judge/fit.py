"""Fit the overlay judge: ``python training/overlay_judge/fit.py --photos ../shared/photos/train``.

Lines of text are collected from training photos, clean and stamped; a line is an overlay when the stamped
overlay covers it. Logistic regression is fitted with PyTorch and written as JSON, a weight by name.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image

from packshot.backend import StrokeMasker, TextDetector, TextReader, require
from packshot.inspection.overlay.judge import features, legible
from packshot.inspection.overlay.sight import look
from packshot.inspection.overlay.traits import measure
from packshot.inspection.view import View
from packshot.photo import Photo, Pixels
from packshot.simulate import OverlayKind, stamp
from packshot.simulate.stamp import through_jpeg

_SETS = {"grocery": 320, "clothing": 240, "studio": 100}
_CLEAN_SHARE = 0.4
_COVERED, _CLEAR = 0.12, 0.02  # share of a box that the overlay covers: between them the truth is not clear


def sources(root: Path, rng: Generator) -> Iterator[Pixels]:
    """Training photos at sizes that shops get."""
    for name, count in _SETS.items():
        paths = sorted((root / name).iterdir())
        for index in rng.permutation(len(paths))[:count]:
            image = Image.open(paths[index]).convert("RGB")
            side = int(rng.choice([500, 500, 600, 800, 1000]))
            image.thumbnail((side, side), Image.Resampling.LANCZOS)
            yield np.asarray(image)


def examples(root: Path, seed: int) -> tuple[list[dict[str, float]], NDArray[np.float32]]:
    """Features by name and truth (n,): 1 for overlay, 0 for printed."""
    rng = np.random.default_rng(seed)
    detector = require("ppocr-v6-small", TextDetector)  # type: ignore[type-abstract]
    reader = require("ppocr-v6-small-reader", TextReader)  # type: ignore[type-abstract]
    masker = require("stroke-net", StrokeMasker)  # type: ignore[type-abstract]
    rows, truth = [], []
    kinds = list(OverlayKind)
    for number, source in enumerate(sources(root, rng)):
        quality = int(rng.integers(70, 96))
        if rng.random() < _CLEAN_SHARE:
            pixels, alpha = through_jpeg(source, quality), np.zeros(source.shape[:2], np.float32)
        else:
            stamped = stamp(source, kinds[int(rng.integers(len(kinds)))], number, jpeg=quality)
            pixels, alpha = stamped.pixels, stamped.alpha
        view = View(Photo.from_array(pixels))
        boxes = detector.detect(pixels)
        strokes = look(masker, pixels).afar
        for box in boxes:
            inside = np.zeros(alpha.shape, np.uint8)
            cv2.fillPoly(inside, [np.round(box.corners).astype(np.int32)], 1)
            covered = float((alpha[inside > 0] > 0.1).mean()) if inside.any() else 0.0
            line = reader.read(pixels, box)
            if legible(line) and not _CLEAR <= covered <= _COVERED:
                rows.append(features(measure(view, box, strokes, boxes), line))
                truth.append(covered > _COVERED)
    return rows, np.array(truth, np.float32)


def fit(rows: Sequence[Mapping[str, float]], truth: NDArray[np.float32], seed: int) -> dict[str, float]:
    """Weights by name, with a bias, in the features' own units."""
    torch.manual_seed(seed)
    names = list(rows[0])
    values = np.array([[row[name] for name in names] for row in rows], np.float32)
    mean, spread = values.mean(0), values.std(0) + 0.05
    standard, wanted = torch.from_numpy((values - mean) / spread), torch.from_numpy(truth)
    layer = torch.nn.Linear(len(names), 1)
    optimiser = torch.optim.AdamW(layer.parameters(), 1e-2, weight_decay=5e-2)
    for _ in range(400):
        optimiser.zero_grad()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(layer(standard)[:, 0], wanted)
        loss.backward()
        optimiser.step()
    print(f"{len(truth)} lines, {truth.mean():.0%} overlays, loss {loss.item():.3f}")
    slopes = layer.weight.detach().numpy()[0] / spread
    bias = float(layer.bias.item() - slopes @ mean)
    return {"bias": round(bias, 4), **{n: round(float(w), 4) for n, w in zip(names, slopes, strict=True)}}


def main() -> None:
    """Fit and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--photos", type=Path, required=True, help="folder with grocery/, clothing/ and studio/"
    )
    parser.add_argument("--out", type=Path, default=Path("src/packshot/inspection/overlay/judge.json"))
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    numbers = fit(*examples(arguments.photos, arguments.seed), arguments.seed)
    arguments.out.write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
