"""Files that were being written when the process ended."""

from __future__ import annotations

from pathlib import Path

PATTERN = "." + "[0-9a-f]" * 16 + ".part"
"""Names that :func:`packshot.edges.encode.write_atomically` writes under, before it renames."""


def remove_partial_files(folder: Path) -> None:
    """Remove what a killed process left unfinished below ``folder``."""
    for partial in folder.rglob(PATTERN):
        partial.unlink(missing_ok=True)
