"""Stored photos for a candidate to run through, before any new one is at stake."""

from __future__ import annotations

import time

from sqlalchemy import select
from sqlalchemy.orm import Session

from packshot.ledger.identity import new_id
from packshot.ledger.rollout_tables import Comparing, Comparison, Rollout, Runs
from packshot.ledger.tables import Item, TrailRow
from packshot.rollout.plan import Plan


def enqueue(session: Session, row: Rollout, plan: Plan, most: int) -> int:
    """Have the ``most`` newest stored photos compared, each one once; how many there are.

    What the live recipe made of a photo is taken from its trail where this very recipe made it; else both
    run.
    """
    newest = (
        select(Item, TrailRow)
        .join(TrailRow, TrailRow.item_id == Item.id)
        .where(TrailRow.first, Item.photo.is_not(None))
        .order_by(TrailRow.created_at.desc())
    )
    seen: set[str] = set()
    now = time.time()
    for item, trail in session.execute(newest).yield_per(500):
        if len(seen) == most:
            break
        assert item.photo is not None
        if item.photo in seen or not plan.concerns(item.category) or item.options.get("paint"):
            continue
        seen.add(item.photo)
        known = trail.recipe_digest == row.baseline and trail.figures and not trail.fell_back
        session.add(
            Comparison(
                id=new_id("cmp"),
                rollout_id=row.id,
                phase=row.phase,
                item_id=item.id,
                runs=Runs.CANDIDATE if known else Runs.BOTH,
                state=Comparing.PENDING,
                baseline=trail.figures if known else None,
                created_at=now,
            )
        )
    return len(seen)
