import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from packshot.fidelity.difference import pixel_difference, widest_gap


def picture(seed: int = 0, height: int = 128, width: int = 160) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 255, (height, width, 3), np.uint8)


def test_equal_pictures_do_not_differ_anywhere() -> None:
    gap = widest_gap(picture(), picture())
    assert (gap.size, gap.centre) == (0.0, None)


def test_black_and_white_are_as_far_apart_as_can_be() -> None:
    black, white = (np.full((64, 64, 3), level, np.uint8) for level in (0, 255))
    assert pixel_difference(black, white) == 1.0


def test_another_frame_differs_wholly() -> None:
    gap = widest_gap(picture(), picture()[:, :120])
    assert (gap.size, gap.centre) == (1.0, None)


@given(row=st.integers(0, 3), column=st.integers(0, 4), level=st.integers(1, 120))
def test_the_block_that_was_changed_is_found(row: int, column: int, level: int) -> None:
    before = np.full((128, 160, 3), 100, np.uint8)
    after = before.copy()
    after[32 * row : 32 * row + 32, 32 * column : 32 * column + 32] += np.uint8(level)
    gap = widest_gap(before, after)
    assert gap.size == pytest.approx(level / 255, rel=1e-4)
    assert gap.centre == pytest.approx(((column + 0.5) / 5, (row + 0.5) / 4))


def test_the_larger_one_is_reduced_first() -> None:
    small = picture(height=64, width=80)
    large = small.repeat(2, 0).repeat(2, 1)
    assert pixel_difference(small, large) == 0.0
    assert pixel_difference(large, small) == 0.0


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (500, 1), (33, 31)])
def test_any_shape_will_do(shape: tuple[int, int]) -> None:
    one, other = np.zeros((*shape, 3), np.uint8), np.full((*shape, 3), 51, np.uint8)
    assert pixel_difference(one, other) == pytest.approx(0.2)
