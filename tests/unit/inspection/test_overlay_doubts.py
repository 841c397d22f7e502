"""What the look at overlays is unsure of: strokes beside lines, kept lines, lines that cannot be read."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scenes import product, view_of

from packshot.backend import TextBox
from packshot.finding import Finding, Severity
from packshot.inspection.inspector import Setup
from packshot.inspection.overlay.doubts import strokes_beside
from packshot.inspection.overlay_text import OverlayText
from packshot.photo import Pixels
from packshot.stages.crop import Crop
from packshot.stages.upscale import Upscale
from packshot.verdict import quality_score

NEW = frozenset({"unread_text", "faint_strokes"})


def box(x0: float, y0: float, x1: float, y1: float) -> TextBox:
    return TextBox(np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float32), 0.9)


def look(pixels: Pixels) -> dict[str, Finding]:
    """What the inspector says of a photo, by code."""
    return {f.code: f for f in OverlayText(Setup((), OverlayText.roles)).inspect(view_of(pixels))}


def scribble(pixels: Pixels, at: tuple[int, int], colour: int = 20) -> Pixels:
    """A signature that nobody can read."""
    steps = np.linspace(0, 1, 200)
    x = at[0] + 150 * steps + 14 * np.sin(37 * steps)
    y = at[1] + 22 * np.sin(29 * steps) * np.cos(9 * steps)
    drawn = pixels.copy()
    cv2.polylines(drawn, [np.stack([x, y], 1).astype(np.int32)], False, (colour,) * 3, 3, cv2.LINE_AA)
    return drawn


def test_a_page_full_of_different_texts_may_be_a_design() -> None:
    words = (
        "SUMMER SALE",
        "FREE SHIPPING",
        "TOP QUALITY",
        "BUY NOW",
        "2 YEARS",
        "ORIGINAL",
        "COTTON",
        "LIMITED",
        "HOT DEAL",
    )
    page, single = product(800).copy(), product(800).copy()
    for number, text in enumerate(words):
        at = (15, 60 + 80 * number)
        cv2.putText(page, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.7, (190, 20, 20), 2, cv2.LINE_AA)
    cv2.putText(single, words[1], (20, 50), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (190, 20, 20), 2, cv2.LINE_AA)
    assert look(single)["overlay_text"].evidence["doubt"] is None
    assert look(page)["overlay_text"].evidence["doubt"] == "much_text"


def test_strokes_are_placed_where_they_are() -> None:
    strokes = np.zeros((600, 900), np.float32)
    strokes[400:430, 200:360] = 0.9
    seen = strokes_beside(strokes, [])
    assert seen.strongest == pytest.approx(0.9, abs=0.05)
    assert seen.share == pytest.approx(30 * 160 / strokes.size, rel=0.1)
    assert seen.beside_edge < 0.05
    assert abs(seen.box.x0 - 200) < 10
    assert abs(seen.box.y1 - 430) < 10


def test_what_a_line_covers_is_not_counted_twice() -> None:
    strokes = np.zeros((600, 900), np.float32)
    strokes[400:430, 200:360] = 0.9
    assert strokes_beside(strokes, [box(195, 395, 365, 435)]).strongest == 0
    strokes[20:50, 700:880] = 0.6
    rest = strokes_beside(strokes, [box(195, 395, 365, 435)])
    assert rest.strongest == pytest.approx(rest.beside_edge)
    assert rest.box.y1 < 60


def test_a_single_cell_is_less_than_a_word() -> None:
    dot, word = np.zeros((2, 400, 400), np.float32)
    dot[200:204, 200:204] = 1
    word[200:212, 150:250] = 1
    assert strokes_beside(dot, []).strongest < 0.3 * strokes_beside(word, []).strongest


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 700), st.integers(1, 700), st.integers(0, 2**31), st.integers(0, 3))
def test_photos_of_any_size_give_shares_and_a_place_inside(
    height: int, width: int, seed: int, lines: int
) -> None:
    rng = np.random.default_rng(seed)
    strokes = (rng.random((height, width)) ** 8).astype(np.float32)
    boxes = [box(*rng.uniform(-20, 720, 2), *rng.uniform(-20, 720, 2)) for _ in range(lines)]
    seen = strokes_beside(strokes, boxes)
    assert 0 <= seen.beside_edge <= seen.strongest + 1e-6
    assert seen.strongest <= 1 + 1e-5
    assert 0 <= seen.share <= 1
    assert 0 <= seen.box.x0 < seen.box.x1 <= width
    assert 0 <= seen.box.y0 < seen.box.y1 <= height


def test_a_plain_product_gives_no_note() -> None:
    pixels = np.full((400, 400, 3), 250, np.uint8)
    cv2.ellipse(pixels, (200, 200), (90, 120), 0, 0, 360, (60, 110, 160), -1)
    assert look(cv2.GaussianBlur(pixels, (0, 0), 1.0)) == {}


def test_a_scribble_is_noted_and_changes_no_score() -> None:
    found = look(scribble(product(), (60, 60)))
    noted = set(found) & NEW
    assert noted
    for code in noted:
        assert found[code].severity is Severity.INFO
        assert found[code].region is not None
        assert found[code].region.box.y0 < 100
        assert quality_score([found[code]]) == 1.0


def test_kept_text_tells_how_likely_it_was_laid_over() -> None:
    pixels = product(600)
    pixels[200:400, 160:440] = (60, 90, 60)
    cv2.putText(
        pixels, "MACARONI", (190, 310), cv2.FONT_HERSHEY_SIMPLEX, 1.4, (210, 210, 190), 3, cv2.LINE_AA
    )
    soft = cv2.GaussianBlur(pixels, (0, 0), 1.2)
    printed = look(soft)["printed_text"]
    assert printed.score == 0
    assert printed.evidence["lines"] == 1
    assert 0 < printed.evidence["overlay_odds"] < 0.94


@pytest.mark.parametrize("stage", [Crop, Upscale])
def test_what_a_new_frame_settles_is_all_that_the_look_tells(stage: type[Crop | Upscale]) -> None:
    assert OverlayText.codes <= stage.settled  # or the whole look would be repeated on the new pixel grid
