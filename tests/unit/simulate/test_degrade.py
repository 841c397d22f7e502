import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from packshot.simulate import DegradationKind, degrade
from packshot.simulate.degrade import FINDING

Pixels = NDArray[np.uint8]


@pytest.fixture
def textured(photo: Pixels) -> Pixels:
    grain = np.random.default_rng(0).normal(0, 12, photo.shape[:2])
    return np.clip(photo + cv2.GaussianBlur(grain, (0, 0), 1)[..., None] * 3, 0, 255).astype(np.uint8)


def sharpness(pixels: Pixels) -> float:
    return float(cv2.Laplacian(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), cv2.CV_32F).var())


PLACED = [kind for kind in DegradationKind if kind is not DegradationKind.SCREENSHOT]
"""Kinds that leave every thing where it was, so that distance to the photo measures the harm."""


@pytest.mark.parametrize("kind", PLACED)
def test_stronger_is_farther_from_the_photo_and_seeds_repeat(textured: Pixels, kind: DegradationKind) -> None:
    def error(strength: float) -> float:
        spoiled = degrade(textured, kind, strength, 4)
        size = (textured.shape[1], textured.shape[0])
        return float(np.abs(cv2.resize(spoiled, size).astype(float) - textured).mean())

    assert 0.3 < error(0) < error(0.5) < error(1)
    np.testing.assert_array_equal(degrade(textured, kind, 0.5, 4), degrade(textured, kind, 0.5, 4))


def test_a_stronger_screenshot_is_softer_and_has_its_bars(textured: Pixels) -> None:
    mild, strong = (degrade(textured, DegradationKind.SCREENSHOT, strength, 4) for strength in (0.1, 0.9))
    assert sharpness(textured) > sharpness(mild) > sharpness(strong)
    assert abs(int(np.median(strong[2])) - int(np.median(textured[2]))) > 30


def test_every_kind_names_its_finding() -> None:
    assert set(FINDING) == set(DegradationKind)


def test_only_low_resolution_changes_the_size(textured: Pixels) -> None:
    for kind in DegradationKind:
        same = degrade(textured, kind, 1, 0).shape == textured.shape
        assert same == (kind != DegradationKind.LOW_RESOLUTION)


@pytest.mark.parametrize(
    ("kind", "sharper"),
    [
        (DegradationKind.BLUR, False),
        (DegradationKind.SCREENSHOT, False),
        (DegradationKind.NOISE, True),
        (DegradationKind.OVERSHARPEN, True),
    ],
)
def test_direction_of_sharpness(textured: Pixels, kind: DegradationKind, *, sharper: bool) -> None:
    assert (sharpness(degrade(textured, kind, 0.8, 1)) > sharpness(textured)) == sharper


def test_exposure_goes_the_right_way(textured: Pixels) -> None:
    over = degrade(textured, DegradationKind.OVEREXPOSE, 0.5, 0)
    under = degrade(textured, DegradationKind.UNDEREXPOSE, 0.5, 0)
    assert over.mean() > textured.mean() + 30
    assert under.mean() < textured.mean() - 30


def test_pixelated_photos_are_made_of_equal_blocks() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)
    blocks = degrade(noise, DegradationKind.PIXELATE, 1, 0)
    np.testing.assert_array_equal(blocks[::8, ::8], blocks[7::8, 7::8])


@pytest.mark.parametrize("strength", [-0.1, 1.1])
def test_a_strength_outside_its_range_is_refused(textured: Pixels, strength: float) -> None:
    with pytest.raises(ValueError, match=r"0\.\.1"):
        degrade(textured, DegradationKind.BLUR, strength, 0)


@pytest.mark.parametrize("kind", DegradationKind)
def test_a_single_pixel_survives(kind: DegradationKind) -> None:
    assert degrade(np.full((1, 1, 3), 90, np.uint8), kind, 1, 0).shape == (1, 1, 3)
