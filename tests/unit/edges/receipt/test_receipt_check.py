"""An honest file passes, and nothing that was altered does."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from receipt_cases import Case, statuses

from packshot.edges.decode import open_photo
from packshot.edges.encode import encode
from packshot.edges.receipt import Receipt, SigningKey, Status, build, check, sign, verify
from packshot.edges.receipt.canonical import canonical
from packshot.edges.receipt.dsse import open_envelope, pae, seal
from packshot.edges.receipt.errors import SignatureError
from packshot.edges.receipt.masks import pack, unpack
from packshot.edges.renditions import downscale
from packshot.errors import PackshotError

ALL = ["signature", "subject", "original", "original_pixels", "untouched", "edits", "source_type"]
Make = Callable[..., Case]
File = Callable[..., bytes]


def message(case: Case, name: str, **changed: object) -> str:
    return next(check.message for check in case.check(**changed).checks if check.name == name)


def forged(case: Case, alter: Callable[[dict], None]) -> bytes:
    """The receipt with its statement altered and signed anew by the trusted key: a lie, not a forgery."""
    statement = json.loads(open_envelope(case.receipt).payload)
    alter(statement)
    return seal(canonical(statement), case.key)


def exact(image: Image.Image, fmt: str = "PNG", **options: object) -> bytes:
    written = BytesIO()
    image.save(written, fmt, **options)
    return written.getvalue()


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize(("fmt", "options"), [("png", {}), ("webp", {"lossless": True})])
def test_a_lossless_output_passes_every_check(
    treated: Make, photo_file: File, fmt: str, options: dict, mode: str
) -> None:
    case = treated(photo_file("PNG", mode=mode), fmt, **options)
    assert statuses(case.check()) == dict.fromkeys(ALL, "passed")
    assert "0 differ" in message(case, "untouched")
    assert case.check().passed


@pytest.mark.parametrize("fmt", ["jpeg", "webp", "avif"])
def test_a_lossy_output_is_measured(treated: Make, photo_file: File, fmt: str) -> None:
    case = treated(photo_file("JPEG", quality=90), fmt)
    report = case.check()
    assert report.passed
    assert statuses(report) == dict.fromkeys(ALL, "passed") | {"edits": "not_applicable"}
    assert "re-rounds" in message(case, "untouched")
    assert "of 255 on average" in message(case, "untouched")


@pytest.mark.parametrize("profile", ["adobe", "p3", "other srgb"])
def test_profiles_do_not_stand_in_the_way(
    treated: Make, photo_file: File, profiles: dict[str, bytes], profile: str
) -> None:
    case = treated(photo_file("PNG", icc_profile=profiles[profile]), "png")
    assert statuses(case.check()) == dict.fromkeys(ALL, "passed")


def test_a_turned_photo_is_compared_upright(treated: Make, photo_file: File) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    case = treated(photo_file("PNG", exif=exif), "png")
    assert statuses(case.check()) == dict.fromkeys(ALL, "passed")
    assert case.check().receipt.predicate.input.width == 48


def test_without_the_original_a_lossless_output_still_shows_the_recorded_pixels(case: Case) -> None:
    report = case.check(original=None)
    assert report.passed
    open_ = {"original", "original_pixels", "edits"}
    assert statuses(report) == {name: "not_applicable" if name in open_ else "passed" for name in ALL}


def test_a_passed_on_file_is_the_input(key: SigningKey, photo_file: File, treated: Make) -> None:
    data = photo_file("JPEG", quality=90)
    photo = open_photo(data, name="a.jpg")
    trail = replace(treated(data, "png").trail, photo=photo, mask=None, steps=())
    case = Case(data, trail, data, sign(build(trail, photo, [("a.jpg", data)]), key), key)
    assert statuses(case.check()) == dict.fromkeys(ALL, "passed")
    assert message(case, "untouched") == "The file is the input, byte for byte."


@pytest.mark.parametrize(
    ("stages", "kind", "by"),
    [
        (("paint_patch", {"upscale": {"scale": 2}}), "enlarged", "upscale"),
        (("paint_patch", "cut_rim"), "reframed", "cut_rim"),
        (({"upscale": {"scale": 2}}, "cut_rim"), "reframed", "cut_rim, upscale"),
    ],
)
def test_another_grid_is_said_not_judged(
    treated: Make, photo_file: File, stages: tuple, kind: str, by: str
) -> None:
    case = treated(photo_file("PNG"), "png", stages)
    report = case.check()
    assert report.passed
    assert report.receipt.predicate.geometry.kind == kind
    left_open = dict.fromkeys(("untouched", "edits"), "not_applicable")
    assert statuses(report) == dict.fromkeys(ALL, "passed") | left_open
    assert f"{kind} by {by}:" in message(case, "untouched")


def test_one_receipt_covers_several_files(case: Case, key: SigningKey) -> None:
    photo = open_photo(case.original, name="in")
    smaller = encode(downscale(case.trail.photo, 32), "jpeg")
    receipt = sign(build(case.trail, photo, [("a.png", case.output), ("b.jpg", smaller)]), key)
    assert statuses(case.check(receipt=receipt)) == dict.fromkeys(ALL, "passed")
    report = case.check(receipt=receipt, file=smaller)
    assert report.passed
    assert statuses(report)["untouched"] == "not_applicable"
    assert "scaled from 64 x 48 to 32 x 24" in message(case, "untouched", receipt=receipt, file=smaller)


@given(st.data())
def test_a_changed_byte_of_the_file_is_found(case: Case, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(case.output) - 1))
    bit = data.draw(st.integers(0, 7))
    altered = bytearray(case.output)
    altered[at] ^= 1 << bit
    report = case.check(file=bytes(altered))
    assert not report.passed
    assert statuses(report)["subject"] == "failed"


@given(st.data())
def test_a_changed_byte_of_the_receipt_is_found(case: Case, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(case.receipt) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != case.receipt[at]))
    altered = bytearray(case.receipt)
    altered[at] = byte
    assert not case.check(receipt=bytes(altered)).passed
    with pytest.raises(PackshotError):
        verify(bytes(altered), [case.key.public])


def test_base64_has_one_spelling(case: Case) -> None:
    """The last digit of a signature's base64 has four bits that decode to nothing."""
    assert case.receipt.endswith(b'=="}]}')
    at = len(case.receipt) - len(b'?=="}]}')
    digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    twins = [case.receipt[:at] + bytes([digit]) + case.receipt[at + 1 :] for digit in digits]
    assert [twin for twin in twins if case.check(receipt=twin).passed] == [case.receipt]


