"""Training samples without end: photos, scene negatives, simulated overlays, crops."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
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
from training.stroke_net.scenes import with_scene

FOLDERS = {"clothing": 0.35, "grocery": 0.35, "studio": 0.30}
"""Share of each folder of ``train/`` in the samples: the few studio photos look most like shop photos."""

KIND_WEIGHTS = dict.fromkeys(OverlayKind, 1.0) | {
    OverlayKind.WATERMARK: 3.0,
    OverlayKind.TILED_WATERMARK: 2.0,
    OverlayKind.LOW_CONTRAST: 1.5,
    OverlayKind.LOGO: 2.0,
}
"""How often each kind is stamped; see-through marks are the hardest, signs without letters missed most."""

MIXED = 72
"""Crops among which the next is drawn: the crops of one photo must not share a batch."""

COVERED = 0.06
"""From this opacity on a pixel counts as covered by an overlay."""

HELD_OUT = 20
"""One photo in this many, by a checksum of its name, is never trained on."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One training crop.

    Attributes:
        pixels: uint8 (P, P, 3).
        covered: bool (P, P), the target.
        change: uint8 (P, P), the largest change over the channels that the overlay makes to the pixel.
    """

    pixels: Pixels
    covered: NDArray[np.bool_]
    change: NDArray[np.uint8]


def photos(root: Path, *, held_out: bool) -> dict[str, list[Path]]:
    """The photos of each folder that are, or are not, held out for evaluation."""
    split = {}
    for folder in FOLDERS:
        paths = sorted((root / folder).glob("*.jpg"))
        split[folder] = [p for p in paths if (zlib.crc32(p.name.encode()) % HELD_OUT == 0) == held_out]
    return split


@lru_cache(maxsize=400)
def read(path: Path) -> Pixels:
    """A photo as RGB uint8; the last few hundred stay in memory."""
    return cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)


class Overlays(IterableDataset[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]):
    """Endless crops with overlays, a quarter without; each worker its own stream.

    Args:
        root: the folder with the photos of ``FOLDERS``.
        side: height and width of a crop.
        seed: with ``start`` decides the stream.
        start: the step that training resumes from, so that a resumed run sees new samples.
    """

    def __init__(self, root: Path, side: int, seed: int, start: int) -> None:
        self.split = photos(root, held_out=False)
        self.side, self.seed, self.start = side, seed, start

    def __iter__(self) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
        """Photo uint8 (3, P, P), covered bool (1, P, P), change uint8 (1, P, P)."""
        cv2.setNumThreads(1)
        worker = get_worker_info()
        rng = np.random.Generator(np.random.PCG64([self.seed, self.start, worker.id if worker else 0]))
        waiting: list[Sample] = []
        while True:
            waiting.extend(crops(self.split, self.side, rng))
            while len(waiting) > MIXED:
                sample = waiting.pop(int(rng.integers(len(waiting))))
                photo = torch.from_numpy(np.ascontiguousarray(sample.pixels.transpose(2, 0, 1)))
                yield photo, torch.from_numpy(sample.covered)[None], torch.from_numpy(sample.change)[None]


def crops(split: dict[str, list[Path]], side: int, rng: Generator) -> Iterator[Sample]:
    """Six crops of one stamped photo: drawing costs more than cropping.

    Most photos are reduced after they were stamped, as shops do, with and without overlay alike. Otherwise a
    network finds overlays by the compression that the photo under them has and they have not, and sees
    nothing on real ones.
    """
    folder = str(rng.choice(list(FOLDERS), p=list(FOLDERS.values())))
    factor = float(np.exp(rng.uniform(np.log(0.4), np.log(0.95)))) if rng.random() < 0.8 else 1.0
    clean = varied(read(pick(rng, split[folder])), math.ceil(side / factor), rng)
    if rng.random() < 0.15:
        clean = composed(clean, rng)
    if rng.random() < 0.28:
        clean = with_scene(clean, rng)
    pixels, alpha = clean, np.zeros(clean.shape[:2], np.float32)
    if rng.random() < 0.76:
        pixels, alpha = overlaid(clean, rng)
    if factor < 1:
        way = pick(rng, (cv2.INTER_AREA, cv2.INTER_AREA, cv2.INTER_CUBIC, cv2.INTER_LINEAR))
        size = (math.ceil(clean.shape[1] * factor), math.ceil(clean.shape[0] * factor))
        pixels, clean = (cv2.resize(image, size, interpolation=way) for image in (pixels, clean))
        alpha = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
    change = cv2.absdiff(pixels, clean).max(2)
    if rng.random() < 0.75:
        pixels = through_jpeg(pixels, int(rng.integers(50, 97)))
    for _ in range(6):
        top, left = corner(alpha, side, rng)
        area = (slice(top, top + side), slice(left, left + side))
        yield Sample(pixels[area], alpha[area] > COVERED, np.ascontiguousarray(change[area]))


def varied(photo: Pixels, side: int, rng: Generator) -> Pixels:
    """The photo resized by 0.45 to 1.5 but to at least ``side``, half mirrored, some blurred or noisy."""
    height, width = photo.shape[:2]
    shorter = min(height, width)
    factor = max(
        side / shorter, float(np.exp(rng.uniform(np.log(0.45), np.log(1.5)))) * min(1.0, 620 / shorter)
    )
    size = (max(side, round(width * factor)), max(side, round(height * factor)))
    photo = cv2.resize(photo, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC)
    if rng.random() < 0.5:
        photo = np.ascontiguousarray(photo[:, ::-1])
    if rng.random() < 0.1:
        photo = cv2.GaussianBlur(photo, (0, 0), rng.uniform(0.5, 1.5))
    if rng.random() < 0.15:
        noise = rng.standard_normal(photo.shape, np.float32) * np.float32(rng.uniform(1, 8))
        photo = np.clip(photo + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.2:
        photo = np.clip(photo * rng.uniform(0.8, 1.15, 3).astype(np.float32), 0, 255).astype(np.uint8)
    return photo


def composed(photo: Pixels, rng: Generator) -> Pixels:
    """The photo with plain room on one or two sides, as layouts of shop pictures have: flat or graded."""
    height, width = photo.shape[:2]
    shares = rng.uniform(0.15, 0.5, 4) * (rng.random(4) < pick(rng, (0.25, 0.5)))
    top, bottom, left, right = (np.array([height, height, width, width]) * shares).astype(int)
    draw = rng.random()
    if draw < 0.3:
        room = np.full(
            (height + top + bottom, width + left + right, 3), pick(rng, (255, 255, 0, 245)), np.uint8
        )
    else:
        corners = rng.integers(0, 256, (1, 1, 3)) + rng.integers(-40, 41, (2, 2, 3)) * int(draw < 0.6)
        if draw > 0.85:
            corners = cv2.resize(photo, (6, 6), interpolation=cv2.INTER_AREA)
        size = (width + left + right, height + top + bottom)
        room = cv2.resize(np.clip(corners, 0, 255).astype(np.uint8), size, interpolation=cv2.INTER_CUBIC)
    room[top : top + height, left : left + width] = photo
    return room


def overlaid(clean: Pixels, rng: Generator) -> tuple[Pixels, NDArray[np.float32]]:
    """One to three overlays on a photo, and their joint opacity."""
    kinds, weights = list(KIND_WEIGHTS), np.array(list(KIND_WEIGHTS.values()))
    pixels, through = clean, np.ones(clean.shape[:2], np.float32)
    for _ in range(pick(rng, (1, 1, 1, 2, 2, 3))):
        overlay = draw(pixels, kinds[int(rng.choice(len(kinds), p=weights / weights.sum()))], rng)
        pixels = overlay.over(pixels)
        through = through * (1 - overlay.alpha)
    return pixels, 1 - through


def corner(alpha: NDArray[np.float32], side: int, rng: Generator) -> tuple[int, int]:
    """Top and left of a crop: four in five hold a pixel of the overlay, where there is one."""
    high, wide = alpha.shape[0] - side, alpha.shape[1] - side
    if rng.random() < 0.8:
        rows, columns = np.nonzero(alpha[::4, ::4] > COVERED)
        if len(rows):
            spot = int(rng.integers(len(rows)))
            top = rows[spot] * 4 - int(rng.integers(side))
            left = columns[spot] * 4 - int(rng.integers(side))
            return int(np.clip(top, 0, high)), int(np.clip(left, 0, wide))
    return int(rng.integers(high + 1)), int(rng.integers(wide + 1))
