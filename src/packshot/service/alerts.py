"""Telling whoever is on duty: messages to PACKSHOT_ALERT_URL, signed and retried as callbacks are."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping

from sqlalchemy.orm import Session

from packshot.ledger.identity import new_id
from packshot.ledger.tables import Delivery
from packshot.service.settings import Settings


def announce(session: Session, settings: Settings, event: str, facts: Mapping[str, object]) -> None:
    """In the transaction that does it: have ``event`` told, where somebody wants to be told."""
    if settings.alert_url is None:
        return
    now = time.time()
    body = {"event": event, "at": round(now, 3), **facts}
    session.add(
        Delivery(
            id=new_id("dlv"),
            batch_id=None,
            url=settings.alert_url,
            body=json.dumps(body, sort_keys=True),
            next_at=now,
            created_at=now,
        )
    )
