"""Making a file that only its owner may read, once, however many processes want it."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def create_secret(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path`` whole, with mode 0600, unless another process was faster.

    Raises:
        OSError: it cannot be written.
    """
    temporary = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)  # unlike a rename, it never replaces a file that is there already
        except FileExistsError:
            return
    finally:
        temporary.unlink(missing_ok=True)
