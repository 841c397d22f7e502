"""What goes through a file comes back: identity for lossless formats, geometry for orientations."""

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from packshot.edges.decode import open_photo
from packshot.edges.encode import encode
from packshot.edges.provenance import merge_xmp
from packshot.edges.xmp import Provenance, read_xmp
from packshot.errors import PackshotError
from packshot.photo import Photo

SIDES = st.integers(1, 24)
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")), min_size=1).filter(
    lambda text: text == text.strip()
)


@st.composite
def photos(draw):
    shape = draw(SIDES), draw(SIDES)
    pixels = draw(arrays(np.uint8, (*shape, 3)))
    photo = Photo.from_array(pixels)
    if draw(st.booleans()):
        alpha = draw(arrays(np.uint8, shape))
        return photo.with_pixels(pixels, None if (alpha == 255).all() else alpha)
    return photo


@pytest.mark.parametrize("fmt", ["png", "webp"])
@settings(max_examples=60, deadline=None)
@given(photo=photos())
def test_lossless_files_are_the_identity(fmt, photo):
    again = open_photo(encode(photo, fmt, lossless=True))
    assert again.pixel_digest() == photo.pixel_digest()


@settings(max_examples=40, deadline=None)
@given(pixels=arrays(np.uint8, st.tuples(SIDES, SIDES, st.just(3))), orientation=st.integers(1, 8))
def test_orientation_is_the_geometric_transform(pixels, orientation):
    # Exif 3.0, 4.6.5.1.6: which edge of the stored picture is the top, which is the left.
    upright = {
        1: pixels,
        2: pixels[:, ::-1],
        3: pixels[::-1, ::-1],
        4: pixels[::-1],
        5: pixels.transpose(1, 0, 2),
        6: np.rot90(pixels, -1),
        7: pixels[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(pixels),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    written = BytesIO()
    Image.fromarray(pixels).save(written, "PNG", exif=exif)
    photo = open_photo(written.getvalue())
    assert np.array_equal(photo.pixels, upright)
    # A second trip does not turn it again.
    assert np.array_equal(open_photo(encode(photo, "png")).pixels, upright)


@settings(max_examples=60, deadline=None)
@given(creators=st.lists(TEXT, max_size=3), rights=st.none() | TEXT, credit=st.none() | TEXT)
def test_any_credits_survive_a_packet(creators, rights, credit):
    stated = Provenance(None, tuple(creators), rights, credit)
    packet = merge_xmp(None, stated)
    assert read_xmp(packet) == stated
    assert merge_xmp(packet, Provenance(None, ("other",) if creators else ())) == packet


def _damaged(fmt, **options):
    written = BytesIO()
    Image.fromarray(np.arange(768, dtype=np.uint8).reshape(16, 16, 3)).save(written, fmt, **options)
    return written.getvalue()


@pytest.mark.filterwarnings("ignore:.*:UserWarning")  # Pillow may warn of a damaged tag that it reads around
@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF", "GIF", "BMP"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_damaged_bytes_end_in_an_error_of_ours(fmt, data):
    """Any cut and any few changed bytes: a photo, or an error that says what to do."""
    whole = bytearray(_damaged(fmt))
    for _ in range(data.draw(st.integers(0, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    length = data.draw(st.integers(0, len(whole)))
    try:
        outcome = str(open_photo(bytes(whole[:length])).pixels.shape)
    except PackshotError as error:
        outcome = str(error)
    assert outcome
