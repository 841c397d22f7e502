import cv2
import numpy as np
import pytest

from packshot.fidelity.halo import halo_overshoot, overshoot_percent
from packshot.photo import Photo


@pytest.fixture(scope="module")
def small():
    """Grey discs on a lighter ground: edges with room on both sides."""
    scene = np.full((90, 120, 3), 170, np.uint8)
    for x in (25, 60, 95):
        cv2.circle(scene, (x, 45), 14, (90, 90, 90), -1, cv2.LINE_AA)
    return cv2.GaussianBlur(scene, (0, 0), 0.7)


def _enlarged(small, scale, amount):
    """Enlarged, then sharpened with an unsharp mask."""
    large = cv2.resize(small, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC).astype(np.float32)
    sharp = large + amount * (large - cv2.GaussianBlur(large, (0, 0), scale))
    return np.clip(np.rint(sharp), 0, 255).astype(np.uint8)


def test_a_photo_does_not_overshoot_itself(small):
    assert overshoot_percent(small, small, 1) == 0.0


def test_overshoot_is_in_per_cent_of_the_contrast():
    """Levels 20 beyond a step of 100, over the half of the window that has them."""
    reference = np.full((20, 20, 3), 50, np.uint8)
    reference[:, 10:] = 150
    ringing = reference.copy()
    ringing[:, 10:] += 20
    strong_columns = 4  # two on each side lie within two pixels of the step
    assert overshoot_percent(ringing, reference, 2) == pytest.approx(100 * 20 / 100 * 2 / strong_columns)


def test_without_edges_there_is_nothing_to_measure():
    flat = np.full((20, 20, 3), 99, np.uint8)
    assert overshoot_percent(flat, flat, 2) is None
    assert (
        halo_overshoot(Photo.from_array(flat), Photo.from_array(flat.repeat(2, 0).repeat(2, 1)), None) is None
    )


@pytest.mark.parametrize("scale", [2, 4])
def test_the_check_passes_interpolation_and_sees_sharpening(small, scale):
    before = Photo.from_array(small)
    assert halo_overshoot(before, Photo.from_array(_enlarged(small, scale, 0)), None) is None
    finding = halo_overshoot(before, Photo.from_array(_enlarged(small, scale, 4)), None)
    assert finding is not None
    assert finding.evidence["overshoot_percent"] > finding.evidence["limit"]
