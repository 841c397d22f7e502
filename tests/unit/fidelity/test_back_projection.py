import cv2
import numpy as np
import pytest

from packshot.fidelity import back_projection
from packshot.fidelity.back_projection import back_project, back_projection_error
from packshot.photo import Photo

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def small():
    """A soft scene with an edge, 60 x 80."""
    scene = cv2.GaussianBlur(RNG.integers(30, 220, (60, 80, 3), np.uint8), (0, 0), 3)
    cv2.circle(scene, (40, 30), 18, (200, 60, 40), -1, cv2.LINE_AA)
    return scene


@pytest.fixture(scope="module")
def large(small):
    return cv2.resize(small, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)


def _averaged(pixels, small):
    return cv2.resize(pixels, small.shape[1::-1], interpolation=cv2.INTER_AREA).astype(int)


def test_a_colour_cast_is_taken_out(small, large):
    cast = np.clip(large + np.array([12, 0, -9]), 0, 255).astype(np.uint8)
    corrected = back_project(cast, small, 2.0)
    assert np.abs((_averaged(corrected, small) - small).mean((0, 1))).max() < 0.3


def test_a_narrow_kernel_holds_more_detail_to_the_input(small, large):
    blurred = cv2.GaussianBlur(large, (0, 0), 4)
    errors = [np.abs(_averaged(back_project(blurred, small, s), small) - small).mean() for s in (2.0, 0.8)]
    assert errors[1] < errors[0] < np.abs(_averaged(blurred, small) - small).mean()


def test_strips_leave_no_trace(small, large, monkeypatch):
    cast = np.clip(large.astype(int) + 10, 0, 255).astype(np.uint8)
    whole = back_project(cast, small, 0.8)
    monkeypatch.setattr(back_projection, "_STRIP", 7)
    np.testing.assert_array_equal(back_project(cast, small, 0.8), whole)


def test_the_check_passes_interpolation(small, large):
    assert back_projection_error(Photo.from_array(small), Photo.from_array(large), None) is None


@pytest.mark.parametrize("harm", ["cast", "shift", "invented"])
def test_the_check_sees_harm(small, large, harm):
    spoiled = large.copy()
    if harm == "cast":
        spoiled = np.clip(large + np.array([14, 0, 0]), 0, 255).astype(np.uint8)
    elif harm == "shift":
        spoiled = np.roll(large, 8, axis=1)
    else:
        spoiled[80:120, 100:140] = 255
    finding = back_projection_error(Photo.from_array(small), Photo.from_array(spoiled), None)
    assert finding is not None
    assert finding.code == "back_projection_error"
    assert finding.evidence["drift_levels"] > finding.evidence["limit"]
