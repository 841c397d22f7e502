"""Every way a file can store a picture comes out as the same pixels."""

import os
import threading

import cv2
import numpy as np
import pytest
from PIL import Image

from packshot.edges.colour import SRGB_PROFILE
from packshot.edges.decode import Limits, open_photo
from packshot.errors import TooLargeError, UnreadableError, UnsupportedFormatError, UsageError


@pytest.mark.parametrize("fmt", ["PNG", "BMP", "TIFF", "WEBP"])
def test_lossless_formats_keep_every_pixel(fmt, picture, encoded):
    options = {"lossless": True} if fmt == "WEBP" else {}
    photo = open_photo(encoded(picture, fmt, **options), name="photo.dat")
    assert np.array_equal(photo.pixels, picture)
    assert photo.alpha is None
    assert photo.origin.format == fmt.lower()
    assert photo.origin.lossless
    assert photo.origin.extension == ".dat"
    assert not photo.pixels.flags.writeable


@pytest.mark.parametrize("fmt", ["JPEG", "WEBP", "AVIF"])
def test_lossy_formats_are_called_so(fmt, picture, encoded):
    photo = open_photo(encoded(picture, fmt, quality=95))
    assert not photo.origin.lossless
    assert np.abs(photo.pixels.astype(int) - picture).mean() < 6


@pytest.mark.parametrize("padding", [b"", b"\0"])
def test_lossless_webp_is_seen_behind_a_profile_of_odd_length(padding, picture, encoded):
    profile = SRGB_PROFILE + padding
    photo = open_photo(encoded(picture, "WEBP", lossless=True, icc_profile=profile))
    assert photo.origin.lossless
    assert photo.metadata.icc == profile


def test_jpeg_compressed_tiff_is_lossy(picture, encoded):
    assert not open_photo(encoded(picture, "TIFF", compression="jpeg")).origin.lossless
    assert open_photo(encoded(picture, "TIFF", compression="tiff_lzw")).origin.lossless


def test_identity_travels_along(tmp_path, picture, encoded):
    path = tmp_path / "shoe.PNG"
    path.write_bytes(encoded(picture, "PNG"))
    photo = open_photo(path, product="p", category="shoes", merchant="m", attested_by="a")
    assert (photo.product, photo.category, photo.merchant, photo.attested_by) == ("p", "shoes", "m", "a")
    assert (photo.origin.name, photo.origin.extension) == (str(path), ".png")
    assert photo.origin.data == path.read_bytes()


@pytest.mark.parametrize("depth_path", ["PNG", "TIFF"])
@pytest.mark.parametrize("channels", [1, 3])
def test_sixteen_bits_round_to_the_nearest_level(depth_path, channels, tmp_path):
    samples = np.random.default_rng(2).integers(0, 65536, (40, 30, channels)).astype(np.uint16)
    samples[0, :3] = [[0] * channels, [65535] * channels, [257 * 100] * channels]
    path = tmp_path / f"deep.{depth_path.lower()}"
    cv2.imwrite(str(path), samples[..., ::-1])
    photo = open_photo(path)
    expected = np.broadcast_to(np.round(samples / 257), (40, 30, 3))
    assert photo.origin.bit_depth == 16
    assert np.array_equal(photo.pixels, expected)


def test_sixteen_bit_alpha(tmp_path):
    samples = np.random.default_rng(3).integers(0, 65536, (20, 20, 4)).astype(np.uint16)
    path = tmp_path / "deep.png"
    cv2.imwrite(str(path), cv2.cvtColor(samples, cv2.COLOR_RGBA2BGRA))
    photo = open_photo(path)
    assert np.array_equal(photo.pixels, np.round(samples[..., :3] / 257))
    assert np.array_equal(photo.alpha, np.round(samples[..., 3] / 257))


def test_sixteen_bit_grey_tiff_with_white_as_zero(encoded):
    data = encoded(np.full((4, 4), 65535, np.uint16), "TIFF", tiffinfo={262: 0})
    assert (open_photo(data).pixels == 0).all()


def test_grey_grey_alpha_and_one_bit(encoded):
    grey = np.arange(64, dtype=np.uint8).reshape(8, 8) * 4
    assert np.array_equal(open_photo(encoded(grey, "PNG")).pixels, np.repeat(grey[..., None], 3, 2))
    both = Image.merge("LA", (Image.fromarray(grey), Image.fromarray(255 - grey)))
    photo = open_photo(encoded(both, "PNG"))
    assert np.array_equal(photo.pixels[..., 0], grey)
    assert np.array_equal(photo.alpha, 255 - grey)
    one_bit = open_photo(encoded(Image.fromarray(grey > 100), "PNG"))
    assert np.array_equal(one_bit.pixels[..., 1], np.where(grey > 100, 255, 0))
    assert one_bit.origin.bit_depth == 1


def test_palette_with_and_without_transparency(encoded):
    indices = np.tile(np.arange(4, dtype=np.uint8), (4, 1))
    image = Image.fromarray(indices, "P")
    image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9])
    assert open_photo(encoded(image, "PNG")).alpha is None
    photo = open_photo(encoded(image, "PNG", transparency=bytes([255, 128, 0, 255])))
    assert photo.pixels[0].tolist() == [[255, 0, 0], [0, 255, 0], [0, 0, 255], [9, 9, 9]]
    assert photo.alpha[0].tolist() == [255, 128, 0, 255]
    assert photo.origin.mode == "P"


