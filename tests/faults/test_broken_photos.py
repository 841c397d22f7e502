"""Each broken or unusual input ends in exactly one known way."""

import struct
import subprocess
import sys
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from packshot.edges.decode import open_photo
from packshot.edges.encode import encode
from packshot.edges.provenance import read_provenance
from packshot.edges.xmp import ENHANCED, Provenance
from packshot.errors import FormatLimitError, TooLargeError, UndecodableError, UnsupportedFormatError
from packshot.photo import Photo
from packshot.pipeline import Pipeline
from packshot.recipe import Recipe

RED = np.full((40, 60, 3), (200, 20, 20), np.uint8)
RED[10:30, 20:40] = np.random.default_rng(7).integers(0, 256, (20, 20, 3))


def file_of(fmt, source=RED, **options):
    image = source if isinstance(source, Image.Image) else Image.fromarray(source)
    written = BytesIO()
    image.save(written, fmt, **options)
    return written.getvalue()


def png_header(width, height):
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    data = b"\0\0\0\x08IDAT" + bytes(8) + struct.pack(">I", zlib.crc32(b"IDAT" + bytes(8)))
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk)) + data


def webp_header(width, height):
    canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + canvas + b"VP8 " + bytes(40)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def test_empty_file(tmp_path):
    path = tmp_path / "empty.jpg"
    path.touch()
    with pytest.raises(UndecodableError, match=r"empty\.jpg: the file is empty"):
        open_photo(path)


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF", "GIF", "BMP"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_truncated_file_is_refused_not_half_decoded(fmt, share):
    data = file_of(fmt)
    with pytest.raises(UndecodableError, match=r"^a\.x: the file is damaged or truncated"):
        open_photo(data[: int(len(data) * share)], name="a.x")


def test_truncated_progressive_jpeg():
    data = file_of("JPEG", progressive=True)
    with pytest.raises(UndecodableError):
        open_photo(data[: len(data) * 2 // 3])


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"This is no picture, whatever its name says.\n", "not a picture"),
        (b"BM is a fine way to begin a sentence.", "not a picture"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "a web page"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG drawing"),
        (b"%PDF-1.7", "a PDF document"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "a PostScript document"),
        (b"8BPS\0\1", "a Photoshop document"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "a HEIC picture"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isommp42", "a video"),
        (bytes(100), "not a picture"),
    ],
)
def test_what_is_not_on_the_list_is_named(data, found):
    with pytest.raises(
        UnsupportedFormatError, match=f"^a.jpg is {found}; packshot reads jpeg, png, webp, avif"
    ):
        open_photo(data, name="a.jpg")


def test_content_decides_not_the_name(tmp_path):
    path = tmp_path / "really_a_png.jpg"
    path.write_bytes(file_of("PNG"))
    photo = open_photo(path)
    assert (photo.origin.format, photo.origin.extension) == ("png", ".jpg")
    assert np.array_equal(photo.pixels, RED)


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (png_header(30_000, 30_000), "30000 x 30000"),
        (png_header(9_500, 9_500), "9500 x 9500"),  # where Pillow itself only warns
        (webp_header(16_000, 16_000), "16000 x 16000"),
    ],
)
def test_giant_header_is_refused_before_pixels(data, size):
    with pytest.raises(TooLargeError, match=rf"megapixels \({size}\), more than the limit of 80"):
        open_photo(data)


def test_endless_side_is_refused():
    with pytest.raises(
        TooLargeError, match=r"70000 pixels a side, more than the limit of 65535\. Scale it down"
    ):
        open_photo(png_header(70_000, 1))


def test_one_pixel_decodes():
    photo = open_photo(file_of("PNG", RED[:1, :1]))
    assert photo.pixels.tolist() == [[[200, 20, 20]]]


def test_cmyk_decodes():
    photo = open_photo(file_of("JPEG", Image.new("CMYK", (8, 8), (0, 255, 255, 0)), quality=95))
    assert photo.origin.mode == "CMYK"
    assert np.abs(photo.pixels.astype(int) - (255, 0, 0)).max() < 6


def test_sixteen_bit_decodes():
    ramp = np.linspace(0, 65535, 256).round().astype(np.uint16)[None]
    photo = open_photo(file_of("PNG", ramp))
    assert photo.origin.bit_depth == 16
    assert np.array_equal(photo.pixels[0, :, 0], np.arange(256))


