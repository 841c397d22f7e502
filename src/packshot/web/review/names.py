"""Names as parts of addresses: what a name holds never changes which page is meant."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote, unquote

from fastapi import Path

from packshot.ledger.errors import NotFoundError
from packshot.service.browse import NOBODY

Id = Annotated[str, Path(max_length=100, pattern=r"^[A-Za-z0-9_]+$")]
"""A name that the ledger gave."""
Part = Annotated[str, Path(max_length=2000, pattern=r"^[^\x00]+$")]
"""What :func:`segment` made of a name that people gave."""


def segment(name: str | None) -> str:
    """A name as one part of an address; None is :data:`NOBODY`.

    Servers and browsers undo the usual quoting before they split an address at its slashes and resolve its
    dots, so that slashes, and names of nothing but dots, are quoted twice.
    """
    if name is None:
        return NOBODY
    kept = name.replace("%", "%25").replace("/", "%2F").replace("\\", "%5C")
    return quote(kept.replace(".", "%2E") if not name.strip(".") else kept, safe="")


def unsegment(part: str) -> str:
    """The name that :func:`segment` made ``part`` of, once the server has undone the usual quoting.

    Raises:
        NotFoundError: no name has a NUL in it.
    """
    name = unquote(part)
    if "\0" in name:
        raise NotFoundError(kind="page of", name=name)
    return name
