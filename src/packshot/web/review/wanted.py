"""Which part of the queue somebody works through: it travels with every address and form."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Query
from starlette.datastructures import FormData

from packshot.service.browse import Wanted

FIELDS = ("merchant", "category", "code")
_Text = Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")]


def of_query(merchant: _Text = "", category: _Text = "", code: _Text = "") -> Wanted:
    """What the address says; an empty value narrows nothing."""
    return Wanted(merchant or None, category or None, code or None)


def of_form(sent: FormData) -> Wanted:
    """The same out of a form."""
    return Wanted(*(str(sent.get(f"in_{field}", "")) or None for field in FIELDS))


def address(path: str, wanted: Wanted) -> str:
    """``path`` for this part of the queue."""
    said = {field: getattr(wanted, field) for field in FIELDS if getattr(wanted, field)}
    return f"{path}?{urlencode(said, errors='replace')}" if said else path


Narrowed = Annotated[Wanted, Depends(of_query)]