@pytest.mark.parametrize("fmt", ["GIF", "WEBP", "PNG", "AVIF", "TIFF"])
def test_first_of_several_frames_is_used_and_counted(fmt):
    frames = [Image.new("RGB", (32, 24), colour) for colour in ("red", "blue", "lime")]
    data = file_of(fmt, frames[0], save_all=True, append_images=frames[1:], duration=50)
    photo = open_photo(data)
    assert photo.origin.frames == 3
    assert np.abs(photo.pixels.astype(int) - (255, 0, 0)).max() <= 6


def test_animated_lossless_webp_is_lossless():
    frames = [Image.new("RGB", (32, 24), colour) for colour in ("red", "blue")]
    options = {"save_all": True, "append_images": frames[1:], "duration": 50}
    assert open_photo(file_of("WEBP", frames[0], lossless=True, **options)).origin.lossless
    assert not open_photo(file_of("WEBP", frames[0], **options)).origin.lossless


@pytest.mark.parametrize("fmt", ["PNG", "JPEG"])
def test_corrupt_profile_is_left_out_and_said(fmt):
    photo = open_photo(file_of(fmt, icc_profile=b"not a profile" * 20))
    assert photo.metadata.icc is None
    assert "ICC" in photo.metadata.problems[0]
    assert np.array_equal(photo.pixels, open_photo(file_of(fmt)).pixels)


@pytest.mark.parametrize("fmt", ["PNG", "WEBP", "JPEG"])
def test_garbage_exif_is_left_out_and_said(fmt):
    photo = open_photo(file_of(fmt, exif=b"Exif\0\0garbage, and not little of it"))
    assert photo.metadata.exif is None
    (problem,) = photo.metadata.problems
    assert problem.startswith(
        "The EXIF block is damaged; it cannot be carried over: a treated photo loses camera"
    )
    assert photo.origin.orientation == 1


def test_billion_laughs_in_xmp_is_left_out_and_said():
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE x [<!ENTITY l0 "ha">{entities}]><x>&l9;</x>'.encode()
    photo = open_photo(file_of("WEBP", xmp=bomb, lossless=True))
    assert photo.metadata.xmp is None
    assert "declares a document type" in photo.metadata.problems[0]
    written = encode(photo, "png", provenance=Provenance(ENHANCED))
    assert read_provenance(written).digital_source_type == ENHANCED


def test_compressed_text_bomb_in_png_is_refused():
    text = b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(bytes(80_000_000))
    chunk = b"iTXt" + text
    data = file_of("PNG")
    bomb = data[:33] + struct.pack(">I", len(text)) + chunk + struct.pack(">I", zlib.crc32(chunk)) + data[33:]
    with pytest.raises(UndecodableError):
        open_photo(bomb)


def test_damaged_metadata_reaches_the_person():
    pipeline = Pipeline(Recipe.from_dict({"stages": []}))
    trail = pipeline.run(open_photo(file_of("JPEG", exif=b"Exif\0\0garbage, and not little of it")))
    told = [finding.message for finding in trail.findings_after if finding.code == "damaged_metadata"]
    assert len(told) == 1
    assert "loses camera, time, author" in told[0]


def exif_with_a_value_outside():
    artist = struct.pack(">HHHIII", 1, 0x013B, 2, 100, 5000, 0)
    return b"Exif\0\0MM\0*" + struct.pack(">I", 8) + artist


def png_with_an_animation_of_no_frames():
    data, chunk = file_of("PNG"), b"acTL" + bytes(8)
    return data[:33] + struct.pack(">I", 8) + chunk + struct.pack(">I", zlib.crc32(chunk)) + data[33:]


def test_what_pillow_thinks_of_a_file_does_not_reach_stderr(tmp_path):
    (tmp_path / "a.jpg").write_bytes(file_of("JPEG", exif=exif_with_a_value_outside()))
    (tmp_path / "b.png").write_bytes(png_with_an_animation_of_no_frames())
    code = "from packshot import open_photo\nfor name in ('a.jpg', 'b.png'): print(open_photo(name).width)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("60\n60\n", "")


@pytest.mark.parametrize(("fmt", "side"), [("jpeg", 65_501), ("webp", 16_384), ("avif", 32_769)])
def test_a_photo_too_long_for_its_format_is_refused_with_the_way_out(fmt, side):
    photo = Photo.from_array(np.zeros((1, side, 3), np.uint8), name="long.x")
    with pytest.raises(
        FormatLimitError, match=rf"long\.x has {side} .* {fmt} holds {side - 1}\. .*--format png"
    ):
        encode(photo, fmt)
    shorter = Photo.from_array(photo.pixels[:, 1:])
    assert open_photo(encode(shorter, fmt)).width == side - 1
    assert open_photo(encode(Photo.from_array(photo.pixels[:, :65_535]), "png")).width == min(side, 65_535)
