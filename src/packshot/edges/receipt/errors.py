"""What can go wrong with receipts and keys."""

from __future__ import annotations

from packshot.errors import PackshotError


class ReceiptError(PackshotError):
    """The receipt cannot be used: {detail}. Ask its maker for the receipt of this very file."""

    code = "receipt"


class BrokenPromiseError(PackshotError):
    """No receipt for {name}: {detail}. This is a bug; do not publish the output."""

    code = "broken_promise"


class SignatureError(PackshotError):
    """The receipt's signature does not hold: {detail}"""  # noqa: D415 - a template, not a sentence

    code = "signature"


class KeyFileError(PackshotError):
    """Key file {path}: {detail}"""  # noqa: D415 - a template, not a sentence

    code = "key_file"
