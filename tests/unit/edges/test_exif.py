"""EXIF: read in both byte orders, made upright without touching the rest, garbage said."""

import contextlib
import struct

import pytest
from PIL import Image

from packshot.edges.exif import ARTIST, COPYRIGHT, Exif, credits_only
from packshot.errors import DamagedMetadataError

THUMBNAIL = b"\xff\xd8OLD PICTURE\xff\xd9"


def block(order="<", orientation=6, thumbnail=THUMBNAIL):
    """Main directory (maker, orientation, artist, details), details (colour space), thumbnail."""

    def entry(tag, kind, count, value):
        return struct.pack(order + "HHI", tag, kind, count) + value.ljust(4, b"\0")

    def long(value):
        return struct.pack(order + "I", value)

    def short(value):
        return struct.pack(order + "H", value)

    artist = b"A. Painter; B. Helper\0"
    main_end = 8 + 2 + 4 * 12 + 4
    details_at = main_end + len(artist)
    second_at = details_at + 2 + 12 + 4
    thumbnail_at = second_at + 2 + 2 * 12 + 4
    main = short(4) + entry(0x010F, 2, 4, b"Cam\0") + entry(0x0112, 3, 1, short(orientation))
    main += (
        entry(ARTIST, 2, len(artist), long(main_end))
        + entry(0x8769, 4, 1, long(details_at))
        + long(second_at)
    )
    details = short(1) + entry(0xA001, 3, 1, short(65535)) + long(0)
    second = (
        short(2)
        + entry(0x0201, 4, 1, long(thumbnail_at))
        + entry(0x0202, 4, 1, long(len(thumbnail)))
        + long(0)
    )
    start = b"II*\0" if order == "<" else b"MM\0*"
    return start + long(8) + main + artist + details + second + thumbnail


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("prefix", [b"", b"Exif\0\0"])
def test_reads_both_byte_orders(order, prefix):
    exif = Exif(prefix + block(order))
    assert exif.orientation == 6
    assert exif.text(ARTIST) == "A. Painter; B. Helper"
    assert exif.text(0x010F) == "Cam"
    assert exif.text(COPYRIGHT) is None


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("tail", [b"", b"maker's own bytes"])
def test_upright_block_differs_only_where_it_must(order, tail):
    before = block(order) + tail
    after = Exif(before).upright()
    assert THUMBNAIL not in after
    assert after.endswith(tail)
    loaded = Image.Exif()
    loaded.load(after)
    assert loaded[0x0112] == 1
    assert loaded[0x010F].rstrip("\0") == "Cam"
    assert loaded.get_ifd(0x8769)[0xA001] == 1
    assert after[58:62] == bytes(4)  # behind four entries: no second directory
    again = Exif(after)
    assert (again.orientation, again.text(ARTIST)) == (1, "A. Painter; B. Helper")
    assert again.upright() == after


def test_reserved_orientation_means_upright():
    assert Exif(block(orientation=0)).orientation == 1
    assert Exif(block(orientation=9)).orientation == 1


def test_every_truncation_is_said_or_survives():
    whole = block()
    directories = len(whole) - len(THUMBNAIL)
    survived = []
    for length in range(directories):
        with contextlib.suppress(DamagedMetadataError):
            survived.append(Exif(Exif(whole[:length]).upright()).orientation)
    assert set(survived) <= {1}
    with pytest.raises(DamagedMetadataError):
        Exif(whole[:40])


@pytest.mark.parametrize(
    "garbage", [b"", b"\0" * 50, b"II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff"]
)
def test_garbage_is_said(garbage):
    with pytest.raises(DamagedMetadataError, match="EXIF block is damaged"):
        Exif(garbage)


def test_thumbnail_pointing_at_the_directories_is_said():
    offset = struct.pack("<HHI", 0x0201, 4, 1)
    whole = block()
    at = whole.index(offset) + 8
    hostile = whole[:at] + struct.pack("<I", 4) + whole[at + 4 :]
    with pytest.raises(DamagedMetadataError):
        Exif(hostile).upright()


def test_credits_only_keeps_the_author():
    small = credits_only(block())
    assert Exif(small).text(ARTIST) == "A. Painter; B. Helper"
    assert len(small) < 80
    assert credits_only(Exif(block(orientation=1)).upright().replace(b"\x3b\x01", b"\x3c\x01")) is None
