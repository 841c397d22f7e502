"""What is written: pixels, profile, metadata, size; whole or not at all."""

import os
import stat
from io import BytesIO

import cv2
import numpy as np
import pytest
from PIL import Image

from packshot.edges.colour import SRGB_PROFILE
from packshot.edges.decode import open_photo
from packshot.edges.encode import default_quality, encode, save, write_atomically
from packshot.edges.provenance import read_provenance
from packshot.edges.xmp import ENHANCED, Provenance, merge_xmp
from packshot.errors import UnknownNameError, UsageError
from packshot.photo import Photo


@pytest.fixture
def photo(picture):
    return Photo.from_array(picture)


@pytest.fixture
def translucent(picture):
    alpha = np.tile(np.linspace(0, 255, 64).astype(np.uint8), (48, 1))
    return Photo.from_array(picture).with_pixels(picture.copy(), alpha)


@pytest.mark.parametrize("fmt", ["png", "webp"])
def test_lossless_round_trip(fmt, photo, translucent):
    for original in (photo, translucent):
        again = open_photo(encode(original, fmt, lossless=True))
        assert again.origin.format == fmt
        assert again.origin.lossless
        assert again.pixel_digest() == original.pixel_digest()


@pytest.mark.parametrize("fmt", ["jpeg", "avif"])
def test_lossless_is_refused_where_it_cannot_be(fmt, photo):
    with pytest.raises(UsageError, match=fmt):
        encode(photo, fmt, lossless=True)


@pytest.mark.parametrize("fmt", ["jpeg", "webp", "avif"])
def test_default_quality_is_near_the_photo(fmt, photo):
    again = open_photo(encode(photo, fmt))
    assert np.abs(again.pixels.astype(int) - photo.pixels).mean() < 4


@pytest.mark.parametrize("fmt", ["jpeg", "webp", "avif"])
def test_quality_changes_the_size(fmt):
    noise = Photo.from_array(np.random.default_rng(4).integers(0, 256, (64, 64, 3), dtype=np.uint8))
    assert len(encode(noise, fmt, quality=30)) < len(encode(noise, fmt, quality=95))


def test_jpeg_lays_alpha_over_white(translucent):
    again = open_photo(encode(translucent, "jpeg"))
    assert again.alpha is None
    assert np.abs(again.pixels.astype(int) - translucent.on_white()).mean() < 4
    assert again.pixels[:, 0].min() > 240


@pytest.mark.parametrize("fmt", ["webp", "avif"])
def test_lossy_alpha_is_kept(fmt, translucent):
    again = open_photo(encode(translucent, fmt))
    assert np.abs(again.alpha.astype(int) - translucent.alpha).mean() < 3


def test_same_photo_gives_same_bytes(translucent):
    for fmt in ("jpeg", "png", "webp", "avif"):
        assert encode(translucent, fmt) == encode(translucent, fmt)


@pytest.mark.parametrize("fmt", ["jpeg", "png", "webp", "avif"])
def test_colours_of_a_wide_photo_survive_colour_managed_reading(fmt, profiles, picture, encoded):
    wide = open_photo(encoded(picture, "PNG", icc_profile=profiles["adobe"]))
    written = encode(wide, fmt)
    assert Image.open(BytesIO(written)).info["icc_profile"] == SRGB_PROFILE
    again = open_photo(written)
    assert np.abs(again.pixels.astype(int) - wide.pixels).mean() < 4


def test_profile_is_left_alone_where_pixels_were(picture, encoded):
    tagged = open_photo(encoded(picture, "PNG", icc_profile=SRGB_PROFILE))
    assert open_photo(encode(tagged, "png")).metadata.icc == SRGB_PROFILE
    untagged = open_photo(encoded(picture, "PNG"))
    assert open_photo(encode(untagged, "png")).metadata.icc is None


@pytest.mark.parametrize(("quality", "expected"), [(40, 75), (82, 82), (98, 90)])
def test_a_jpeg_is_not_blown_up(quality, expected, encoded):
    rng = np.random.default_rng(5)
    rough = np.clip(np.cumsum(rng.normal(0, 6, (96, 96, 3)), axis=1) + 128, 0, 255).astype(np.uint8)
    data = encoded(rough, "JPEG", quality=quality, subsampling="4:2:0")
    photo = open_photo(data)
    assert default_quality(photo, "jpeg") == expected
    written = encode(photo, "jpeg")
    assert len(written) < 1.9 * len(data)
    assert Image.open(BytesIO(written)).layer[0][1:3] == (2, 2)


