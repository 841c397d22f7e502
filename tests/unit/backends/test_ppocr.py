import cv2
import numpy as np
import pytest

from packshot.backend import TextDetector, require
from packshot.backends.ppocr import PpOcr, _clockwise_from_top_left


@pytest.fixture
def detector(weights):
    weights("ppocr-v6-small")
    return require("ppocr-v6-small", TextDetector)


def _written(text, at=(150, 320), size=1.5):
    pixels = np.full((500, 700, 3), 235, np.uint8)
    cv2.putText(pixels, text, at, cv2.FONT_HERSHEY_SIMPLEX, size, (20, 20, 20), 4, cv2.LINE_AA)
    return pixels


def test_a_line_of_text_is_boxed(detector):
    pixels = _written("SUMMER SALE 2024")
    (box,) = detector.detect(pixels)
    dark = (pixels < 128).any(2)
    inside = np.zeros(dark.shape, np.uint8)
    cv2.fillPoly(inside, [np.rint(box.corners).astype(np.int32)], 1)
    assert box.score > 0.6
    assert inside[dark].mean() > 0.98
    assert inside.sum() < 3 * cv2.contourArea(cv2.convexHull(np.argwhere(dark).astype(np.float32)))


def test_corners_run_clockwise_from_the_top_left(detector):
    (box,) = detector.detect(_written("SUMMER SALE 2024"))
    top_left, top_right, bottom_right, bottom_left = box.corners
    assert box.corners.dtype == np.float32
    assert top_left[0] < top_right[0]
    assert bottom_left[0] < bottom_right[0]
    assert top_left[1] < bottom_left[1]
    assert top_right[1] < bottom_right[1]


@pytest.mark.parametrize("level", [0, 128, 255])
def test_an_empty_photo_has_no_text(detector, level):
    assert detector.detect(np.full((300, 200, 3), level, np.uint8)) == []


@pytest.mark.parametrize("shape", [(1, 1), (3, 900), (900, 3)])
def test_odd_shapes_do_not_break(detector, shape):
    assert detector.detect(np.full((*shape, 3), 200, np.uint8)) == []


def test_text_as_large_as_an_object_is_not_a_line(detector):
    pixels = _written("SUMMER SALE 2024")
    rows, columns = np.nonzero((pixels < 128).any(2))
    tight = pixels[rows.min() - 20 : rows.max() + 20, columns.min() - 20 : columns.max() + 20]
    assert all(
        cv2.contourArea(box.corners) <= PpOcr.MAX_SHARE * tight[..., 0].size for box in detector.detect(tight)
    )


def test_corner_order_is_kept_for_every_start():
    corners = np.array([[0, 0], [9, 0], [9, 4], [0, 4]], np.float32)
    for start in range(4):
        np.testing.assert_array_equal(_clockwise_from_top_left(np.roll(corners, start, 0)), corners)
