"""The manifest: a CSV file that says which photo shows which product."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from packshot.errors import UsageError

COLUMNS = ("path", "product", "category", "merchant")
"""Columns that are read; all but ``path`` may be missing or empty, further columns are ignored."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What a photo shows and who sent it; None where unknown."""

    product: str | None = None
    category: str | None = None
    merchant: str | None = None


def read_manifest(path: Path) -> dict[Path, Identity]:
    """Photo path to identity, in the file's order.

    Args:
        path: UTF-8 CSV with a header line. Relative paths in it start at the manifest's own folder.

    Raises:
        UsageError: the file cannot be read or has no ``path`` column; a row has no path, an impossible one,
            or one that came before.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            rows = list(reader)
            header = reader.fieldnames or ()
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(detail=f"Cannot read the manifest {path}: {error}.") from error
    if "path" not in header:
        detail = f"The manifest {path} has no column 'path'. It reads: {', '.join(COLUMNS)}."
        raise UsageError(detail=detail)
    identities: dict[Path, Identity] = {}
    for number, row in enumerate(rows, 2):
        if not row["path"]:
            raise UsageError(detail=f"Line {number} of the manifest {path} has no path.")
        if "\0" in row["path"]:
            detail = f"The path in line {number} of the manifest {path} holds a NUL byte. Export it as UTF-8."
            raise UsageError(detail=detail)
        photo = path.parent / row["path"]
        if photo in identities:
            raise UsageError(detail=f"Line {number} of the manifest {path} names {row['path']} again.")
        identities[photo] = Identity(*(row.get(column) or None for column in COLUMNS[1:]))
    return identities
