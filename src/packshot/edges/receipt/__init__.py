"""A signed statement of what was done to a photo, and the checks that hold a file against it."""

from packshot.edges.receipt.build import build
from packshot.edges.receipt.check import check
from packshot.edges.receipt.keys import SigningKey, load_or_create, load_public, public_key_path
from packshot.edges.receipt.report import Check, Report, Status
from packshot.edges.receipt.signing import sign, verify
from packshot.edges.receipt.statement import Receipt

__all__ = [
    "Check",
    "Receipt",
    "Report",
    "SigningKey",
    "Status",
    "build",
    "check",
    "load_or_create",
    "load_public",
    "public_key_path",
    "sign",
    "verify",
]
