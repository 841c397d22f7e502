"""Training samples without end: a small photo, clean or spoilt as merchants spoil it, and the large truth."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.random import Generator
from PIL import Image
from torch.utils.data import IterableDataset, get_worker_info

from packshot.photo import Pixels
from packshot.simulate import OverlayKind, draw
from packshot.simulate.stamp import through_jpeg
from packshot.simulate.words import pick
from training.stroke_net.data import photos, read

SHARES = {"studio": 0.45, "clothing": 0.35, "grocery": 0.2}
"""Share of each folder: studio photos are the only large ones."""

FINEST = {"studio": 0.9, "clothing": 0.75, "grocery": 0.75}
"""Truths are reduced by this factor or more, which averages their own JPEG blocks away."""

REDUCTIONS = (
    Image.Resampling.BICUBIC, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS, Image.Resampling.BOX,
    Image.Resampling.BILINEAR,
)  # fmt: skip


class Pairs(IterableDataset[tuple[torch.Tensor, ...]]):
    """Endless pairs: small uint8 (3, P, P), truth uint8 (3, s P, s P), degradation float32 (1, 1, 1)."""

    def __init__(self, root: Path, side: int, scale: int, seed: int, start: int) -> None:
        self.split = photos(root, held_out=False)
        self.side, self.scale, self.seed, self.start = side, scale, seed, start

    def __iter__(self) -> Iterator[tuple[torch.Tensor, ...]]:
        """Each worker its own stream; ``start`` gives a resumed run new samples."""
        cv2.setNumThreads(1)
        worker = get_worker_info()
        rng = np.random.Generator(np.random.PCG64([self.seed, self.start, worker.id if worker else 0]))
        while True:
            truth = a_truth(self.split, self.side * self.scale, rng)
            degraded = bool(rng.random() < 0.5)
            small = spoilt(truth, self.scale, rng) if degraded else reduced(truth, self.scale, rng)
            yield as_tensor(small), as_tensor(truth), torch.full((1, 1, 1), float(degraded))


def as_tensor(pixels: Pixels) -> torch.Tensor:
    """Uint8 (3, H, W)."""
    return torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)))


def a_truth(split: dict[str, list[Path]], side: int, rng: Generator) -> Pixels:
    """A crop with something on it; one in seven has a label's letters, drawn sharp."""
    for _ in range(6):
        folder = str(rng.choice(list(SHARES), p=list(SHARES.values())))
        crop = a_crop(read(pick(rng, split[folder])), FINEST[folder], side, rng)
        if cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY).std() > 10:
            break
    if rng.random() < 1 / 7:
        # Drawn twice as large and reduced with the crop, so that letters are as sharp as a photo's.
        large = cv2.resize(crop, (2 * side, 2 * side), interpolation=cv2.INTER_CUBIC)
        kind = pick(rng, (OverlayKind.CAPTION, OverlayKind.BADGE, OverlayKind.PROMO, OverlayKind.CALLOUT))
        crop = cv2.resize(draw(large, kind, rng).over(large), (side, side), interpolation=cv2.INTER_AREA)
    if rng.random() < 0.5:
        crop = crop[:, ::-1]
    return np.ascontiguousarray(crop.transpose(1, 0, 2) if rng.random() < 0.3 else crop)


def a_crop(photo: Pixels, finest: float, side: int, rng: Generator) -> Pixels:
    """A part of the photo, reduced by ``finest`` down to half of that, never below ``side`` pixels."""
    height, width = photo.shape[:2]
    factor = max(finest * float(rng.uniform(0.5, 1)), side / min(height, width))
    size = (max(side, round(width * factor)), max(side, round(height * factor)))
    photo = cv2.resize(photo, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC)
    top, left = (int(rng.integers(length - side + 1)) for length in photo.shape[:2])
    return photo[top : top + side, left : left + side]


def reduced(truth: Pixels, scale: int, rng: Generator) -> Pixels:
    """The clean small photo, by one of the reductions that software uses."""
    size = (truth.shape[1] // scale, truth.shape[0] // scale)
    return np.asarray(Image.fromarray(truth).resize(size, pick(rng, REDUCTIONS)))


def spoilt(truth: Pixels, scale: int, rng: Generator) -> Pixels:
    """Blurred, reduced, noisy, compressed, some enlarged again from a screen: each with a chance."""
    blurred = truth
    if rng.random() < 0.7:
        blurred = cv2.GaussianBlur(truth, (0, 0), float(rng.uniform(0.3, 0.5 * scale)))
    small = reduced(blurred, scale, rng)
    if rng.random() < 0.15:
        size = tuple(round(length * rng.uniform(0.6, 0.9)) for length in small.shape[1::-1])
        screen = through_jpeg(
            cv2.resize(small, size, interpolation=cv2.INTER_AREA), int(rng.integers(60, 95))
        )
        small = cv2.resize(screen, small.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    if rng.random() < 0.6:
        deviation = rng.uniform(0.5, 7)
        shape = small.shape if rng.random() < 0.6 else (*small.shape[:2], 1)
        small = np.clip(np.rint(small + rng.normal(0, deviation, shape)), 0, 255).astype(np.uint8)
    if rng.random() < 0.85:
        small = through_jpeg(small, int(rng.integers(35, 96)))
    return small