def test_lettering_from_other_formats_keeps_its_colour(photo):
    assert Image.open(BytesIO(encode(photo, "jpeg"))).layer[0][1:3] == (1, 1)


def test_metadata_too_long_for_a_jpeg_shrinks_to_the_credits(picture, encoded):
    credits_ = Provenance(None, ("A",), "© A", "C")
    long_xmp = merge_xmp(None, credits_).replace(
        b'rdf:about=""', b'rdf:about="" xmlns:o="o:" o:x="' + b"y" * 70_000 + b'"', 1
    )
    exif = Image.Exif()
    exif[0x013B] = "A"
    exif[0x010E] = "d" * 70_000
    photo = open_photo(encoded(picture, "WEBP", xmp=long_xmp, exif=exif))
    assert len(photo.metadata.xmp) > 70_000
    written = encode(photo, "jpeg", provenance=Provenance(ENHANCED))
    assert read_provenance(written) == Provenance(ENHANCED, ("A",), "© A", "C")
    again = Image.open(BytesIO(written)).getexif()
    assert again[0x013B] == "A"
    assert 0x010E not in again
    assert len(open_photo(encode(photo, "png")).metadata.xmp) > 70_000


def test_unknown_format_lists_the_choices(photo, tmp_path):
    with pytest.raises(UnknownNameError, match="avif, jpeg, png, webp"):
        encode(photo, "gif")
    with pytest.raises(UnknownNameError, match=r"\.avif"):
        save(photo, tmp_path / "a.gif", unchanged=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("fmt", "suffix"), [("JPEG", ".jpg"), ("PNG", ".PNG"), ("GIF", ".gif"), ("TIFF", ".tif")]
)
def test_untouched_photo_is_passed_through(fmt, suffix, picture, encoded, tmp_path):
    data = encoded(picture, fmt)
    photo = open_photo(data)
    assert save(photo, tmp_path / f"a{suffix}", unchanged=True)
    assert (tmp_path / f"a{suffix}").read_bytes() == data


def test_touched_or_converted_photo_is_encoded(picture, encoded, tmp_path):
    data = encoded(picture, "JPEG")
    photo = open_photo(data)
    assert not save(photo, tmp_path / "a.jpg", unchanged=False)
    assert not save(photo, tmp_path / "a.png", unchanged=True)
    assert not save(Photo.from_array(picture), tmp_path / "b.png", unchanged=True)
    assert (tmp_path / "a.jpg").read_bytes() != data
    assert open_photo(tmp_path / "a.png").pixel_digest() == photo.pixel_digest()


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    target = tmp_path / "a.bin"
    write_atomically(target, b"old")
    with pytest.raises(TypeError):
        write_atomically(target, None)
    assert target.read_bytes() == b"old"
    write_atomically(target, b"new")
    assert target.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [target]
    mask = os.umask(0o022)
    os.umask(mask)
    assert stat.S_IMODE(target.stat().st_mode) == 0o666 & ~mask


def test_untouched_blocks_of_a_jpeg_lose_nothing_a_second_time(tmp_path):
    rng = np.random.default_rng(3)
    soft = cv2.GaussianBlur(rng.integers(0, 256, (160, 240, 3), dtype=np.uint8), (0, 0), 3)
    for quality in (80, 95):
        Image.fromarray(soft).save(tmp_path / "in.jpg", quality=quality, subsampling="4:4:4")
        photo = open_photo(tmp_path / "in.jpg")
        edited = photo.pixels.copy()
        edited[40:60, 50:90] = 255
        (tmp_path / "out.jpg").write_bytes(encode(photo.with_pixels(edited), "jpeg"))
        again = open_photo(tmp_path / "out.jpg").pixels
        far = np.ones(edited.shape[:2], bool)
        far[32:72, 40:104] = False  # the blocks that the edit touches
        change = np.abs(again.astype(int) - photo.pixels)[far]
        assert change.max() <= 3, quality
        assert change.mean() < 0.05, quality
