"""DSSE 1.0.2: a signature over type and bytes, so that nothing has to be parsed before it is trusted.

https://github.com/secure-systems-lab/dsse. Stricter in spelling: standard base64 only, no unknown fields.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from packshot.edges.receipt.canonical import canonical, from_base64, parse
from packshot.edges.receipt.errors import ReceiptError, SignatureError
from packshot.edges.receipt.keys import SigningKey, keyid_of

PAYLOAD_TYPE = "application/vnd.in-toto+json"

_MOST_SIGNATURES = 16


@dataclass(frozen=True, slots=True)
class Envelope:
    """What was signed, as what, and by whom: key id to signature. Nothing of it is proven yet."""

    payload: bytes = field(repr=False)
    payload_type: str
    signatures: tuple[tuple[str, bytes], ...]


class _Signature(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    keyid: str
    sig: str


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    payload: str
    payloadType: str  # noqa: N815 - DSSE's name
    signatures: list[_Signature] = Field(min_length=1, max_length=_MOST_SIGNATURES)


def pae(payload_type: str, payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding: the bytes that are signed."""
    kind = payload_type.encode()
    return b" ".join((b"DSSEv1", b"%d" % len(kind), kind, b"%d" % len(payload), payload))


def seal(payload: bytes, key: SigningKey) -> bytes:
    """An envelope around an in-toto statement."""
    signature = key.sign(pae(PAYLOAD_TYPE, payload))
    return canonical(
        {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{"keyid": key.keyid, "sig": base64.b64encode(signature).decode()}],
        }
    )


def open_envelope(data: bytes) -> Envelope:
    """The envelope that ``data`` is; its signatures are not verified.

    Raises:
        ReceiptError: it is no DSSE envelope.
    """
    try:
        written = _Written.model_validate(parse(data))
    except ValidationError as error:
        raise ReceiptError(detail="it is no DSSE envelope") from error
    signatures = tuple((entry.keyid, from_base64(entry.sig)) for entry in written.signatures)
    return Envelope(from_base64(written.payload), written.payloadType, signatures)


def signer_of(envelope: Envelope, trusted: Sequence[Ed25519PublicKey]) -> str:
    """The key id of the trusted key that signed the envelope.

    Raises:
        SignatureError: none did; the message says why.
    """
    known = {keyid_of(key): key for key in trusted}
    if envelope.payload_type != PAYLOAD_TYPE:
        raise SignatureError(detail="what it signs is no in-toto statement.")
    for keyid, signature in envelope.signatures:
        if keyid in known:
            try:
                known[keyid].verify(signature, pae(envelope.payload_type, envelope.payload))
            except InvalidSignature as error:
                raise SignatureError(detail="the receipt was altered after it was signed.") from error
            return keyid
    named = ", ".join(keyid[:16] for keyid, _ in envelope.signatures)
    raise SignatureError(detail=f"the key it names ({named}) is none of those that you trust.")
