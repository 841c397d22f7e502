import numpy as np
import pytest
from numpy.typing import NDArray

from packshot.finding import Box
from packshot.simulate import OverlayKind, draw, stamp
from packshot.simulate.stamp import generator

Pixels = NDArray[np.uint8]


@pytest.mark.parametrize("kind", OverlayKind)
def test_every_kind_shows_and_spares_what_it_does_not_cover(photo: Pixels, kind: OverlayKind) -> None:
    for seed in range(4):
        stamped = stamp(photo, kind, seed)
        change = np.abs(stamped.pixels.astype(int) - photo).max(2)
        assert change.max() >= 8, seed
        assert (change > 4).sum() >= 20, seed
        assert not change[stamped.alpha == 0].any()
        assert stamped.alpha.dtype == np.float32
        assert stamped.alpha.max() <= 1
        assert stamped.box == Box.of_mask(stamped.alpha > 0)
        assert stamped.text.strip()
        np.testing.assert_array_equal(stamped.clean, photo)


@pytest.mark.parametrize("kind", OverlayKind)
def test_equal_seeds_give_equal_stamps_and_others_do_not(photo: Pixels, kind: OverlayKind) -> None:
    first, again, other = stamp(photo, kind, 7), stamp(photo, kind, 7), stamp(photo, kind, 8)
    np.testing.assert_array_equal(first.pixels, again.pixels)
    np.testing.assert_array_equal(first.alpha, again.alpha)
    assert (first.pixels != other.pixels).any()


def test_the_photo_is_never_written_to(photo: Pixels) -> None:
    photo.flags.writeable = False
    before = photo.copy()
    for kind in OverlayKind:
        stamp(photo, kind, 1)
    np.testing.assert_array_equal(photo, before)


def test_opacity_is_what_was_blended(photo: Pixels) -> None:
    """Over black and over white the same overlay differs by what shines through: 255 (1 - alpha)."""
    overlay = draw(photo, OverlayKind.WATERMARK, generator(3))
    on_black = overlay.over(np.zeros_like(photo)).astype(float)
    on_white = overlay.over(np.full_like(photo, 255)).astype(float)
    np.testing.assert_allclose(
        on_white - on_black, np.repeat(255 * (1 - overlay.alpha[..., None]), 3, 2), atol=1
    )


def test_see_through_kinds_are_see_through_and_captions_are_not(photo: Pixels) -> None:
    for seed in range(5):
        assert stamp(photo, OverlayKind.TILED_WATERMARK, seed).alpha.max() <= 0.51
        assert stamp(photo, OverlayKind.LOW_CONTRAST, seed).alpha.max() > 0.6  # thin strokes of a small face


def test_a_tiled_mark_covers_all_quarters(photo: Pixels) -> None:
    alpha = stamp(photo, OverlayKind.TILED_WATERMARK, 2).alpha
    for rows in (alpha[:120], alpha[120:]):
        for quarter in (rows[:, :100], rows[:, 100:]):
            assert (quarter > 0).any()


def test_low_contrast_text_stays_near_its_surroundings() -> None:
    flat = np.full((200, 200, 3), 128, np.uint8)
    for seed in range(5):
        change = np.abs(stamp(flat, OverlayKind.LOW_CONTRAST, seed).pixels.astype(int) - flat)
        assert 12 <= change.max() <= 60


def test_jpeg_compresses_photo_and_truth_alike(photo: Pixels) -> None:
    stamped = stamp(photo, OverlayKind.CAPTION, 1, jpeg=60)
    assert (stamped.clean != photo).any()
    far = np.ones(photo.shape[:2], bool)
    far[stamped.box.grown(32, photo.shape).slices] = False
    np.testing.assert_array_equal(stamped.pixels[far], stamped.clean[far])


@pytest.mark.parametrize("shape", [(32, 32), (16, 300), (300, 16), (8, 8)])
@pytest.mark.parametrize("kind", OverlayKind)
def test_tiny_and_narrow_photos_are_stamped(kind: OverlayKind, shape: tuple[int, int]) -> None:
    photo = np.full((*shape, 3), 200, np.uint8)
    stamped = stamp(photo, kind, 5)
    assert stamped.pixels.shape == photo.shape
    assert stamped.alpha.any()
