"""Content Credentials are read back by the standard's own library, with a chain made here."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import c2pa
import numpy as np
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from packshot.edges.credentials import Action, actions_of, sign
from packshot.edges.credentials.errors import CredentialsError
from packshot.edges.decode import open_photo
from packshot.edges.encode import encode
from packshot.edges.provenance import read_provenance
from packshot.edges.xmp import ENHANCED, Provenance
from packshot.trail import Outcome, Step

FORMATS = ("jpeg", "png", "webp", "avif")
EDITS = [Action("c2pa.edited", "text erased"), Action("c2pa.resized"), Action("c2pa.cropped")]
NOW = datetime.now(UTC)


def _name(common: str) -> x509.Name:
    names = {NameOID.COMMON_NAME: common, NameOID.ORGANIZATION_NAME: "Test"}
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in names.items()])


def _usage(*wanted: str) -> x509.KeyUsage:
    known = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment")
    known += ("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
    return x509.KeyUsage(**{name: name in wanted for name in known})


def chain(alg: str = "es256", purpose: Any = ExtendedKeyUsageOID.EMAIL_PROTECTION, days: int = 30) -> dict:
    """A CA, a leaf that it issued, and the leaf's key, as the arguments of :func:`sign`."""
    issuer, signer = (
        generate_private_key(SECP256R1()) if alg == "es256" else Ed25519PrivateKey.generate() for _ in "ab"
    )
    digest = hashes.SHA256() if alg == "es256" else None

    def begin(subject: str, key: Any) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder(
                _name("CA"), _name(subject), key.public_key(), x509.random_serial_number()
            )
            .not_valid_before(NOW - timedelta(100))
            .not_valid_after(NOW + timedelta(days))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        )

    root = (
        begin("CA", issuer)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
        .sign(issuer, digest)
    )
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key())
    leaf = (
        begin("Signer", signer)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage("digital_signature"), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(authority, critical=False)
        .sign(issuer, digest)
    )
    pem = leaf.public_bytes(Encoding.PEM) + root.public_bytes(Encoding.PEM)
    key = signer.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return {"certificate_chain_pem": pem, "private_key_pem": key, "alg": alg}


@pytest.fixture(scope="module")
def source(picture: np.ndarray, encoded: Callable[..., bytes]) -> bytes:
    return encoded(picture, "JPEG", quality=90)


def output(source: bytes, fmt: str) -> bytes:
    return encode(open_photo(source), fmt, provenance=Provenance(ENHANCED))


def signed(photo: bytes, fmt: str, **changed: Any) -> bytes:
    facts = {"source": photo, "source_format": "jpeg", "actions": EDITS, "digital_source_type": ENHANCED}
    facts = chain() | facts | changed
    return sign(facts.pop("data", None) or output(photo, fmt), fmt, **facts)


def read(data: bytes, fmt: str) -> tuple[dict, list[str]]:
    """The active manifest, and the codes of what does not hold in it."""
    with c2pa.Reader(f"image/{fmt}", BytesIO(data)) as reader:
        store = json.loads(reader.json())
    failures = store["validation_results"]["activeManifest"]["failure"]
    return store["manifests"][store["active_manifest"]], [failure["code"] for failure in failures]


def actions(manifest: dict) -> list[dict]:
    (found,) = [part for part in manifest["assertions"] if part["label"].startswith("c2pa.actions")]
    return found["data"]["actions"]


@pytest.mark.parametrize("alg", ["es256", "ed25519"])
@pytest.mark.parametrize("fmt", FORMATS)
def test_the_manifest_holds_and_tells_the_history(source: bytes, fmt: str, alg: str) -> None:
    data = signed(source, fmt, source_name="in.jpg", **chain(alg))
    manifest, failures = read(data, fmt)
    assert failures == ["signingCredential.untrusted"]  # the test's own CA is on no trust list
    (parent,) = manifest["ingredients"]
    assert (parent["relationship"], parent["title"], parent["format"]) == ("parentOf", "in.jpg", "image/jpeg")
    done = actions(manifest)
    names = ["c2pa.opened", *(action.name for action in EDITS)]
    assert [action["action"] for action in done] == names
    assert [action.get("digitalSourceType") for action in done] == [None, ENHANCED, None, None]
    assert done[1]["description"] == "text erased"
    assert len(done[0]["parameters"]["ingredients"]) == 1
    assert manifest["claim_generator_info"][0]["name"] == "packshot"


@pytest.mark.parametrize("fmt", FORMATS)
def test_pixels_and_statements_stay(source: bytes, fmt: str) -> None:
    data = output(source, fmt)
    credited = signed(source, fmt, data=data)
    assert credited != data
    assert open_photo(credited).pixel_digest() == open_photo(data).pixel_digest()
    assert read_provenance(credited) == read_provenance(data)


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_changed_byte_of_the_picture_is_found(source: bytes, fmt: str) -> None:
    data = output(source, fmt)
    credited = bytearray(signed(source, fmt, data=data))
    # A run of the picture's own compressed bytes, wherever the manifest went.
    at = bytes(credited).index(data[-60:-30]) + 10
    credited[at] ^= 1
    _, failures = read(bytes(credited), fmt)
    assert any(code in ("assertion.dataHash.mismatch", "assertion.bmffHash.mismatch") for code in failures)


