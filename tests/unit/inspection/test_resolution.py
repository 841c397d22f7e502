import cv2
import numpy as np
import pytest
from scenes import codes, detailed, enlarged, finding, grainy, saved, view_of

from packshot.inspection.resolution import Resolution, measure_bandwidth


def test_a_photo_with_detail_up_to_its_pixels_passes():
    assert codes(Resolution, detailed()) == {}


@pytest.mark.parametrize("factor", [2.2, 3.0])
@pytest.mark.parametrize("after", [lambda p: p, lambda p: saved(p, 85), lambda p: grainy(p, 3)])
def test_enlargement_is_found_through_jpeg_and_noise(factor, after):
    found = finding(Resolution, after(enlarged(detailed(), factor)))
    assert (found.code, found.severity) == ("low_effective_resolution", "error")
    assert found.evidence["scale"] == pytest.approx(factor, rel=0.25)


def test_an_enlarged_photo_with_enough_real_pixels_is_only_noted():
    large = enlarged(np.tile(detailed(), (5, 5, 1)), 2.2)
    assert codes(Resolution, large) == {"low_effective_resolution": "info"}


@pytest.mark.parametrize("factor", [2, 3, 6])
def test_enlarged_pixels_are_counted(factor):
    found = finding(Resolution, enlarged(detailed(), factor, cv2.INTER_NEAREST))
    assert (found.code, found.severity) == ("pixelated", "error")
    assert found.evidence["scale"] == pytest.approx(factor, abs=1)


def test_stairs_are_seen_through_jpeg():
    assert "pixelated" in codes(Resolution, saved(enlarged(detailed(), 4, cv2.INTER_NEAREST), 85))


@pytest.mark.parametrize("shape", [(40, 40, 3), (200, 200, 3)])
def test_a_flat_or_tiny_photo_says_nothing(shape):
    flat = np.full(shape, 128, np.uint8)
    assert measure_bandwidth(view_of(flat)) is None
    assert codes(Resolution, flat) == {}
