"""A file held against its receipt, and against the original where that is at hand."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from packshot.edges.receipt import checks
from packshot.edges.receipt.dsse import open_envelope, signer_of
from packshot.edges.receipt.errors import ReceiptError, SignatureError
from packshot.edges.receipt.evidence import gather
from packshot.edges.receipt.report import Check, Report, Status
from packshot.edges.receipt.statement import Receipt

_ALL = (
    checks.subject,
    checks.original,
    checks.original_pixels,
    checks.untouched,
    checks.edits,
    checks.source_type,
)


def check(
    file: bytes, receipt: bytes, *, original: bytes | None, trusted: Sequence[Ed25519PublicKey]
) -> Report:
    """All checks of ``file`` against ``receipt``; whatever the bytes are, the answer is a report.

    A receipt that no trusted key signed is checked all the same: what fails says what was altered.

    Args:
        file: an output, as it is now.
        receipt: the signed envelope that came with it.
        original: the file that went in; None leaves out the checks that need it.
        trusted: public keys of the signers that the caller trusts.
    """
    keyid = None
    try:
        envelope = open_envelope(receipt)
        try:
            keyid = signer_of(envelope, trusted)
            message = f"The receipt is as the trusted key {keyid[:16]} signed it."
            signature = Check("signature", Status.PASSED, message)
        except SignatureError as error:
            signature = Check("signature", Status.FAILED, str(error))
    except ReceiptError as error:
        return Report((Check("signature", Status.FAILED, str(error)),))
    try:
        said = Receipt.read(envelope.payload)
        evidence = gather(file, said, original)
    except ReceiptError as error:
        return Report((signature, Check("receipt", Status.FAILED, str(error))), keyid)
    return Report((signature, *(one(evidence) for one in _ALL)), keyid, said)