def test_what_the_key_signed_as_something_else_is_no_receipt(case: Case) -> None:
    envelope = json.loads(case.receipt)
    envelope["payloadType"] = "application/json"
    message = pae("application/json", open_envelope(case.receipt).payload)
    envelope["signatures"][0]["sig"] = b64encode(case.key.sign(message)).decode()
    report = case.check(receipt=canonical(envelope))
    assert statuses(report)["signature"] == "failed"
    assert not report.passed


@given(st.data())
def test_a_changed_field_is_found(case: Case, data: st.DataObject) -> None:
    """Also by one who can put the statement back into the envelope, but has not the key."""
    statement = json.loads(open_envelope(case.receipt).payload)
    place, name = statement, data.draw(st.sampled_from(sorted(statement)))
    while isinstance(place[name], dict | list) and place[name]:
        place = place[name]
        name = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
    value = data.draw(st.none() | st.integers() | st.text() | st.booleans())
    place[name] = value if canonical(value) != canonical(place[name]) else "other"
    envelope = json.loads(case.receipt) | {"payload": b64encode(canonical(statement)).decode()}
    report = case.check(receipt=canonical(envelope))
    assert not report.passed
    assert statuses(report)["signature"] == "failed"


@given(st.binary() | st.recursive(st.none() | st.text(), st.lists).map(lambda v: json.dumps(v).encode()))
def test_whatever_is_no_receipt_fails(case: Case, garbage: bytes) -> None:
    assert not case.check(receipt=garbage).passed


@given(st.binary(max_size=64))
def test_whatever_is_no_picture_fails(case: Case, garbage: bytes) -> None:
    assert not case.check(file=garbage).passed
    assert not case.check(original=garbage).passed


@pytest.mark.parametrize(
    "hostile",
    [
        b"[" * 200_000,
        b'{"payload":' + b"9" * 10_000 + b"}",
        b'{"payload":"","payload":"","payloadType":"","signatures":[]}',
        b'{"payload":NaN}',
        b'{"payload":"\\ud800","payloadType":"","signatures":[{"keyid":"\\ud800","sig":""}]}',
        b"\xff\xfe",
    ],
)
def test_hostile_envelopes_end_in_a_report(case: Case, hostile: bytes) -> None:
    assert statuses(case.check(receipt=hostile)) == {"signature": "failed"}


def test_only_a_trusted_key_counts(case: Case) -> None:
    other = SigningKey(Ed25519PrivateKey.generate())
    resealed = seal(open_envelope(case.receipt).payload, other)
    assert not case.check(receipt=resealed).passed
    assert not case.check(trusted=[]).passed
    assert not case.check(trusted=[other.public]).passed
    assert case.check(trusted=[other.public, case.key.public]).passed
    assert case.check(receipt=resealed, trusted=[other.public]).passed
    with pytest.raises(SignatureError, match="none of those that you trust"):
        verify(resealed, [case.key.public])


