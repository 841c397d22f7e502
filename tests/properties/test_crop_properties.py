"""Whatever the product's place and size: nothing of it is lost, the shape is met, once is enough."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from packshot.finding import Box
from packshot.photo import Photo
from packshot.silhouette import find_silhouette, touched_sides
from packshot.stages.crop import Product, reframe
from packshot.stages.frame import Target, taken

SEEN = 40  # levels between backdrop and product: far more than the silhouette needs


@st.composite
def scenes(draw):
    width, height = draw(st.integers(60, 220)), draw(st.integers(60, 220))
    x0, y0 = draw(st.integers(0, width - 12)), draw(st.integers(0, height - 12))
    x1, y1 = draw(st.integers(x0 + 12, width)), draw(st.integers(y0 + 12, height))
    level = draw(st.sampled_from([255, 250, 200, 128]))
    slope = draw(st.sampled_from([0, 12]))
    gradient = level - slope * np.linspace(0, 1, height)[:, None, None]
    pixels = np.broadcast_to(gradient, (height, width, 3)).astype(np.uint8).copy()
    texture = np.random.default_rng(draw(st.integers(0, 99)))
    pixels[y0:y1, x0:x1] = texture.integers(0, level - slope - SEEN, (y1 - y0, x1 - x0, 3), dtype=np.uint8)
    return Photo.from_array(pixels), Box(x0, y0, x1, y1)


targets = st.builds(
    Target,
    ratio=st.sampled_from([None, 1.0, 0.8, 1 / 1.44, 16 / 9]),
    fill=st.sampled_from([None, (0.84, 0.86), (0.75, 0.9), (0.85, 1.0)]),
    goal=st.sampled_from([0.2, 0.5]),
    margin=st.sampled_from([0.02, 0.04]),
    least_long_side=st.sampled_from([0, 150]),
)


def frame_of(photo, target):
    silhouette = find_silhouette(photo)
    if silhouette is None or not silhouette.product.any():
        return None
    box = Box.of_mask(silhouette.product)
    product = Product(box, box, touched_sides(silhouette.product), silhouette)
    return reframe(photo, product, target)


@given(scene=scenes(), target=targets)
@settings(max_examples=200, deadline=None)
def test_product_is_kept_shape_is_met_and_once_is_enough(scene, target):
    photo, box = scene
    result = frame_of(photo, target)
    if result is None or result.photo is photo:
        return
    (note,) = result.findings
    left, top, *_ = note.evidence["frame"]
    place = Box(box.x0 - left, box.y0 - top, box.x1 - left, box.y1 - top)
    assert min(place.x0, place.y0) >= 0
    np.testing.assert_array_equal(result.photo.pixels[place.slices], photo.pixels[box.slices])

    ratio = target.ratio or photo.width / photo.height
    assert abs(result.photo.width - result.photo.height * ratio) <= 1
    for side, lies_there in (
        ("left", place.x0 == 0),
        ("top", place.y0 == 0),
        ("right", place.x1 == result.photo.width),
        ("bottom", place.y1 == result.photo.height),
    ):
        assert lies_there or side not in note.evidence["cut_off"]

    again = frame_of(result.photo, target)
    assert again is None or again.photo is result.photo


@given(scene=scenes(), target=targets)
@settings(max_examples=100, deadline=None)
def test_asked_for_fill_is_reached_where_the_product_is_whole(scene, target):
    photo, box = scene
    whole = box.x0 > 0 and box.y0 > 0 and box.x1 < photo.width and box.y1 < photo.height
    if not whole or target.fill is None or target.least_long_side:
        return
    result = frame_of(photo, target)
    assert result is not None
    share = taken(result.photo.width, result.photo.height, box)
    low, high = target.fill
    rounding = 2 / min(result.photo.width, result.photo.height)
    assert low - rounding <= share <= high + rounding
