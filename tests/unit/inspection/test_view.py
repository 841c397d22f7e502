import numpy as np
import pytest
from scenes import SETUP, product, view_of

from packshot.inspection.compression import Compression
from packshot.inspection.content import Content
from packshot.inspection.exposure import Exposure
from packshot.inspection.noise import Noise
from packshot.inspection.resolution import Resolution
from packshot.inspection.sharpness import Sharpness
from packshot.inspection.view import View
from packshot.photo import Photo


def test_subject_is_what_stands_before_the_backdrop():
    subject = view_of(product(400)).subject
    assert subject.shape == (400, 400)
    assert subject[105:295, 105:295].all()
    assert not subject[:90].any()
    assert not subject[:, :90].any()


def test_a_soft_gradient_is_backdrop():
    pixels = product(400).astype(int)
    shaded = np.clip(pixels - np.linspace(0, 40, 400, dtype=int)[:, None, None], 0, 255).astype(np.uint8)
    subject = view_of(shaded).subject
    assert subject[105:295, 105:295].all()
    assert not subject[320:].any()


@pytest.mark.parametrize(
    "pixels",
    [
        np.full((50, 80, 3), 255, np.uint8),
        np.random.default_rng(0).integers(0, 256, (300, 200, 3)).astype(np.uint8),
    ],
)
def test_without_a_backdrop_or_without_a_subject_everything_is_subject(pixels):
    assert view_of(pixels).subject.all()


def test_a_product_that_touches_one_side_keeps_its_backdrop():
    subject = view_of(product(400)[:260]).subject
    assert subject[105:250, 105:295].all()
    assert not subject[:90].any()


def test_windows_of_a_large_photo_are_native_crops_of_the_subject_within_a_megapixel():
    view = view_of(product(4000))
    assert len(view.windows) == 16
    for window in view.windows:
        assert window.grey.shape == window.subject.shape == (window.box.height, window.box.width)
        assert np.array_equal(window.grey, view.grey[window.box.slices])
        assert window.subject.any()


@pytest.mark.parametrize(
    ("shape", "count"),
    [((1, 1, 3), 0), ((1, 3000, 3), 0), ((7, 5, 3), 0), ((40, 40, 3), 1), ((210, 6000, 3), 16)],
)
def test_any_shape_can_be_inspected(shape, count):
    pixels = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    assert len(view_of(pixels).windows) == count
    for inspector in (Compression, Content, Exposure, Noise, Resolution, Sharpness):
        inspector(SETUP).inspect(view_of(pixels))


def test_transparent_parts_are_white_backdrop():
    photo = Photo.from_array(np.full((64, 64, 3), 90, np.uint8))
    alpha = np.zeros((64, 64), np.uint8)
    alpha[16:48, 16:48] = 255
    subject = View(photo.with_pixels(photo.pixels, alpha)).subject
    assert subject[16:48, 16:48].all()
    assert not subject[:12].any()
