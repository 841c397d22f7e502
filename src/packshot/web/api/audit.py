"""The audit log."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Query

from packshot.ledger import audit
from packshot.web.api.models import Entries, Verified
from packshot.web.auth import ADMIN, Parts

router = APIRouter(prefix="/audit", tags=["audit"])

_LARGEST = 2**53
"""More than any log holds, and what every JSON reader can count to."""


@router.get("", response_model=Entries, dependencies=[ADMIN])
def entries(
    parts: Parts,
    subject: Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]+$")] = None,
    after: Annotated[int, Query(ge=0, le=_LARGEST)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> dict[str, Any]:
    """Who did what, the oldest first; `next` is the `after` of the next page."""
    with parts.ledger.reading() as session:
        found = audit.entries(session, subject=subject, after=after, limit=limit)
    shown = [
        {
            "sequence": entry.sequence,
            "at": entry.at,
            "actor": entry.actor,
            "action": entry.action,
            "subject": entry.subject,
            "detail": json.loads(entry.detail),
            "previous": entry.previous,
            "digest": entry.digest,
        }
        for entry in found
    ]
    return {"entries": shown, "next": found[-1].sequence if len(found) == limit else None}


@router.post("/verify", response_model=Verified, dependencies=[ADMIN])
def verify(parts: Parts) -> dict[str, int]:
    """Check the whole chain; how many entries hold together."""
    with parts.ledger.reading() as session:
        return {"entries": audit.verify(session)}
