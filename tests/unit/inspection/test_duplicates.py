import cv2
import numpy as np

from packshot.finding import Severity
from packshot.inspection.duplicates import find_duplicates, fingerprint
from packshot.inspection.view import View
from packshot.photo import Photo


def shirt(colour=(180, 40, 60), print_=(250, 240, 60), size=480):
    pixels = np.full((size, size, 3), 255, np.uint8)
    outline = np.array([[150, 90], [330, 90], [440, 190], [380, 240], [340, 200], [340, 430], [140, 430]])
    outline = np.vstack([outline, [[140, 200], [100, 240], [40, 190]]]) * size // 480
    cv2.fillPoly(pixels, [outline.astype(np.int32)], colour)
    if print_:
        cv2.circle(pixels, (size // 2, size // 2), size // 12, print_, -1)
    grain = np.random.default_rng(3).integers(-4, 5, pixels.shape)
    return np.where((pixels == 255).all(2, keepdims=True), 255, np.clip(pixels + grain, 0, 255)).astype(
        np.uint8
    )


def coded(pixels, quality=60):
    ok, data = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert ok
    return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1])


def duplicates(**photos):
    return find_duplicates(
        {name: fingerprint(View(Photo.from_array(pixels))) for name, pixels in photos.items()}
    )


def test_the_first_is_the_original():
    found = duplicates(first=shirt(), second=shirt(), third=shirt())
    assert {name: finding.evidence["original"] for name, finding in found.items()} == {
        "second": "first",
        "third": "first",
    }
    assert {finding.code for finding in found.values()} == {"exact_duplicate"}
    assert {finding.severity for finding in found.values()} == {Severity.ERROR}


def test_copies_scaled_coded_and_reframed_are_near():
    original = shirt()
    found = duplicates(
        original=original,
        small=cv2.resize(original, (240, 240), interpolation=cv2.INTER_AREA),
        coded=coded(original),
        trimmed=np.ascontiguousarray(original[40:460, 20:470]),
    )
    assert {name: finding.code for name, finding in found.items()} == dict.fromkeys(
        ["small", "coded", "trimmed"], "near_duplicate"
    )


def test_another_colour_or_print_is_another_product():
    assert duplicates(red=shirt(), blue=shirt((40, 60, 180)), plain=shirt(print_=None)) == {}


def test_another_size_of_the_same_pixels_is_not_exact():
    stripes = np.zeros((60, 120, 3), np.uint8)
    assert duplicates(wide=stripes, tall=stripes.reshape(120, 60, 3)) == {}
