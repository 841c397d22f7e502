"""Batches for the overlay judge: the collected places in random order, varied."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch.utils.data import IterableDataset

from packshot.backend import Line
from packshot.inspection.overlay.judge import features
from packshot.inspection.overlay.traits import Traits

CROPS = ("letters", "around", "photo")
_SHIFTS = {"letters": 10, "around": 4, "photo": 0}  # px
_HIDDEN = {"letters": 0.1, "around": 0.1, "photo": 0.25}  # how often a crop is not shown
_BLIND = 0.12  # how often the stroke network saw nothing

Sample = tuple[torch.Tensor, ...]
"""Three crops uint8 (side, side, 5), traits float32 (T,), overlay float32, kind int64 or -100."""


def collected(folder: Path, names: Sequence[str] = ()) -> dict[str, NDArray[np.generic]]:
    """All places of a folder, by column; some columns only where their ``names`` are given."""
    shards = sorted(folder.glob("*.npz"))
    if not shards:
        raise SystemExit(f"{folder} has no places; run training.overlay_judge.collect first")
    columns = names or np.load(shards[0]).files
    return {name: np.concatenate([np.load(path)[name] for path in shards]) for name in columns}


class PlacesSet(IterableDataset[Sample]):
    """Endless varied places.

    Colours are changed and mixed up, crops shifted, hidden and mirrored: with two thousand photos a network
    learns the photos by heart otherwise.

    Args:
        folder: of the shards.
        seed: with ``start`` decides the order.
        start: the step that training resumes from.
    """

    def __init__(self, folder: Path, seed: int, start: int) -> None:
        self.folder, self.seed, self.start = folder, seed, start

    def __iter__(self) -> Iterator[Sample]:
        """Samples in random order."""
        columns = collected(self.folder)
        mirrored = sorted_names().index("centre_x")
        rng = np.random.Generator(np.random.PCG64([self.seed, self.start]))
        count = len(columns["overlay"])
        while True:
            index = int(rng.integers(count))
            crops = varied({name: columns[name][index] for name in CROPS}, rng)
            traits = columns["traits"][index].copy()
            if rng.random() < 0.5:
                crops = {name: np.ascontiguousarray(crop[:, ::-1]) for name, crop in crops.items()}
                traits[mirrored] = 1 - traits[mirrored]
            kind = int(columns["kind"][index])
            yield (
                *(torch.from_numpy(crops[name]) for name in CROPS),
                torch.from_numpy(traits),
                torch.tensor(float(columns["overlay"][index])),
                torch.tensor(kind if kind >= 0 else -100),
            )


def sorted_names() -> list[str]:
    """The traits' names in the order of the network's input."""
    nothing = Traits(*[0.0] * len(Traits.__slots__))
    return sorted(features(nothing, Line("", 0.0)))


def varied(crops: dict[str, NDArray[np.uint8]], rng: Generator) -> dict[str, NDArray[np.uint8]]:
    """The crops of one place in other colours, shifted, some hidden."""
    gain, offset = rng.uniform(0.65, 1.35, 3).astype(np.float32), rng.uniform(-35, 35, 3).astype(np.float32)
    order = rng.permutation(3) if rng.random() < 0.5 else np.arange(3)
    strokes = 0.0 if rng.random() < _BLIND else rng.uniform(0.6, 1)
    made = {}
    for name, crop in crops.items():
        if rng.random() < _HIDDEN[name]:
            made[name] = np.zeros_like(crop)
            continue
        colours = np.clip(crop[..., order] * gain + offset, 0, 255)
        planes = np.dstack([colours, crop[..., 3] * strokes, crop[..., 4]]).astype(np.uint8)
        most = _SHIFTS[name]
        made[name] = np.roll(planes, tuple(rng.integers(-most, most + 1, 2)), (0, 1)) if most else planes
    return made