@pytest.mark.parametrize("label", [b"c2pa.edited", b"algorithmicallyEnhanced"])
def test_a_changed_statement_is_found(source: bytes, label: bytes) -> None:
    data = signed(source, "jpeg")
    at = data.rindex(label)
    _, failures = read(data[:at] + label.swapcase() + data[at + len(label) :], "jpeg")
    assert set(failures) > {"signingCredential.untrusted"}


def test_credentials_of_the_source_stay_readable(source: bytes) -> None:
    first = signed(source, "jpeg", source_name="the very first")
    second = signed(first, "png")
    with c2pa.Reader("image/png", BytesIO(second)) as reader:
        store = json.loads(reader.json())
    assert len(store["manifests"]) == 2
    assert "the very first" in json.dumps(store)
    _, failures = read(second, "png")
    assert failures == ["signingCredential.untrusted"]


def test_a_photo_that_was_only_opened_says_so(source: bytes) -> None:
    manifest, failures = read(signed(source, "jpeg", data=source, actions=[]), "jpeg")
    assert failures == ["signingCredential.untrusted"]
    assert [(one["action"], one["digitalSourceType"]) for one in actions(manifest)] == [
        ("c2pa.opened", ENHANCED)
    ]


@pytest.mark.parametrize("fmt", ["BMP", "GIF", "TIFF", "WEBP", "AVIF", "PNG"])
def test_a_source_of_any_readable_format(
    picture: np.ndarray, encoded: Callable[..., bytes], fmt: str
) -> None:
    source = encoded(picture, fmt)
    manifest, failures = read(signed(source, "png", source_format=fmt.lower()), "png")
    assert failures == ["signingCredential.untrusted"]
    assert manifest["ingredients"][0]["format"] == f"image/{fmt.lower()}"


def test_actions_come_from_the_steps() -> None:
    steps = [
        Step("inspect", Outcome.UNCHANGED, 0, 0),
        Step("erase_text", Outcome.PARTLY_UNDONE, 0, 0),
        Step("upscale", Outcome.APPLIED, 0, 0),
        Step("crop", Outcome.UNDONE, 0, 0),
    ]
    found = actions_of(steps, opened_as="tiff", written_as="png")
    assert [action.name for action in found] == ["c2pa.edited", "c2pa.resized", "c2pa.transcoded"]
    assert actions_of(steps[:1], opened_as="png", written_as="png") == []
    (cropped,) = actions_of([Step("crop", Outcome.APPLIED, 0, 0)], opened_as="png", written_as="png")
    assert cropped.name == "c2pa.cropped"


def _encrypted() -> bytes:
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption

    key = generate_private_key(SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        (chain(purpose=ExtendedKeyUsageOID.SERVER_AUTH), "extended key usage"),
        (chain(days=-1), "Renew it"),
        ({"certificate_chain_pem": chain()["certificate_chain_pem"]}, "signer's certificate first"),
        ({"certificate_chain_pem": b"x"}, "no PEM"),
        ({"private_key_pem": b"x"}, "no unencrypted key"),
        ({"private_key_pem": _encrypted()}, "no unencrypted key"),
        ({"alg": "es384"}, "does not sign es384"),
        ({"alg": "ed25519"}, "does not sign ed25519"),
        ({"alg": "rot13"}, "Choose one of: es256"),
        ({"data": b"\xff\xd8\xff"}, "refuses"),
        ({"data": b"no picture"}, "not a picture"),
        ({"source": b"no picture"}, "not a picture"),
        ({"source_format": "png"}, "is jpeg"),
        ({"timestamp_url": "http://127.0.0.1:9/"}, "time-stamping authority"),
        ({"timestamp_url": "no address\0"}, "refuses"),
    ],
)
def test_what_cannot_sign_says_what_to_do(source: bytes, changed: dict, says: str) -> None:
    with pytest.raises(CredentialsError, match=says):
        signed(source, "jpeg", **changed)


def test_formats_without_credentials_are_refused(source: bytes) -> None:
    with pytest.raises(CredentialsError, match="jpeg, png, webp, avif"):
        signed(source, "bmp", data=b"BM")


def test_a_key_of_the_older_kind_of_pem_signs_too(source: bytes) -> None:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    facts = chain()
    key = load_pem_private_key(facts["private_key_pem"], None)
    older = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    _, failures = read(signed(source, "jpeg", **facts | {"private_key_pem": older}), "jpeg")
    assert failures == ["signingCredential.untrusted"]


def test_a_missing_library_says_how_to_get_it(source: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "c2pa", None)
    with pytest.raises(CredentialsError, match=r"pip install 'packshot\[c2pa\]'"):
        signed(source, "jpeg")
