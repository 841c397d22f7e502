import io

import numpy as np
import pytest
from PIL import Image

from packshot.fidelity.jpeg_quality import jpeg_quality
from packshot.photo import Origin, Photo

PIXELS = np.random.default_rng(0).integers(0, 255, (16, 24, 3), np.uint8)


@pytest.mark.parametrize("quality", [20, 50, 60, 75, 90, 95])
def test_the_encoders_quality_is_read_back(quality):
    file = io.BytesIO()
    Image.fromarray(PIXELS).save(file, "JPEG", quality=quality)
    photo = Photo(PIXELS.copy(), None, Origin("a.jpg", "jpeg", file.getvalue(), ""))
    assert jpeg_quality(photo) == pytest.approx(quality, abs=2)


def test_other_photos_have_none():
    assert jpeg_quality(Photo.from_array(PIXELS)) is None
