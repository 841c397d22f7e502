from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from packshot.errors import StageOrderError
from packshot.finding import Box, Finding, Region, Severity
from packshot.photo import Photo
from packshot.recipe import check_order
from packshot.silhouette import find_silhouette, touched_sides
from packshot.stage import Geometry
from packshot.stages.crop import Crop, CropOptions, Product, reframe
from packshot.stages.frame import Scene, Target, plan

BACKENDS = {"segmenter": "u2netp"}


def on_backdrop(width=300, height=200, box=(100, 60, 160, 140), backdrop=255):
    pixels = np.full((height, width, 3), backdrop, np.uint8)
    x0, y0, x1, y1 = box
    pixels[y0:y1, x0:x1] = np.random.default_rng(1).integers(0, 80, (y1 - y0, x1 - x0, 3), dtype=np.uint8)
    return Photo.from_array(pixels)


def cut_out(photo, box=(100, 60, 160, 140)):
    """The photo with the product cut out by its own alpha, which needs no segmenter."""
    alpha = np.zeros(photo.pixels.shape[:2], np.uint8)
    alpha[Box(*box).slices] = 255
    return replace(photo, alpha=alpha)


def asks(code="frame_fill", region=None, **evidence):
    return Finding(code, Severity.ERROR, 1.0, "Frame.", region, evidence)


def framed(photo, **target):
    silhouette = find_silhouette(photo)
    box = Box.of_mask(silhouette.product)
    return reframe(photo, Product(box, box, touched_sides(silhouette.product), silhouette), Target(**target))


def test_findings_say_what_the_frame_should_be():
    photo = cut_out(on_backdrop())
    result = Crop(CropOptions(), BACKENDS).treat(photo, [asks(ratio=[1, 1], fill=[0.7, 0.9])])
    assert (result.photo.width, result.photo.height) == (100, 100)
    assert np.count_nonzero(result.photo.alpha) == 60 * 80
    assert [finding.code for finding in result.findings] == ["cropped"]


def test_least_size_of_the_channel_stops_the_cut():
    photo = cut_out(on_backdrop())
    result = Crop(CropOptions(), BACKENDS).treat(
        photo, [asks(ratio=[1, 1], fill=[0.7, 0.9], required_long_side=180)]
    )
    assert (result.photo.width, result.photo.height) == (180, 180)


def test_two_channels_give_ratio_and_fill_together():
    photo = cut_out(on_backdrop())
    findings = [asks("odd_aspect_ratio", ratio=[4, 5]), asks(fill=[0.79, 0.81])]
    result = Crop(CropOptions(), BACKENDS).treat(photo, findings)
    assert (result.photo.width, result.photo.height) == (80, 100)


def test_conservative_mode_leaves_more_room():
    photo, finding = cut_out(on_backdrop()), asks(fill=[0.6, 0.9])
    usual = Crop(CropOptions(), BACKENDS).treat(photo, [finding]).photo
    wide = Crop(CropOptions(mode="conservative"), BACKENDS).treat(photo, [finding]).photo
    assert wide.width > usual.width


def test_nothing_asked_means_nothing_wanted():
    photo, stage = on_backdrop(), Crop(CropOptions(), BACKENDS)
    assert not stage.wants(photo, [asks("blurry"), asks("odd_aspect_ratio", slimness=0.2)])
    assert stage.wants(photo, [asks(fill=[0.8, 0.9])])
    assert Crop(CropOptions(ratio="4:5"), BACKENDS).wants(photo, [])


def test_a_frame_that_fits_returns_the_very_photo():
    photo = cut_out(on_backdrop(200, 200, (20, 40, 190, 140)), (20, 40, 190, 140))
    assert Crop(CropOptions(ratio="1:1", fill=0.85), BACKENDS).treat(photo, []).photo is photo


def test_a_drawn_border_is_cut_off():
    photo = on_backdrop()
    border = asks("border", Region(Box(5, 6, 290, 190)))
    result = Crop(CropOptions(), BACKENDS).treat(photo, [border])
    np.testing.assert_array_equal(result.photo.pixels, photo.pixels[6:190, 5:290])


def test_a_scene_is_left_and_reported():
    scene = Photo.from_array(np.random.default_rng(0).integers(0, 255, (200, 200, 3), dtype=np.uint8))
    result = Crop(CropOptions(ratio="4:5"), BACKENDS).treat(scene, [])
    assert result.photo is scene
    assert [finding.code for finding in result.findings] == ["crop_unsure"]


def test_an_empty_cut_out_is_left_and_reported():
    photo = cut_out(on_backdrop(), (0, 0, 0, 0))
    result = Crop(CropOptions(fill=0.9), BACKENDS).treat(photo, [])
    assert result.photo is photo
    assert [finding.code for finding in result.findings] == ["crop_unsure"]


def test_white_is_continued_as_white():
    result = framed(on_backdrop(300, 100, (20, 10, 280, 90)), ratio=1.0)
    assert (result.photo.width, result.photo.height) == (300, 300)
    outside = np.ones((300, 300), bool)
    left, top, *_ = result.findings[0].evidence["frame"]
    outside[10 - top : 90 - top, 20 - left : 280 - left] = False
    assert (result.photo.pixels[outside] == 255).all()


