"""Words, kinds, regions, plates and the judge."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from packshot.backend import Line, OverlayJudge, TextBox, require
from packshot.finding import Box
from packshot.inspection.overlay import judge
from packshot.inspection.overlay.kinds import Kind, Mark, name
from packshot.inspection.overlay.places import Place
from packshot.inspection.overlay.plates import complete, ground, is_plate
from packshot.inspection.overlay.regions import patches
from packshot.inspection.overlay.sight import Sight
from packshot.inspection.overlay.words import Purpose, count_different, purpose, tells_overlay
from packshot.inspection.view import View
from packshot.photo import Photo


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024.03.17", Purpose.DATE),
        ("17/03/24", Purpose.DATE),
        ("'98 5 12", Purpose.DATE),
        ("10:10", Purpose.PLAIN),
        ("AI QUAD CAMERA", Purpose.CAMERA),
        ("Shot on OnePlus", Purpose.CAMERA),
        ("shutter stock", Purpose.AGENCY),
        ("Getty Images®", Purpose.AGENCY),
        ("© Jane Doe", Purpose.COPYRIGHT),
        ("subject to copy right", Purpose.COPYRIGHT),
        ("www.example.shop", Purpose.CONTACT),
        ("50% OFF", Purpose.PROMOTION),
        ("ELBOW MACARONI", Purpose.PLAIN),
    ],
)
def test_words_give_their_purpose_away(text, expected):
    assert purpose(text) is expected


def test_some_words_are_never_printed_on_products():
    assert tells_overlay("TOP REVIEWED")
    assert tells_overlay("FREE SHIPPING")
    assert not tells_overlay("original quality")


def box(x0, y0, x1, y1, score=0.9):
    return TextBox(np.float32([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]), score)


def mark(mask, texts=("BLUE SHOES",), **facts):
    values = {"purposes": tuple(purpose(text) for text in texts), "line_height": 20.0, "repeats": 1, **facts}
    return Mark(mask=mask, texts=texts, **values)


def test_kinds():
    pixels = np.full((400, 600, 3), 230, np.uint8)
    letters = np.zeros((400, 600), bool)
    letters[200:220:3, 250:350] = True
    corner = np.zeros_like(letters)
    corner[20:40:3, 20:90] = True
    bar = np.zeros_like(letters)
    bar[360:400, 10:590] = True
    painted = pixels.copy()
    painted[letters | corner | bar] = 20
    assert name(mark(letters), painted) is Kind.CAPTION
    assert name(mark(corner, ("Brand",)), painted) is Kind.LOGO
    assert name(mark(bar), painted) is Kind.BANNER
    assert name(mark(letters, ("50% OFF",)), painted) is Kind.PROMO
    assert name(mark(letters, ("2024-01-02",)), painted) is Kind.DATE_STAMP
    assert name(mark(letters, ("© Jane",)), painted) is Kind.WATERMARK
    assert name(mark(letters, repeats=3), painted) is Kind.TILED_WATERMARK
    faint = pixels.copy()
    faint[letters] = 210
    assert name(mark(letters, line_height=60.0), faint) is Kind.WATERMARK


def test_a_word_in_many_colours_is_a_captcha():
    pixels = np.full((300, 400, 3), 240, np.uint8)
    mask = np.zeros((300, 400), bool)
    for number, colour in enumerate([(255, 0, 0), (0, 160, 0), (0, 0, 255), (250, 180, 0)]):
        area = slice(140, 170), slice(120 + 40 * number, 145 + 40 * number)
        pixels[area], mask[area] = colour, True
    pixels[155, 120:265], mask[155, 120:265] = pixels[155, 120:265], mask[155, 120:265]
    assert name(mark(mask & (np.indices(mask.shape)[0] % 2 == 0) | mask, ("x7Kp",)), pixels) in (
        Kind.CAPTCHA,
        Kind.PROMO,
    )


def blank(strokes):
    return np.full((*strokes.shape, 3), 200, np.uint8)


def test_a_patch_keeps_to_its_line():
    strokes = np.zeros((200, 300), np.float32)
    strokes[50:70, 40:200:4] = 0.95  # the line's letters
    strokes[50:60, 40:44] = 0.95
    strokes[150:170, 40:200:4] = 0.95  # another line, printed
    strokes[20:49, 260:300] = 0.95  # something beside it
    (patch,) = patches(
        blank(strokes), Sight(strokes, strokes), [box(35, 45, 205, 75), box(35, 145, 205, 175)], [0]
    )
    assert patch.lines == (0,)
    assert Box.of_mask(patch.mask).y1 <= 80
    assert not patch.mask[:, 220:].any()
    assert patch.mask[50:70, 40:200:4].all()


def test_a_doubtful_component_is_left_out():
    strokes = np.zeros((100, 200), np.float32)
    strokes[40:60, 20:60] = 0.95
    strokes[40:60, 100:150] = 0.6
    (patch,) = patches(blank(strokes), Sight(strokes, strokes), [box(15, 35, 180, 65)], [0])
    assert patch.mask[40:60, 20:60].all()
    assert not patch.mask[:, 90:].any()


def test_misread_repeats_of_a_mark_are_one_text():
    assert count_different(["SAMPLE", "Sample!", "AMPLE", "SAMPL", "s a m p l e"]) == 1
    assert count_different(["YOGA", "Fitness Studio", "for Life", "", "?"]) == 3
    assert count_different([]) == 0


def badge(seen_share):
    """A green badge with dark letters on grey, and the part of it that a network saw."""
    pixels = np.full((200, 300, 3), 128, np.uint8)
    cv2.rectangle(pixels, (100, 80), (199, 129), (40, 180, 60), -1)
    cv2.putText(pixels, "SALE", (108, 118), cv2.FONT_HERSHEY_SIMPLEX, 1.1, (20, 20, 90), 3)
    seen = np.zeros((200, 300), bool)
    seen[80:130, 100 : 100 + int(100 * seen_share)] = True
    return pixels, seen


def test_a_half_seen_plate_is_completed():
    pixels, seen = badge(0.6)
    line = np.zeros_like(seen)
    line[85:125, 105:155] = True
    assert is_plate(pixels, seen, line)
    whole = complete(pixels, seen)
    assert whole is not None
    assert whole[80:130, 100:200].all()
    assert Box.of_mask(whole).area < 1.6 * 100 * 50


def test_letters_are_no_plate_and_the_scene_is_no_plate():
    pixels, seen = badge(1.0)
    letters = seen & (np.abs(pixels.astype(int) - (20, 20, 90)).max(2) < 5)
    assert not is_plate(pixels, letters, seen)
    assert complete(np.full((200, 300, 3), 128, np.uint8), letters) is None


def verdicts(judge_name, pixels, places):
    view = View(Photo.from_array(pixels))
    nothing = np.zeros(pixels.shape[:2], np.float32)
    chosen = require(judge_name, OverlayJudge)
    return judge.overlay_probabilities([chosen], view, Sight(nothing, nothing), places)[0]


@pytest.mark.parametrize("judge_name", ["overlay-judge-net", "overlay-judge-logistic"])
def test_text_beside_the_product_is_likelier_an_overlay_than_text_on_it(judge_name):
    pixels = np.full((500, 500, 3), 255, np.uint8)
    cv2.rectangle(pixels, (150, 120), (350, 450), (120, 60, 40), -1)
    cv2.putText(pixels, "BRAND", (20, 60), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (0, 0, 0), 3)
    cv2.putText(pixels, "BRAND", (185, 260), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (230, 220, 210), 3)
    line = Line("BRAND", 0.99)
    beside, on_it = (Place(area, line, line.text) for area in (box(15, 25, 150, 70), box(180, 225, 320, 270)))
    telling = Place(on_it.box, line, "TOP REVIEWED")
    first, second, third = verdicts(judge_name, pixels, [beside, on_it, telling])
    assert first > judge.THRESHOLDS["normal"] > second
    assert third > second


def test_half_seen_letters_are_completed_by_their_colour():
    pixels = np.full((80, 300, 3), 230, np.uint8)
    cv2.putText(pixels, "SANDALS", (20, 60), cv2.FONT_HERSHEY_SIMPLEX, 1.8, (20, 20, 20), 7)
    ink = pixels[..., 0] < 100
    strokes = np.where(ink, 0.95, 0.0).astype(np.float32)
    strokes[46:] = 0
    (patch,) = patches(pixels, Sight(strokes, strokes), [box(10, 10, 290, 70)], [0])
    assert (patch.mask & ink).sum() > 0.97 * ink.sum()
    beside = pixels.copy()
    beside[20:26, 4:12] = 20  # of the letters' colour, but nothing of it was seen
    (patch,) = patches(beside, Sight(strokes, strokes), [box(1, 10, 290, 70)], [0])
    assert not patch.mask[20:26, 4:12].any()
    scene = pixels.copy()
    scene[:, 160:] = 20  # what runs out of the line is not the letters' own
    strokes[:, 150:] = 0
    (patch,) = patches(scene, Sight(strokes, strokes), [box(10, 10, 290, 70)], [0])
    assert not patch.mask[:, 170:].any()


def test_the_ground_under_seen_letters_is_found_and_the_backdrop_is_none():
    pixels, seen = badge(0.0)
    letters = (pixels == (20, 20, 90)).all(2)
    line = np.zeros(seen.shape, bool)
    line[92:122, 106:192] = True
    drawn = ground(pixels, letters, line)
    assert drawn is not None
    assert drawn[80:130, 100:200].all()
    assert drawn.sum() < 1.5 * 50 * 100
    on_backdrop = np.full_like(pixels, 128)
    on_backdrop[letters] = (20, 20, 90)
    assert ground(on_backdrop, letters, line) is None
    large = np.ones(seen.shape, bool)  # the box of tilted text can be as large as the photo
    assert ground(on_backdrop, letters, large) is None


def test_what_is_only_seen_from_afar_is_outlined_from_there():
    strokes = np.zeros((200, 300), np.float32)
    strokes[50:70, 40:200:4] = 0.95
    (patch,) = patches(blank(strokes), Sight(np.zeros_like(strokes), strokes), [box(35, 45, 205, 75)], [0])
    assert patch.mask[50:70, 40:200:4].all()
