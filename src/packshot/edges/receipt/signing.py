"""A receipt to a signed file, and back."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from packshot.edges.receipt.dsse import open_envelope, seal, signer_of
from packshot.edges.receipt.keys import SigningKey
from packshot.edges.receipt.statement import Receipt


def sign(receipt: Receipt, key: SigningKey) -> bytes:
    """``receipt`` in a DSSE envelope: the contents of ``NAME.receipt.json``. The same each time."""
    return seal(receipt.canonical(), key)


def verify(data: bytes, trusted: Sequence[Ed25519PublicKey]) -> Receipt:
    """The receipt in an envelope that a trusted key signed. Says nothing about any file yet.

    Raises:
        SignatureError: no trusted key signed it, or it was altered since.
        ReceiptError: it is no receipt.
    """
    envelope = open_envelope(data)
    signer_of(envelope, trusted)
    return Receipt.read(envelope.payload)
