"""What the checks of a file against its receipt came to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from packshot.edges.receipt.statement import Receipt


class Status(StrEnum):
    """What a check came to; one that does not apply proves nothing and refutes nothing."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class Check:
    """A named check, what it came to, and one sentence with the reason or the measured values."""

    name: str
    status: Status
    message: str


@dataclass(frozen=True, slots=True)
class Report:
    """All checks of one file.

    Attributes:
        checks: in the order in which they build on each other.
        keyid: the trusted key that signed; None when none did.
        receipt: what the receipt says, unproven where ``keyid`` is None; None when it cannot be read.
    """

    checks: tuple[Check, ...]
    keyid: str | None = None
    receipt: Receipt | None = None

    @property
    def passed(self) -> bool:
        """Whether a trusted key signed the receipt and no check failed."""
        return self.keyid is not None and all(check.status is not Status.FAILED for check in self.checks)

    def as_dict(self) -> dict[str, Any]:
        """JSON-compatible form."""
        return {
            "passed": self.passed,
            "keyid": self.keyid,
            "checks": [
                {"name": check.name, "status": check.status.value, "message": check.message}
                for check in self.checks
            ],
        }
