"""Profiles: colours against the published formulas, and what is written matches what was converted."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageCms

from packshot.edges.colour import SRGB_PROFILE, output_profile, to_srgb
from packshot.errors import DamagedMetadataError

SRGB_D50 = np.array([[0.43607, 0.22249, 0.01392], [0.38515, 0.71687, 0.09708], [0.14307, 0.06061, 0.71410]])
ADOBE_D50 = np.array([[0.60974, 0.31111, 0.01947], [0.20528, 0.62567, 0.06087], [0.14919, 0.06322, 0.74457]])


def srgb_curve(linear):
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def test_adobe_rgb_becomes_what_the_formula_says(profiles):
    colours = np.random.default_rng(1).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    linear = (colours / 255) ** 2.19921875 @ ADOBE_D50 @ np.linalg.inv(SRGB_D50)
    expected = srgb_curve(linear) * 255
    converted = np.asarray(to_srgb(Image.fromarray(colours), profiles["adobe"]))
    assert np.abs(converted - expected).max() <= 1.5
    assert np.abs(converted.astype(float) - colours).mean() > 4  # ignoring the profile would be seen


@pytest.mark.parametrize("name", ["adobe", "p3"])
def test_grey_axis_of_a_wide_profile_stays_grey(profiles, name):
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, 2)
    converted = np.asarray(to_srgb(Image.fromarray(ramp), profiles[name])).astype(int)
    assert np.ptp(converted, axis=2).max() <= 1
    assert tuple(converted[0, 0]) == (0, 0, 0)
    assert tuple(converted[0, 255]) == (255, 255, 255)


def test_pixels_with_an_srgb_profile_are_not_touched(profiles):
    """Profiles of several makers mean sRGB and differ in rounding; none of them may move a pixel."""
    colours = np.random.default_rng(8).integers(0, 256, (256, 256, 3), dtype=np.uint8)
    for profile in (SRGB_PROFILE, profiles["other srgb"]):
        assert np.array_equal(np.asarray(to_srgb(Image.fromarray(colours), profile)), colours)
        assert output_profile(profile) == profile


def test_grey_profile_changes_brightness_and_alpha_survives(profiles):
    grey = Image.merge("LA", (Image.new("L", (2, 2), 128), Image.new("L", (2, 2), 77)))
    converted = np.asarray(to_srgb(grey, profiles["grey"]))
    expected = srgb_curve((128 / 255) ** 1.8) * 255
    assert np.abs(converted[..., :3] - expected).max() <= 1.5
    assert (converted[..., 3] == 77).all()


def test_cmyk_profile_is_used(profiles):
    inks = np.zeros((1, 3, 4), np.uint8)
    inks[0, 1, 3] = 255
    inks[0, 2, 0] = 255
    white, black, cyan = np.asarray(to_srgb(Image.fromarray(inks, "CMYK"), profiles["cmyk"]))[0].astype(int)
    assert white.min() >= 254
    assert black.max() <= 1
    assert cyan[0] < 40
    assert 120 < cyan[1] < cyan[2]  # the plain formula would give 0, 255, 255


def test_cmyk_without_profile_uses_the_plain_formula():
    inks = np.array([[[0, 0, 0, 0], [255, 0, 0, 0], [0, 100, 0, 128]]], np.uint8)
    converted = np.asarray(to_srgb(Image.fromarray(inks, "CMYK"), None))[0]
    expected = (255 - inks[0, :, :3].astype(int)) * (255 - inks[0, :, 3:].astype(int)) / 255
    assert np.abs(converted - expected).max() <= 1


@pytest.mark.parametrize(
    "broken", [b"", b"x" * 200, SRGB_PROFILE[:200], SRGB_PROFILE[:16] + b"RGB " + bytes(108)]
)
def test_broken_profile_is_said(broken, picture):
    with pytest.raises(DamagedMetadataError, match="ICC"):
        to_srgb(Image.fromarray(picture), broken)


def test_profile_of_another_kind_of_image_is_said(profiles, picture):
    with pytest.raises(DamagedMetadataError, match="made for CMYK"):
        to_srgb(Image.fromarray(picture), profiles["cmyk"])
    with pytest.raises(DamagedMetadataError, match="made for L"):
        to_srgb(Image.fromarray(picture), profiles["grey"])


def test_grey_image_with_rgb_profile_is_converted(profiles):
    grey = Image.new("L", (2, 2), 100)
    coloured = Image.merge("RGB", (grey, grey, grey))
    converted = to_srgb(grey, profiles["adobe"])
    assert converted.tobytes() == to_srgb(coloured, profiles["adobe"]).tobytes()


def test_written_profile_matches_the_pixels(profiles):
    assert output_profile(None) is None
    assert output_profile(SRGB_PROFILE) == SRGB_PROFILE
    for name in ("adobe", "p3", "grey", "cmyk"):
        assert output_profile(profiles[name]) == SRGB_PROFILE


def test_srgb_profile_is_valid_and_always_the_same():
    from packshot.edges.colour import _srgb_profile

    assert _srgb_profile() == SRGB_PROFILE
    opened = ImageCms.ImageCmsProfile(BytesIO(SRGB_PROFILE))
    assert "sRGB" in ImageCms.getProfileDescription(opened)
