"""A receipt says what the trail knows, in one spelling, and refuses to say what is not so."""

from __future__ import annotations

import json
import subprocess
import sys
from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from receipt_cases import PATCH, Case

from packshot.backend import load_backend
from packshot.edges.decode import open_photo
from packshot.edges.provenance import read_provenance
from packshot.edges.receipt import Receipt, SigningKey, build, sign, verify
from packshot.edges.receipt.canonical import canonical, parse, printable
from packshot.edges.receipt.dsse import PAYLOAD_TYPE, open_envelope, pae
from packshot.edges.receipt.errors import BrokenPromiseError, ReceiptError
from packshot.edges.receipt.masks import pack, unpack
from packshot.errors import UndecodableError

WHEN = datetime(2027, 1, 31, 12, 0, 5, tzinfo=UTC)


def test_the_receipt_says_what_the_trail_knows(case: Case) -> None:
    photo = open_photo(case.original, name="in/a.png", attested_by="Ada")
    trail = replace(case.trail, attested_by="Ada")
    receipt = build(trail, photo, [("a.png", case.output)], created=WHEN)
    said = receipt.model_dump(mode="json")
    assert said["_type"] == "https://in-toto.io/Statement/v1"
    assert said["predicateType"] == "urn:packshot:receipt:v1"
    facts = said["predicate"]
    digest = open_photo(case.output).origin.digest
    assert said["subject"] == [{"name": "a.png", "digest": {"sha256": digest}}]
    assert facts["input"] == {"name": "a.png", "sha256": trail.digest, "width": 64, "height": 48}
    assert facts["edits"]["edited_pixels"] == facts["edits"]["changed_pixels"] == PATCH.area
    assert np.array_equal(unpack(facts["edits"]["mask"], (64, 48)), trail.mask)
    # The builder and the pipeline come to the same digest by themselves.
    (stage,) = [stage for stage in facts["edits"]["stages"] if stage["name"] == "paint_patch"]
    assert stage["untouched_sha256"] == facts["edits"]["untouched_sha256"]
    assert (stage["outcome"], stage["changed_pixels"]) == ("applied", PATCH.area)
    assert facts["geometry"] == {"kind": "in_place", "stages": {}}
    assert facts["recipe"] == trail.recipe_digest
    card = load_backend("navier-stokes").card
    assert facts["backends"] == [
        {"name": card.name, "version": card.version, "precision": card.precision, "weights": {}}
    ]
    assert facts["metrics"] == {"score_before": 1.0, "score_after": trail.score_after, "verdict": "review"}
    assert [finding["code"] for finding in facts["findings"]] == ["needs_rights"]
    assert facts["rights"] == {"attested_by": "Ada", "refused": ["needs_rights"], "agency": False}
    stated = read_provenance(case.output).digital_source_type
    assert facts["outputs"][0]["digital_source_type"] == stated
    assert stated.endswith("algorithmicallyEnhanced")
    assert facts["packshot"] == version("packshot")
    assert facts["created"] == "2027-01-31T12:00:05Z"


def test_weights_are_named_by_digest(case: Case) -> None:
    steps = tuple(
        replace(step, backends=("stroke-net@1",)) if step.stage == "paint_patch" else step
        for step in case.trail.steps
    )
    receipt = build(replace(case.trail, steps=steps), open_photo(case.original), [("a", case.output)])
    assert receipt.predicate.backends[0].weights == dict(load_backend("stroke-net").card.weights) != {}


def test_signing_is_deterministic_and_verifiable_by_hand(case: Case, key: SigningKey) -> None:
    receipt = build(case.trail, open_photo(case.original), [("a.png", case.output)], created=WHEN)
    signed = sign(receipt, key)
    assert signed == sign(receipt, key)
    assert verify(signed, [key.public]) == receipt
    written = json.loads(signed)
    payload = b64decode(written["payload"])
    assert payload == json.dumps(json.loads(payload), sort_keys=True, separators=(",", ":")).encode()
    (signature,) = written["signatures"]
    key.public.verify(b64decode(signature["sig"]), pae(PAYLOAD_TYPE, payload))
    assert signature["keyid"] == key.keyid


def test_pre_authentication_encoding_is_that_of_the_specification() -> None:
    expected = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    assert pae("http://example.com/HelloWorld", b"hello world") == expected


def test_names_that_are_no_text_are_escaped(case: Case, key: SigningKey) -> None:
    photo = open_photo(case.original, name="in/\udcff.png")
    signed = sign(build(case.trail, photo, [("b\udcfe.png", case.output)]), key)
    receipt = verify(signed, [key.public])
    assert receipt.predicate.input.name == "\\udcff.png"
    assert receipt.subject[0].name == "b\\udcfe.png"


def test_no_receipt_of_a_broken_promise(case: Case, photo_file: Callable[..., bytes]) -> None:
    photo = open_photo(case.original)
    result = case.trail.photo
    pixels = np.array(result.pixels)
    pixels[0, 0, 0] ^= 1
    spoiled = replace(case.trail, photo=result.with_pixels(pixels))
    with pytest.raises(BrokenPromiseError, match="the result"):
        build(spoiled, photo, [("a.png", case.output)])
    alpha = np.full(pixels.shape[:2], 255, np.uint8)
    alpha[0, 0] = 254
    with pytest.raises(BrokenPromiseError, match="the result"):
        build(
            replace(case.trail, photo=result.with_pixels(result.pixels, alpha)), photo, [("a", case.output)]
        )
    with pytest.raises(BrokenPromiseError, match=r"b\.png"):
        build(case.trail, photo, [("a.png", case.output), ("b.png", photo_file("PNG", seed=1))])


def test_what_has_no_receipt(case: Case, photo_file: Callable[..., bytes]) -> None:
    photo = open_photo(case.original)
    with pytest.raises(ReceiptError, match="nothing came"):
        build(case.trail, photo, [])
    with pytest.raises(ReceiptError, match="nothing came"):
        build(replace(case.trail, photo=None), photo, [("a", case.output)])
    with pytest.raises(ReceiptError, match="not of this original"):
        build(case.trail, open_photo(photo_file("PNG", seed=1)), [("a", case.output)])
    with pytest.raises(UndecodableError):
        build(case.trail, photo, [("a", case.output[:200])])


@given(st.integers(1, 40), st.integers(1, 40), st.randoms(use_true_random=False))
def test_a_mask_survives(width: int, height: int, random: object) -> None:
    mask = np.random.default_rng(random.getrandbits(32)).random((height, width)) < 0.5
    assert np.array_equal(unpack(pack(mask), (width, height)), mask)
    with pytest.raises(ReceiptError):
        unpack(pack(mask), (width + 1, height))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES)
def test_canonical_json_says_the_same_and_has_one_spelling(value: object) -> None:
    spelled = canonical(printable(value))
    assert parse(spelled) == printable(value)
    assert canonical(parse(spelled)) == spelled


def test_numbers_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical(float("nan"))


def test_a_receipt_names_the_field_that_is_wrong(case: Case) -> None:
    statement = json.loads(open_envelope(case.receipt).payload)
    statement["predicate"]["input"]["width"] = "64"
    with pytest.raises(ReceiptError, match=r"predicate\.input\.width"):
        Receipt.read(canonical(statement))
    twice = canonical(statement).replace(b'{"_type"', b'{"_type":"x","_type"', 1)
    with pytest.raises(ReceiptError, match="well-formed"):
        Receipt.read(twice)


def test_the_library_loads_without_credentials() -> None:
    code = "import sys, packshot.edges.receipt; print('c2pa' in sys.modules, 'openvino' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"