def test_one_transparent_colour_of_an_rgb_png(encoded):
    pixels = np.array([[[1, 2, 3], [4, 5, 6]]], np.uint8)
    photo = open_photo(encoded(pixels, "PNG", transparency=(4, 5, 6)))
    assert photo.alpha.tolist() == [[255, 0]]


def test_opaque_alpha_is_no_alpha(picture, encoded):
    opaque = np.dstack((picture, np.full(picture.shape[:2], 255, np.uint8)))
    photo = open_photo(encoded(opaque, "PNG"))
    assert photo.alpha is None
    assert photo.origin.mode == "RGBA"


def test_colours_under_transparent_pixels_are_kept(encoded):
    pixels = np.dstack((np.full((2, 2, 3), 50, np.uint8), np.zeros((2, 2), np.uint8)))
    photo = open_photo(encoded(pixels, "PNG"))
    assert (photo.pixels == 50).all()
    assert (photo.alpha == 0).all()


def test_cmyk_jpeg_is_not_inverted(encoded):
    white = Image.new("CMYK", (16, 16), (0, 0, 0, 0))
    photo = open_photo(encoded(white, "JPEG"))
    assert photo.pixels.min() > 250
    assert photo.origin.mode == "CMYK"


def test_lab_tiff(encoded):
    lab = Image.frombytes("LAB", (1, 2), bytes((255, 0, 0, 0, 0, 0)))
    white, black = open_photo(encoded(lab, "TIFF")).pixels[:, 0]
    assert white.min() >= 254
    assert black.max() <= 1


@pytest.mark.parametrize("mode", ["F", "I"])
def test_rare_samples_are_refused(mode, encoded):
    with pytest.raises(UnsupportedFormatError, match=f"samples of kind {mode}"):
        open_photo(encoded(Image.new(mode, (4, 4)), "TIFF"))


def test_embedded_profile_is_applied_and_kept(profiles, picture, encoded):
    photo = open_photo(encoded(picture, "PNG", icc_profile=profiles["p3"]))
    assert photo.metadata.icc == profiles["p3"]
    assert np.abs(photo.pixels.astype(int) - picture).mean() > 2


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
def test_orientation_is_applied_once(fmt, orientation, encoded):
    quadrants = np.zeros((32, 48, 3), np.uint8)
    quadrants[:16, :24] = (250, 0, 0)
    quadrants[16:, 24:] = (0, 0, 250)
    turns = {1: 0, 2: 0, 3: 2, 4: 2, 5: 3, 6: 3, 7: 1, 8: 1}
    upright = np.rot90(quadrants, turns[orientation])
    if orientation in (2, 4, 5, 7):
        upright = upright[:, ::-1]
    exif = Image.Exif()
    exif[0x0112] = orientation
    photo = open_photo(encoded(quadrants, fmt, exif=exif, quality=95))
    assert photo.pixels.shape == upright.shape
    assert np.abs(photo.pixels.astype(int) - upright).mean() < 6
    assert photo.origin.orientation == orientation
    kept = Image.Exif()
    kept.load(photo.metadata.exif or b"")
    assert kept.get(0x0112, 1) == 1


def test_limits_hold_before_decoding(tmp_path, picture, encoded):
    data = encoded(picture, "PNG")
    for limits, unit in (
        (Limits(pixels=3000), "megapixels"),
        (Limits(side=63), "a side"),
        (Limits(100), "MiB"),
    ):
        with pytest.raises(TooLargeError, match=unit):
            open_photo(data, limits=limits)
    path = tmp_path / "big.png"
    path.write_bytes(data)
    with pytest.raises(TooLargeError, match="MiB"):
        open_photo(path, limits=Limits(file_bytes=len(data) - 1))
    read, write = os.pipe()
    os.write(write, data)
    os.close(write)
    with pytest.raises(TooLargeError, match="MiB"):
        open_photo(f"/dev/fd/{read}", limits=Limits(file_bytes=len(data) - 1))
    os.close(read)
    assert open_photo(path, limits=Limits(file_bytes=len(data), pixels=64 * 48, side=64)).width == 64


def test_missing_path_is_said(tmp_path):
    with pytest.raises(UnreadableError, match=r"none\.jpg cannot be read: No such file"):
        open_photo(tmp_path / "none.jpg")


def test_many_threads_see_the_same_pixels(profiles, picture, encoded):
    data = encoded(picture, "PNG", icc_profile=profiles["p3"])
    digests = []
    threads = [
        threading.Thread(target=lambda: digests.append(open_photo(data).pixel_digest())) for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(digests) == 16
    assert len(set(digests)) == 1


@pytest.mark.parametrize("name", ["", " ", "\t\n"])
def test_a_blank_attestation_is_nobodys_word(name, picture, encoded):
    with pytest.raises(UsageError, match="attested_by is blank"):
        open_photo(encoded(picture, "PNG"), attested_by=name)
    assert open_photo(encoded(picture, "PNG"), attested_by="A. Merchant").attested_by == "A. Merchant"
