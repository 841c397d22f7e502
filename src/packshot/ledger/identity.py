"""Names of rows: unique without asking the database, and sorted by the time they were made."""

from __future__ import annotations

import secrets
import time


def new_id(kind: str) -> str:
    """A fresh identifier such as ``job_0199d3b2c4a7f0e1d2c3b4a59687``: milliseconds since 1970, then chance.

    Args:
        kind: a few letters that tell what it names.
    """
    return f"{kind}_{time.time_ns() // 1_000_000:012x}{secrets.token_hex(8)}"
