"""Where an overlay may be, and what a judge is shown of each place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packshot.backend import Line, TextBox
from packshot.inspection.overlay.crops import AROUND, CHANNELS, LETTERS, PHOTO, crops
from packshot.inspection.overlay.places import Place, legible, signs
from packshot.inspection.overlay.sight import Sight
from packshot.inspection.overlay.traits import bounding_box


def box(x0: float, y0: float, x1: float, y1: float) -> TextBox:
    return TextBox(np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float32), 0.9)


def test_what_cannot_be_read_is_not_text() -> None:
    assert not legible(Line("ll|", 0.3))
    assert not legible(Line("x", 0.99))
    assert legible(Line("SALE", 0.9))
    assert Place(box(0, 0, 9, 9), Line("SALE", 0.9), "SALE").text == "SALE"
    assert not Place(box(0, 0, 9, 9), Line("SALE", 0.9), "SALE", sign=True).text
    assert not Place(box(0, 0, 9, 9), Line("SALE", 0.2), "SALE").text


def test_a_sign_is_boxed_where_its_strokes_are() -> None:
    strokes = np.zeros((600, 900), np.float32)
    strokes[400:460, 200:260] = 0.9
    strokes[50:90, 700:860] = 0.6
    first, second = signs(strokes, [])
    assert (first.score, second.score) == (pytest.approx(0.9, abs=0.05), pytest.approx(0.6, abs=0.05))
    place = bounding_box(first)
    assert np.abs(np.subtract((place.x0, place.y0, place.x1, place.y1), (200, 400, 260, 460))).max() < 12


def test_strokes_of_a_line_are_no_sign() -> None:
    strokes = np.zeros((600, 900), np.float32)
    strokes[400:430, 200:360] = 0.9
    assert not signs(strokes, [box(195, 395, 365, 435)])
    assert len(signs(strokes, [box(600, 395, 800, 435)])) == 1


def test_strokes_near_each_other_are_one_sign_and_texture_is_none() -> None:
    strokes = np.zeros((256, 256), np.float32)
    for x in range(40, 100, 8):
        strokes[100:120, x : x + 5] = 0.9
    assert len(signs(strokes, [])) == 1
    dots = np.zeros((256, 256), np.float32)
    dots[::20, ::20] = 0.9
    assert not signs(dots, [])


def test_crops_show_the_place_its_surroundings_and_the_photo() -> None:
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 256, (300, 400, 3), np.uint8)
    strokes = np.zeros((300, 400), np.float32)
    strokes[140:160, 150:250] = 1
    letters, around, photo = crops(
        pixels, Sight(strokes, strokes), [box(150, 140, 250, 160), box(0, 0, 90, 20)]
    )
    # At the photo's own size, pixel for pixel.
    assert (letters[0, ..., :3] == pixels[150 - 48 : 150 + 48, 200 - 48 : 200 + 48]).all()
    assert (letters[0, 40:56, :, 3] == 255).all()
    assert (letters[0, 40:56, :, 4] == 255).all()
    assert (around[0, ..., 4] == 255).mean() == pytest.approx(20 * 100 / 160**2, rel=0.15)
    # A wide photo has nothing above and below; the other line is marked as another place.
    assert set(np.unique(photo[0, ..., 4])) == {0, 64, 128, 255}
    assert (photo[0, :7, :, 4] == 64).all()
    assert (photo[0, 9:12, 1:12, 4] == 128).all()
    assert (photo[1, 9:12, 1:12, 4] == 255).all()


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 500), st.integers(1, 500), st.integers(0, 2**31), st.integers(0, 5))
def test_any_photo_and_any_box_gives_crops(height: int, width: int, seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (height, width, 3), np.uint8)
    strokes = rng.random((height, width)).astype(np.float32)
    boxes = [TextBox(rng.uniform(-60, 560, (4, 2)).astype(np.float32), 0.5) for _ in range(count)]
    made = crops(pixels, Sight(strokes, strokes), boxes)
    for crop, side in zip(made, (LETTERS, AROUND, PHOTO), strict=True):
        assert crop.shape == (count, side, side, CHANNELS)
        assert crop.dtype == np.uint8
    assert len(signs(strokes, boxes)) <= 8
