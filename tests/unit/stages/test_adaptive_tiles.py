import cv2
import numpy as np
import pytest

from packshot.backend import Card
from packshot.stages import adaptive_tiles
from packshot.stages.adaptive_tiles import CELL, HALO, enlarge


class Smooth:
    """An upscaler that looks 9 px around, as a network does, and remembers what it was given."""

    card = Card(name="smooth", version="1", licence="MIT", scale=2)

    def __init__(self):
        self.shapes = []

    def upscale(self, pixels):
        self.shapes.append(pixels.shape)
        blurred = cv2.GaussianBlur(pixels, (19, 19), 3)
        return (255 - blurred).repeat(2, 0).repeat(2, 1)


def _textured(height, width):
    return np.random.default_rng(0).integers(0, 255, (height, width, 3), np.uint8)


def test_tiles_are_seam_free_and_bounded():
    pixels, upscaler = _textured(2 * CELL + 50, CELL + 70), Smooth()
    enlarged = enlarge(pixels, upscaler)
    assert enlarged.network_share == 1.0
    assert max(side for shape in upscaler.shapes for side in shape[:2]) <= CELL + 2 * HALO
    assert len(upscaler.shapes) == 6
    np.testing.assert_array_equal(enlarged.pixels, Smooth().upscale(pixels))


def test_a_flat_photo_costs_no_network():
    upscaler = Smooth()
    enlarged = enlarge(np.full((40, 70, 3), 200, np.uint8), upscaler)
    assert (enlarged.network_share, upscaler.shapes) == (0.0, [])
    assert enlarged.pixels.shape == (80, 140, 3)
    assert (enlarged.pixels == 200).all()


@pytest.fixture(scope="module")
def product():
    """Texture in the middle of a flat ground."""
    pixels = np.full((200, 300, 3), 240, np.uint8)
    pixels[64:128, 96:192] = _textured(64, 96)
    return pixels


def test_only_the_active_part_is_given_to_the_network(product):
    upscaler = Smooth()
    enlarged = enlarge(product, upscaler)
    work = sum(shape[0] * shape[1] for shape in upscaler.shapes)
    assert work < 0.5 * product[..., 0].size
    assert 0.1 <= enlarged.network_share < 0.3
    inner = np.s_[2 * 64 : 2 * 128, 2 * 96 : 2 * 192]
    np.testing.assert_array_equal(enlarged.pixels[inner], Smooth().upscale(product)[inner])
    assert (enlarged.pixels[:80] == 240).all()


def test_the_network_fades_into_its_surroundings():
    """Towards the flat ground the weight falls step by step, never in one jump."""
    fade = adaptive_tiles._fade(adaptive_tiles.Box(8, 8, 16, 16), adaptive_tiles.Box(4, 4, 20, 20), 2)
    assert fade.shape == (32, 32)
    assert (fade[8:24, 8:24] == 1).all()
    steps = np.diff(fade[16])
    assert 0 < np.abs(steps).max() <= 1 / 8 + 1e-6
    np.testing.assert_array_equal(fade, fade[::-1, ::-1])


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (17, 3)])
def test_small_photos_work(shape):
    pixels = _textured(*shape)
    assert enlarge(pixels, Smooth()).pixels.shape == (2 * shape[0], 2 * shape[1], 3)
