"""Small photos that need no model: a coarse pattern, enlarged smoothly."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from packshot.quality.sets import Source


def save_photo(path: Path, seed: int = 0, size: tuple[int, int] = (240, 180)) -> Path:
    coarse = np.random.default_rng(seed).integers(40, 215, (6, 8, 3), np.uint8)
    Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC).save(path)
    return path


@pytest.fixture
def sources(tmp_path: Path) -> list[Source]:
    return [Source(save_photo(tmp_path / f"{seed}.png", seed), f"photo {seed}") for seed in range(3)]
