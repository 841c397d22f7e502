import numpy as np
import pytest
from scenes import codes, grainy, product

from packshot.inspection.content import Content


def test_a_colour_photo_passes():
    assert codes(Content, product()) == {}


@pytest.mark.parametrize("level", [0, 128, 255])
def test_an_empty_photo_is_an_error(level):
    assert codes(Content, np.full((300, 300, 3), level, np.uint8)) == {"low_information": "error"}


def test_grain_alone_is_no_information():
    assert codes(Content, grainy(np.full((1500, 1500, 3), 128, np.uint8), 12)) == {"low_information": "error"}


def test_a_photo_without_colour_is_noted():
    grey = np.repeat(product()[..., :1], 3, axis=2)
    assert codes(Content, grey) == {"grayscale": "info"}


def test_a_slight_cast_is_colour():
    grey = np.repeat(product()[..., :1], 3, axis=2)
    grey[..., 2] -= np.minimum(grey[..., 2], 6)
    assert codes(Content, grey) == {}
