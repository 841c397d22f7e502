import cv2
import numpy as np
import pytest
from scenes import codes, finding, product, view_of

from packshot.inspection.sharpness import Sharpness, measure_sharpness


def sharpened(pixels, amount):
    blurred = cv2.GaussianBlur(pixels.astype(np.float32), (0, 0), 1.5)
    return np.clip(np.rint(pixels + amount * (pixels - blurred)), 0, 255).astype(np.uint8)


def discs(side=400):
    """Large mid-grey discs: edges with level plateaus and room on both sides."""
    pixels = np.full((side, side, 3), 150, np.uint8)
    for y in range(70, side - 40, 70):
        for x in range(70, side - 40, 70):
            cv2.circle(pixels, (x, y), 25, (90, 90, 90), -1, cv2.LINE_AA)
    return cv2.GaussianBlur(pixels, (0, 0), 0.6)


def test_a_sharp_photo_passes():
    assert codes(Sharpness, product()) == {}
    assert codes(Sharpness, discs()) == {}


@pytest.mark.parametrize("sigma", [1.6, 2.5, 4.0])
def test_blur_is_measured_in_pixels(sigma):
    found = finding(Sharpness, cv2.GaussianBlur(discs(), (0, 0), sigma))
    assert (found.code, found.severity) == ("blurry", "error")
    assert found.evidence["blur_sigma"] == pytest.approx(np.hypot(sigma, 0.6), rel=0.2)


def test_blur_counts_at_the_size_that_is_shown():
    large = np.tile(cv2.GaussianBlur(discs(400), (0, 0), 1.6), (6, 6, 1))
    assert codes(Sharpness, large) == {}


def test_halos_on_both_sides_are_an_error():
    found = finding(Sharpness, sharpened(discs(), 3.5))
    assert (found.code, found.severity) == ("oversharpened", "error")
    assert found.evidence["on_both_sides"]


def test_overshoot_rises_with_sharpening():
    shares = [measure_sharpness(view_of(sharpened(discs(), amount)))[1].share for amount in (0, 1, 2)]
    assert shares == sorted(shares)
    assert shares[0] < 0.1


def test_a_photo_without_edges_says_nothing():
    flat = np.full((200, 200, 3), 128, np.uint8)
    assert measure_sharpness(view_of(flat)) == (None, None)
    assert codes(Sharpness, flat) == {}
