import numpy as np
import pytest
from numpy.typing import NDArray


def scene(height: int, width: int) -> NDArray[np.uint8]:
    """A smooth ramp with a dark disc: bright and dark places for colours to contrast with."""
    rows, columns = np.indices((height, width))
    ramp = 120 + 110 * columns / width + 20 * rows / height
    disc = np.hypot(rows - height / 2, columns - width / 2) < min(height, width) / 4
    grey = np.where(disc, 60, ramp)
    return np.clip(grey[..., None] + np.array([6, 0, -8]), 0, 255).astype(np.uint8)


@pytest.fixture
def photo() -> NDArray[np.uint8]:
    return scene(240, 200)
