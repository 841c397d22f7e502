"""What codecs do passes, what hands do does not."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from packshot.edges.decode import open_photo
from packshot.edges.encode import encode
from packshot.edges.receipt.compare import differing, loss
from packshot.photo import Photo

SIDE = 96
Y, X = np.mgrid[0:SIDE, 0:SIDE]


def two(
    first: tuple[int, int, int], second: tuple[int, int, int], where: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    return np.where(where[..., None], np.array(first, np.uint8), np.array(second, np.uint8))


def patterns() -> dict[str, NDArray[np.uint8]]:
    noise = np.random.default_rng(0)
    knit = 128 + 60 * np.sin(X / 2) * np.sin(Y / 3) + 20 * noise.standard_normal((SIDE, SIDE))
    return {
        "noise": noise.integers(0, 256, (SIDE, SIDE, 3), np.uint8),
        "grey noise": np.repeat(noise.integers(0, 256, (SIDE, SIDE, 1), np.uint8), 3, 2),
        "knit": np.repeat(knit[..., None].clip(0, 255).astype(np.uint8), 3, 2),
        "gradient": np.stack([X * 2, Y * 2, X + Y], -1).astype(np.uint8),
        "blue": two((0, 0, 255), (0, 0, 255), X > 0),
        "red and black": two((255, 0, 0), (0, 0, 0), Y % 2 == 0),
        "red and cyan": two((255, 0, 0), (0, 255, 255), X % 2 == 0),
        "blue and green": two((0, 0, 255), (0, 255, 0), (X + Y) % 2 == 0),
        "blue and white": two((0, 0, 255), (255, 255, 255), X % 3 == 0),
        "magenta and yellow": two((255, 0, 255), (255, 255, 0), noise.random((SIDE, SIDE)) < 0.5),
    }


@pytest.mark.parametrize("quality", [50, 85])
@pytest.mark.parametrize("fmt", ["jpeg", "webp", "avif"])
@pytest.mark.parametrize("pattern", patterns())
def test_a_codec_does_not_pass_for_a_hand(pattern: str, fmt: str, quality: int) -> None:
    photo = Photo.from_array(patterns()[pattern])
    found = loss(open_photo(encode(photo, fmt, quality=quality)), photo, None)
    assert found is not None
    assert found.shift is not None
    assert found.shift <= found.allowed
    assert found.largest >= found.mean


@pytest.mark.parametrize("fmt", ["jpeg", "webp", "avif"])
@pytest.mark.parametrize("pattern", ["noise", "grey noise", "knit", "gradient", "blue"])
def test_a_pale_patch_of_one_block_is_found(pattern: str, fmt: str) -> None:
    pixels = patterns()[pattern]
    altered = np.array(pixels)
    altered[32:48, 32:48] = np.clip(altered[32:48, 32:48].astype(int) // 2 + 110, 0, 255)
    found = loss(open_photo(encode(Photo.from_array(altered), fmt)), Photo.from_array(pixels), None)
    assert found.shift > found.allowed


def test_nothing_is_compared_inside_the_mask() -> None:
    pixels = patterns()["knit"]
    mask = np.zeros((SIDE, SIDE), bool)
    mask[20:40, 20:40] = True
    altered = np.where(mask[..., None], 0, pixels).astype(np.uint8)
    one, other = Photo.from_array(altered), Photo.from_array(pixels)
    assert not differing(one, other, mask).any()
    assert differing(one, other, None).sum() == 400
    assert loss(one, other, mask).largest == 0
    assert loss(one, other, mask).shift == 0
    assert loss(one, other, np.ones_like(mask)) is None


def test_too_small_for_a_block_says_so() -> None:
    photo = Photo.from_array(patterns()["knit"][:15])
    assert loss(photo, photo, None).shift is None
