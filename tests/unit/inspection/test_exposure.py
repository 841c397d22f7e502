import numpy as np
import pytest
from scenes import codes, product

from packshot.inspection.exposure import Exposure


def exposed(pixels, factor):
    return np.clip(np.rint(pixels * factor), 0, 255).astype(np.uint8)


def before(backdrop, low, high):
    """A product of tones from ``low`` to ``high`` before a backdrop."""
    pixels = np.full((300, 300, 3), backdrop, np.uint8)
    tones = np.random.default_rng(0).integers(low, high, (150, 150, 1))
    pixels[75:225, 75:225] = tones
    return pixels


@pytest.mark.parametrize(
    "pixels",
    [product(), before(255, 5, 40), before(255, 190, 253), before(30, 90, 220), before(128, 60, 200)],
)
def test_dark_and_light_products_are_well_exposed(pixels):
    assert codes(Exposure, pixels) == {}


@pytest.mark.parametrize(("factor", "severity"), [(0.42, "warning"), (0.25, "error")])
def test_a_photo_without_bright_tones_is_dark(factor, severity):
    assert codes(Exposure, exposed(product(), factor)) == {"dark": severity}


def test_burnt_highlights_are_found_on_the_subject():
    assert codes(Exposure, exposed(before(100, 60, 220), 1.6))["clipped"] == "error"


def test_a_photo_without_dark_tones_is_light():
    assert codes(Exposure, exposed(before(60, 100, 220), 2.4))["light"] == "error"
