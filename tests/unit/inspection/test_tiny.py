"""Photos of a few pixels are inspected and framed like any other."""

import numpy as np
import pytest

from packshot.photo import Photo
from packshot.pipeline import Pipeline
from packshot.recipe import Recipe
from packshot.silhouette import find_silhouette

SIZES = [(1, 1), (1, 2), (2, 1), (1, 3), (1, 4), (4, 1), (2, 2), (1, 300), (300, 1)]


@pytest.fixture(scope="module")
def pipeline():
    raw = {"channels": ["amazon-main", "zalando"], "stages": [{"crop": {"ratio": "4:5", "fill": 0.8}}]}
    return Pipeline(Recipe.from_dict(raw))


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("alpha", [None, 0, 255])
@pytest.mark.parametrize("spread", [0, 200])
def test_any_size_gets_a_trail(pipeline, size, alpha, spread):
    noise = np.random.default_rng(0).integers(0, spread + 1, (*size, 3))
    photo = Photo.from_array((250 - noise).astype(np.uint8))
    if alpha is not None:
        photo = photo.with_pixels(photo.pixels, np.full(size, alpha, np.uint8))
    codes = {finding.code for finding in pipeline.run(photo).findings_before}
    assert "low_resolution" in codes


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_plain_photo_of_any_size_shows_no_product(size):
    silhouette = find_silhouette(Photo.from_array(np.full((*size, 3), 250, np.uint8)))
    assert silhouette is not None
    assert silhouette.product.shape == size
    assert not silhouette.product.any()