def test_a_gradient_is_continued_without_a_step():
    photo = on_backdrop(300, 100, (100, 10, 200, 90))
    pixels = photo.pixels.copy()
    shade = np.linspace(210, 190, 300).astype(np.uint8)[None, :, None]
    backdrop = np.broadcast_to(shade, pixels.shape)
    pixels = np.where((pixels == 255).all(2, keepdims=True), backdrop, pixels)
    result = framed(Photo.from_array(pixels), ratio=1.0, fill=(0.3, 0.32))
    left, top, *_ = result.findings[0].evidence["frame"]
    assert left < 0
    assert top < 0
    row = result.photo.pixels[5, :, 0].astype(int)
    assert np.abs(np.diff(row)).max() <= 2
    column = result.photo.pixels[:, 3 - left, 0].astype(int)
    assert np.abs(np.diff(column)).max() <= 2


def test_a_side_where_the_product_is_cut_off_keeps_its_edge():
    photo = on_backdrop(200, 300, (60, 100, 140, 300))
    result = framed(photo, ratio=1.0, fill=(0.6, 0.75))
    assert result.findings[0].evidence["cut_off"] == ["bottom"]
    left, top, right, bottom = result.findings[0].evidence["frame"]
    assert bottom == 300
    assert right - left == bottom - top
    assert left + right == 200


@pytest.mark.parametrize(
    ("box", "ratio"),
    [((0, 0, 80, 80), 1.0), ((0, 50, 200, 150), None), ((60, 100, 140, 300), 1.0)],
    ids=["corner", "across", "lopsided"],
)
def test_no_frame_is_laid_where_the_cut_would_show(box, ratio):
    photo = on_backdrop(200, 300, box)
    result = framed(photo, ratio=ratio, fill=(0.3, 0.32))
    assert result.photo is photo
    assert [finding.code for finding in result.findings] == ["crop_impossible"]


def test_without_extensible_sides_the_frame_stays_inside():
    scene = Scene(300, 200, Box(10, 60, 60, 140), frozenset(), frozenset())
    assert plan(scene, Target(ratio=1.0)) == Box(0, 0, 200, 200)
    assert plan(scene, Target(ratio=0.2, fill=(0.1, 0.2))) is None


def test_transparent_room_is_added_around_a_cut_out():
    box = (0, 10, 100, 20)
    photo = cut_out(on_backdrop(102, 30, (1, 10, 101, 20)), (1, 10, 101, 20))
    result = framed(photo, ratio=1.0)
    left, top, *_ = result.findings[0].evidence["frame"]
    assert result.photo.alpha[0].max() == 0
    assert np.count_nonzero(result.photo.alpha) == (box[2] - box[0]) * (box[3] - box[1])
    np.testing.assert_array_equal(result.photo.pixels[-top : 30 - top, -left : 102 - left], photo.pixels)


@pytest.mark.parametrize(
    "ratio",
    [
        *("4", "4:0", "a:b", "-1:2", "-4:-5", "0:1"),
        *("inf:1", "nan:1", "1e300:1", "1:1e-320", "101:1", "1:101"),
    ],
)
def test_a_ratio_is_width_to_height(ratio):
    with pytest.raises(ValidationError, match="such as 4:5"):
        CropOptions(ratio=ratio)


@pytest.mark.parametrize(("ratio", "fill"), [("100:1", 0.2), ("1:100", 0.2), ("1:1", 0.01)])
def test_a_frame_of_endless_size_is_not_begun(ratio, fill):
    photo = cut_out(on_backdrop(300, 200, (10, 10, 290, 190)), (10, 10, 290, 190))
    result = Crop(CropOptions(ratio=ratio, fill=fill), BACKENDS).treat(photo, [])
    assert result.photo is photo
    (finding,) = result.findings
    assert finding.code == "crop_impossible"
    assert "80 megapixels" in finding.message


def test_a_border_that_leaves_nothing_is_not_cut_off():
    photo, border = on_backdrop(4, 1, (0, 0, 4, 1)), asks("border", Region(Box(2, 0, 2, 1)))
    assert not Crop(CropOptions(), BACKENDS).wants(photo, [border])


def test_crop_comes_after_text_and_enlargement():
    class Enlarge(Crop):
        name = "upscale"
        geometry = Geometry.ENLARGES

    with pytest.raises(StageOrderError, match="crop is listed before upscale"):
        check_order([Crop, Enlarge])


def test_a_frame_that_cannot_shrink_further_is_left_alone():
    """Rounding to whole rows moved such a frame by a pixel or two each time it was asked for."""
    photo = on_backdrop(211, 76, (0, 1, 12, 13))
    target = {"fill": (0.84, 0.86), "goal": 0.2, "least_long_side": 150}
    once = framed(photo, **target)
    assert once.photo is not photo
    assert framed(once.photo, **target).photo is once.photo


def test_advice_moves_no_frame_unless_it_is_asked_for():
    photo = cut_out(on_backdrop())
    advice = Finding("frame_fill", Severity.INFO, 1.0, "Frame.", None, {"fill": [0.7, 0.9]})
    assert not Crop(CropOptions(), BACKENDS).wants(photo, [advice])
    assert Crop(CropOptions(advice=True), BACKENDS).treat(photo, [advice]).photo is not photo


def test_a_frame_for_one_channel_keeps_what_another_demands():
    photo = cut_out(on_backdrop())
    demand = asks(fill=[0.7, 0.9], fills_beside=[[0.85, 1.0]])
    framed_photo = Crop(CropOptions(), BACKENDS).treat(photo, [demand]).photo
    assert 0.84 <= max(60 / framed_photo.width, 80 / framed_photo.height) <= 0.91
