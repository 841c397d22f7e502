"""Provenance: the truthful term, merged without loss, read again from every format."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from packshot.backend import Card
from packshot.edges.decode import open_photo
from packshot.edges.encode import encode
from packshot.edges.metadata import iim_credits
from packshot.edges.provenance import (
    Provenance,
    digital_source_type,
    merge_xmp,
    provenance_of,
    read_provenance,
)
from packshot.edges.xmp import (
    COMPOSITE_WITH_TRAINED,
    DIGITAL_SOURCE_TYPES,
    ENHANCED,
    read_xmp,
    stronger_source_type,
)
from packshot.errors import DamagedMetadataError, UndecodableError
from packshot.trail import Outcome, Step

PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:own="http://shop.example/ns/"
 xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/"
 xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:ext="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 tiff:Orientation="6" photoshop:Credit="Studio &amp; Söhne" own:sku="4711" %s>
<dc:creator><rdf:Seq><rdf:li>A. Painter</rdf:li><rdf:li>B. Helper</rdf:li></rdf:Seq></dc:creator>
<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">© 2026 Studio</rdf:li></rdf:Alt></dc:rights>
<xmp:Thumbnails>QUJD</xmp:Thumbnails>%s
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""
CREDITS = Provenance(None, ("A. Painter", "B. Helper"), "© 2026 Studio", "Studio & Söhne")


def packet(attribute="", element=""):
    return (PACKET % (attribute, element)).encode()


class Painter:
    """A filler, with or without trained weights."""

    def __init__(self, *weights):
        self.card = Card("painter", "1", "MIT", weights)

    def fill(self, pixels, hole):
        return np.where(hole[..., None], 0, pixels)


class Detector:
    """Trained, but it paints nothing."""

    card = Card("detector", "1", "MIT", (("detector.onnx", "00"),))

    def detect(self, pixels):
        return [] if pixels.size else None


def test_source_type_follows_what_was_done():
    assert digital_source_type([], [Painter(("w", "00"))]) is None
    assert digital_source_type(["upscale"], []) == ENHANCED
    assert digital_source_type(["erase_text"], [Detector(), Painter()]) == ENHANCED
    assert digital_source_type(["erase_text"], [Detector(), Painter(("w", "00"))]) == COMPOSITE_WITH_TRAINED


def test_only_stages_that_changed_something_count():
    undone = Step("erase_text", Outcome.UNDONE, 0.0, 0.0)
    skipped = Step("upscale", Outcome.SKIPPED, 0.0, 0.0)
    assert provenance_of([undone, skipped]) == Provenance()
    applied = Step("upscale", Outcome.APPLIED, 0.0, 0.0)
    assert provenance_of([undone, applied]).digital_source_type == ENHANCED


@pytest.mark.parametrize(
    ("existing", "new", "expected"),
    [
        (None, ENHANCED, ENHANCED),
        ("digitalCapture", None, "digitalCapture"),
        ("digitalCapture", ENHANCED, ENHANCED),
        ("humanEdits", ENHANCED, ENHANCED),
        ("trainedAlgorithmicMedia", ENHANCED, "trainedAlgorithmicMedia"),
        ("compositeWithTrainedAlgorithmicMedia", ENHANCED, "compositeWithTrainedAlgorithmicMedia"),
        ("compositeSynthetic", ENHANCED, "compositeSynthetic"),
        ("digitalCreation", ENHANCED, "digitalCreation"),
        ("trainedAlgorithmicMedia", COMPOSITE_WITH_TRAINED, "trainedAlgorithmicMedia"),
        ("algorithmicallyEnhanced", COMPOSITE_WITH_TRAINED, COMPOSITE_WITH_TRAINED),
        ("digitalCapture", COMPOSITE_WITH_TRAINED, COMPOSITE_WITH_TRAINED),
    ],
)
def test_a_stronger_statement_is_never_weakened(existing, new, expected):
    full = DIGITAL_SOURCE_TYPES + existing if existing else None
    wanted = expected if expected.startswith("http") else DIGITAL_SOURCE_TYPES + expected
    assert stronger_source_type(full, new) == wanted


@pytest.mark.parametrize("spelling", ["attribute", "text", "resource"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_source_type_is_found_and_replaced_in_every_spelling(spelling, scheme):
    uri = f"{scheme}://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"
    existing = {
        "attribute": packet(attribute=f'ext:DigitalSourceType="{uri}"'),
        "text": packet(element=f"<ext:DigitalSourceType>{uri}</ext:DigitalSourceType>"),
        "resource": packet(element=f'<ext:DigitalSourceType rdf:resource="{uri}"/>'),
    }[spelling]
    assert read_xmp(existing).digital_source_type == DIGITAL_SOURCE_TYPES + "digitalCapture"
    merged = merge_xmp(existing, Provenance(ENHANCED))
    assert merged.count(b"DigitalSourceType>") == 2
    assert b"digitalCapture" not in merged
    assert read_xmp(merged) == Provenance(ENHANCED, *astuple(CREDITS)[1:])


def astuple(provenance):
    return (provenance.digital_source_type, provenance.creators, provenance.rights, provenance.credit)


def test_merging_keeps_what_it_does_not_know_and_drops_what_became_false():
    merged = merge_xmp(packet(), Provenance(ENHANCED, ("Someone Else",), "other", "other"))
    assert b'own:sku="4711"' in merged
    assert b"Orientation" not in merged
    assert b"Thumbnails" not in merged
    assert read_xmp(merged) == Provenance(ENHANCED, *astuple(CREDITS)[1:])
    assert merge_xmp(merged, Provenance(ENHANCED)) == merged


def test_a_new_packet_says_everything():
    everything = Provenance(ENHANCED, *astuple(CREDITS)[1:])
    assert read_xmp(merge_xmp(None, everything)) == everything


LAUGHS = b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>' + packet().split(b"?>", 1)[1]
EXTERNAL = b'<!DOCTYPE a SYSTEM "http://127.0.0.1/x">' + packet().split(b"?>", 1)[1]
DEEP = b"<a>" * 5000 + b"</a>" * 5000


@pytest.mark.parametrize("hostile", [LAUGHS, EXTERNAL, DEEP, b"<a", b"plain", b"<a/>", packet()[:300]])
def test_unsafe_and_broken_packets_are_refused(hostile):
    with pytest.raises(DamagedMetadataError, match="XMP"):
        read_xmp(hostile)
    with pytest.raises(DamagedMetadataError, match="XMP"):
        merge_xmp(hostile, Provenance(ENHANCED))


@pytest.mark.parametrize("fmt", ["jpeg", "png", "webp", "avif"])
def test_round_trip_through_every_format(fmt, picture, encoded):
    exif = Image.Exif()
    exif[0x013B], exif[0x8298], exif[0x0112] = "A. Painter", "© EXIF", 6
    data = encoded(picture, "JPEG", xmp=packet(), exif=exif, quality=90)
    written = encode(open_photo(data), fmt, provenance=Provenance(ENHANCED))
    assert read_provenance(written) == Provenance(ENHANCED, *astuple(CREDITS)[1:])
    again = Image.open(BytesIO(written))
    again.load()
    assert again.size == (48, 64)
    assert again.getexif()[0x013B] == "A. Painter"
    assert again.getexif().get(0x0112, 1) == 1
    assert open_photo(written).metadata.problems == ()


@pytest.mark.parametrize("fmt", ["jpeg", "png", "webp", "avif"])
def test_nothing_done_says_nothing(fmt, picture, encoded):
    written = encode(open_photo(encoded(picture, "PNG")), fmt)
    assert read_provenance(written) == Provenance()
    assert open_photo(written).metadata.xmp is None


def test_exif_credits_speak_where_xmp_is_silent(picture, encoded):
    exif = Image.Exif()
    exif[0x013B], exif[0x8298] = "A; B", "(c) 2026"
    assert read_provenance(encoded(picture, "JPEG", exif=exif)) == Provenance(None, ("A", "B"), "(c) 2026")
    assert read_provenance(encoded(picture, "TIFF", tiffinfo=exif)) == Provenance(
        None, ("A", "B"), "(c) 2026"
    )


def iim(*records):
    return b"".join(b"\x1c\x02" + bytes((n,)) + len(v).to_bytes(2, "big") + v for n, v in records)


def test_iim_credits_move_into_xmp(picture, encoded):
    records = b"\x1c\x01\x5a\0\x03\x1b%G" + iim(
        (80, b"A"), (80, "Ä".encode()), (116, b"\xa9 2026"), (110, b"S")
    )
    expected = Provenance(None, ("A", "Ä"), "© 2026", "S")
    assert iim_credits(records) == expected
    resource = b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0" + len(records).to_bytes(4, "big") + records
    segment = b"\xff\xed" + (len(resource) + 2).to_bytes(2, "big") + resource
    data = encoded(picture, "JPEG")
    photo = open_photo(data[:2] + segment + data[2:])
    assert read_xmp(open_photo(encode(photo, "webp")).metadata.xmp) == expected


def test_truncated_iim_ends_quietly():
    records = iim((80, b"A"), (116, b"notice"))
    assert iim_credits(records[:-3]).creators == ("A",)
    assert iim_credits(b"junk") == Provenance()


def test_reading_provenance_of_a_broken_file_is_said(picture, encoded):
    with pytest.raises(UndecodableError):
        read_provenance(encoded(picture, "PNG")[:100])
