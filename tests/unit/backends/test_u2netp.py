import cv2
import numpy as np
import pytest

from packshot.backend import Segmenter, require


@pytest.fixture
def segmenter(weights):
    weights("u2netp")
    return require("u2netp", Segmenter)


def test_a_product_stands_out(segmenter):
    pixels = np.full((300, 400, 3), 250, np.uint8)
    cv2.ellipse(pixels, (190, 150), (90, 110), 20, 0, 360, (150, 40, 60), -1, cv2.LINE_AA)
    cv2.circle(pixels, (170, 110), 20, (220, 180, 60), -1, cv2.LINE_AA)
    truth = (pixels != 250).any(2)
    matte = segmenter.matte(pixels)
    found = matte > 0.5
    assert matte.shape == (300, 400)
    assert matte.dtype == np.float32
    assert 0 <= matte.min() <= matte.max() <= 1
    assert (found & truth).sum() / (found | truth).sum() > 0.9


@pytest.mark.parametrize("level", [0, 255])
def test_an_empty_photo_has_an_empty_matte(segmenter, level):
    assert not segmenter.matte(np.full((40, 60, 3), level, np.uint8)).any()
