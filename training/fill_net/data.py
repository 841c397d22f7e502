"""Training samples without end: crops with a hole, what is seen in it, and the truth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch.utils.data import IterableDataset, get_worker_info

from packshot.photo import Pixels
from packshot.simulate import OverlayKind, draw
from packshot.simulate.stamp import through_jpeg
from packshot.simulate.words import pick
from training.fill_net.push_pull import push_pull
from training.stroke_net.data import FOLDERS, composed, corner, photos, read, varied

KIND_WEIGHTS = dict.fromkeys(OverlayKind, 1.0) | {
    OverlayKind.WATERMARK: 4.0,
    OverlayKind.TILED_WATERMARK: 3.0,
    OverlayKind.LOW_CONTRAST: 1.5,
}
"""How often each kind is stamped; what shines through see-through marks takes longest to learn."""

COVERED = 0.03
"""From this opacity on a pixel belongs to the hole."""

LARGEST = 0.6
"""Share of a crop that its hole may take."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One training crop: ``observed``, ``guess`` and ``truth`` uint8 (P, P, 3), ``hole`` bool (P, P)."""

    observed: Pixels
    guess: Pixels
    truth: Pixels
    hole: NDArray[np.bool_]


class Holes(IterableDataset[tuple[torch.Tensor, ...]]):
    """Endless samples as uint8 tensors: observed, guess, truth (3, P, P) and hole (1, P, P)."""

    def __init__(self, root: Path, side: int, seed: int, start: int) -> None:
        self.split = photos(root, held_out=False)
        self.side, self.seed, self.start = side, seed, start

    def __iter__(self) -> Iterator[tuple[torch.Tensor, ...]]:
        """Each worker its own stream; ``start`` gives a resumed run new samples."""
        cv2.setNumThreads(1)
        worker = get_worker_info()
        rng = np.random.Generator(np.random.PCG64([self.seed, self.start, worker.id if worker else 0]))
        while True:
            for sample in samples(self.split, self.side, rng):
                yield tensors(sample)


def tensors(sample: Sample) -> tuple[torch.Tensor, ...]:
    """Observed, guess, truth and hole of a sample, uint8."""
    planes = [sample.observed, sample.guess, sample.truth, sample.hole[..., None].astype(np.uint8)]
    return tuple(torch.from_numpy(np.ascontiguousarray(plane.transpose(2, 0, 1))) for plane in planes)


def samples(split: dict[str, list[Path]], side: int, rng: Generator) -> Iterator[Sample]:
    """Up to six crops of one photo."""
    folder = str(rng.choice(list(FOLDERS), p=list(FOLDERS.values())))
    clean = varied(read(pick(rng, split[folder])), side, rng)
    if rng.random() < 0.1:
        clean = composed(clean, rng)
    stamped, alpha = overlaid(clean, rng)
    if rng.random() < 0.45:
        quality = int(rng.integers(55, 97))
        stamped, clean = through_jpeg(stamped, quality), through_jpeg(clean, quality)
    reach = int(rng.integers(1, 5))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    whole = cv2.dilate((alpha > COVERED).astype(np.uint8), kernel) > 0
    for _ in range(6):
        top, left = corner(alpha, side, rng)
        area = (slice(top, top + side), slice(left, left + side))
        hole = whole[area]
        if 20 < hole.sum() < LARGEST * hole.size:
            observed = stamped[area]
            yield Sample(observed, push_pull(observed, hole), clean[area], hole)


def overlaid(clean: Pixels, rng: Generator) -> tuple[Pixels, NDArray[np.float32]]:
    """The photo with an overlay or, one time in four, with bars and blots of other colours; their opacity."""
    if rng.random() < 0.25:
        return blotted(clean, rng)
    kinds, weights = list(KIND_WEIGHTS), np.array(list(KIND_WEIGHTS.values()))
    overlay = draw(clean, kinds[int(rng.choice(len(kinds), p=weights / weights.sum()))], rng)
    return overlay.over(clean), overlay.alpha


def blotted(clean: Pixels, rng: Generator) -> tuple[Pixels, NDArray[np.float32]]:
    """Opaque strokes of 3 to 40 px and boxes up to 15 % of the side, in flat or foreign colours."""
    height, width = clean.shape[:2]
    alpha = np.zeros((height, width), np.uint8)
    for _ in range(int(rng.integers(2, 9))):
        start = (int(rng.integers(width)), int(rng.integers(height)))
        if rng.random() < 0.7:
            reach = int(min(height, width) * rng.uniform(0.05, 0.4))
            points = np.cumsum([start, *rng.integers(-reach, reach + 1, (int(rng.integers(1, 4)), 2))], 0)
            cv2.polylines(
                alpha, [points.astype(np.int32)], False, 1, int(np.exp(rng.uniform(np.log(3), np.log(40))))
            )
        else:
            size = (min(height, width) * rng.uniform(0.03, 0.15, 2)).astype(int)
            cv2.rectangle(alpha, start, (start[0] + int(size[0]), start[1] + int(size[1])), 1, -1)
    ink = np.broadcast_to(rng.integers(0, 256, 3), clean.shape) if rng.random() < 0.6 else clean[::-1, ::-1]
    covered = alpha > 0
    return np.where(covered[..., None], ink, clean).astype(np.uint8), covered.astype(np.float32)