@given(x=st.integers(0, 63), y=st.integers(0, 47), channel=st.integers(0, 3))
def test_an_altered_pixel_is_found_by_the_pixels_too(case: Case, x: int, y: int, channel: int) -> None:
    """The receipt lies about the file's digest, signed by the trusted key; the pixels give it away."""
    image = Image.open(BytesIO(case.output)).convert("RGBA")
    pixels = np.array(image)
    pixels[y, x, channel] ^= 1
    altered = exact(Image.fromarray(pixels), pnginfo=_text_of(case.output))
    digest = open_photo(altered).origin.digest

    def lie(statement: dict) -> None:
        statement["subject"][0]["digest"]["sha256"] = digest
        statement["predicate"]["outputs"][0]["sha256"] = digest

    report = case.check(file=altered, receipt=forged(case, lie))
    inside = bool(case.trail.mask[y, x]) and channel < 3
    found = statuses(report)
    assert found["subject"] == found["signature"] == "passed"
    assert found["untouched"] == ("passed" if inside else "failed")
    # Inside the mask black became another black: as many pixels as before differ from the original.
    assert report.passed is inside


def _text_of(data: bytes) -> object:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", Image.open(BytesIO(data)).info["xmp"].decode())
    return info


@given(x=st.integers(0, 63), y=st.integers(0, 47))
def test_an_altered_mask_is_found(case: Case, x: int, y: int) -> None:
    def lie(statement: dict) -> None:
        edits = statement["predicate"]["edits"]
        mask = unpack(edits["mask"], (64, 48))
        mask[y, x] ^= True
        edits["mask"] = pack(mask)
        edits["edited_pixels"] = int(mask.sum())

    found = statuses(case.check(receipt=forged(case, lie)))
    assert found["original_pixels"] == found["untouched"] == "failed"


@pytest.mark.parametrize(
    ("check_name", "path", "value"),
    [
        ("original", ("input", "sha256"), "0" * 64),
        ("receipt", ("input", "width"), 63),
        ("edits", ("edits", "changed_pixels"), 1),
        ("edits", ("edits", "edited_pixels"), 1),
        ("untouched", ("edits", "untouched_sha256"), "0" * 64),
        ("source_type", ("outputs", 0, "digital_source_type"), None),
        ("receipt", ("edits", "mask"), "iVBORw0KGgo="),
        ("receipt", ("edits", "mask"), "%"),
        ("receipt", ("input", "height"), 0),
        ("receipt", ("input", "width"), 65_535),
        ("receipt", ("created",), "yesterday"),
        ("receipt", ("further",), 1),
        ("receipt", ("outputs",), []),
    ],
)
def test_a_signed_lie_is_found(case: Case, check_name: str, path: tuple, value: object) -> None:
    def lie(statement: dict) -> None:
        place = statement["predicate"]
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value

    report = case.check(receipt=forged(case, lie))
    assert not report.passed
    assert check_name in [one.name for one in report.checks if one.status is Status.FAILED]


def test_a_swapped_original_is_found(case: Case, photo_file: File) -> None:
    found = statuses(case.check(original=photo_file("PNG", seed=1)))
    assert found["original"] == found["original_pixels"] == found["untouched"] == "failed"


@pytest.mark.parametrize("fmt", ["jpeg", "webp", "avif"])
def test_another_picture_behind_a_lossy_codec_is_found(
    treated: Make, photo_file: File, key: SigningKey, fmt: str
) -> None:
    """Signed by the trusted key, as by a program that mixes up two photos."""
    case = treated(photo_file("JPEG", quality=90), fmt)
    other = treated(photo_file("JPEG", seed=1, quality=90), fmt)
    mixed = Receipt.read(open_envelope(case.receipt).payload)
    theirs = Receipt.read(open_envelope(other.receipt).payload)
    predicate = mixed.predicate.model_copy(update={"outputs": theirs.predicate.outputs})
    receipt = sign(mixed.model_copy(update={"subject": theirs.subject, "predicate": predicate}), key)
    found = statuses(check(other.output, receipt, original=case.original, trusted=[key.public]))
    assert found.pop("untouched") == "failed"
    assert "failed" not in found.values()


def test_no_decompression_bomb_in_a_mask(case: Case) -> None:
    bomb = b64encode(exact(Image.new("1", (30_000, 30_000)))).decode()
    receipt = forged(case, lambda statement: statement["predicate"]["edits"].update(mask=bomb))
    assert "size" in message(case, "receipt", receipt=receipt)
