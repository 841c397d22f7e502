"""Renditions: sizes, limits, and no pixel more than the photo has."""

import numpy as np
import pytest

from packshot.edges.colour import SRGB_PROFILE
from packshot.edges.decode import open_photo
from packshot.edges.provenance import read_provenance
from packshot.edges.renditions import RenditionPlan, downscale, render, renditions
from packshot.edges.xmp import ENHANCED
from packshot.errors import DoesNotFitError, FormatLimitError
from packshot.photo import Photo


@pytest.fixture(scope="module")
def noisy():
    return Photo.from_array(np.random.default_rng(6).integers(0, 256, (120, 200, 3), dtype=np.uint8))


def test_widths_above_the_photo_are_skipped(noisy):
    made = renditions(noisy, [400, 100, 200, 100], ["jpeg", "webp"])
    assert [(r.width, r.height, r.format) for r in made] == [
        (100, 60, "jpeg"),
        (100, 60, "webp"),
        (200, 120, "jpeg"),
        (200, 120, "webp"),
    ]
    for rendition in made:
        decoded = open_photo(rendition.data)
        assert (decoded.width, decoded.height, decoded.origin.format) == (
            rendition.width,
            rendition.height,
            rendition.format,
        )
        stated = read_provenance(rendition.data).digital_source_type
        assert stated == (ENHANCED if rendition.width < 200 else None)
    assert renditions(noisy, [201], ["jpeg"]) == []


def test_downscaling_does_not_alias():
    """A one-pixel checkerboard is grey from afar; picking pixels would give stripes or black."""
    board = np.indices((240, 240)).sum(0) % 2 * 255
    photo = Photo.from_array(np.repeat(board[..., None], 3, 2).astype(np.uint8))
    small = downscale(photo, 70).pixels[4:-4, 4:-4].astype(int)
    assert np.abs(small - 127).max() < 12


def test_hidden_colours_do_not_bleed():
    pixels = np.zeros((64, 64, 3), np.uint8)
    pixels[:, 32:] = (0, 255, 0)
    pixels[:, :32] = (200, 0, 0)
    alpha = np.zeros((64, 64), np.uint8)
    alpha[:, :32] = 255
    small = downscale(Photo.from_array(pixels).with_pixels(pixels, alpha), 15)
    seen = small.alpha > 8
    assert seen.any()
    assert small.pixels[seen][:, 1].max() < 30


def test_enlarging_is_refused(noisy):
    with pytest.raises(ValueError, match="cannot downscale 200 pixels to 201"):
        downscale(noisy, 201)
    assert downscale(noisy, 200) is noisy


def test_a_thin_photo_keeps_a_row():
    assert downscale(Photo.from_array(np.zeros((1, 500, 3), np.uint8)), 10).pixels.shape == (1, 10, 3)


def test_plan_lowers_the_quality_and_says_so(noisy):
    roomy = render(noisy, RenditionPlan(("jpeg",)), unchanged=False)
    assert (roomy.quality, roomy.note) == (90, "")
    tight = render(noisy, RenditionPlan(("jpeg",), max_bytes=len(roomy.data) // 2), unchanged=False)
    assert len(tight.data) <= len(roomy.data) // 2
    assert tight.quality < 90
    assert f"quality {tight.quality} instead of 90" in tight.note
    with pytest.raises(DoesNotFitError, match="500 are allowed"):
        render(noisy, RenditionPlan(("jpeg",), max_bytes=500), unchanged=False)


def test_plan_takes_the_next_format_before_it_lowers_quality(noisy):
    png = render(noisy, RenditionPlan(("png", "jpeg")), unchanged=False)
    assert (png.format, png.quality) == ("png", None)
    other = render(noisy, RenditionPlan(("png", "jpeg"), max_bytes=len(png.data) - 1), unchanged=False)
    assert (other.format, other.quality) == ("jpeg", 90)
    assert "jpeg at quality 90" in other.note


@pytest.mark.parametrize("shape", [(120, 200, 3), (200, 120, 3), (999, 2, 3)])
def test_plan_limits_the_longest_side(shape):
    photo = Photo.from_array(np.zeros(shape, np.uint8))
    made = render(photo, RenditionPlan(("jpeg",), max_side=90), unchanged=False)
    assert max(made.width, made.height) <= 90
    assert read_provenance(made.data).digital_source_type == ENHANCED


def test_untouched_photo_that_satisfies_the_plan_keeps_its_bytes(picture, encoded):
    data = encoded(picture, "JPEG", quality=60)
    plan = RenditionPlan(("png", "jpeg"), max_side=64, max_bytes=len(data))
    photo = open_photo(data)
    made = render(photo, plan, unchanged=True)
    assert made.passthrough
    assert (made.data, made.format, made.quality) == (data, "jpeg", None)
    assert not render(photo, plan, unchanged=False).passthrough
    assert not render(photo, RenditionPlan(("png",)), unchanged=True).passthrough
    assert not render(photo, RenditionPlan(("jpeg",), max_side=63), unchanged=True).passthrough


def test_a_file_that_is_not_plain_srgb_is_not_passed_through(profiles, picture, encoded):
    from PIL import Image

    plan = RenditionPlan(("jpeg",))
    turned = Image.Exif()
    turned[0x0112] = 6
    cmyk = encoded(Image.fromarray(picture).convert("CMYK"), "JPEG")
    for data in (
        encoded(picture, "JPEG", icc_profile=profiles["p3"]),
        encoded(picture, "JPEG", exif=turned),
        cmyk,
    ):
        assert not render(open_photo(data), plan, unchanged=True).passthrough
    tagged = encoded(picture, "JPEG", icc_profile=SRGB_PROFILE)
    assert render(open_photo(tagged), plan, unchanged=True).passthrough


def test_a_format_that_cannot_hold_the_photo_is_passed_over():
    long = Photo.from_array(np.zeros((1, 20_000, 3), np.uint8))
    made = render(long, RenditionPlan(("webp", "jpeg")), unchanged=False)
    assert (made.width, made.format) == (20_000, "jpeg")
    assert "webp does not hold so many pixels" in made.note
    with pytest.raises(FormatLimitError, match="webp holds 16383"):
        render(long, RenditionPlan(("webp",)), unchanged=False)
