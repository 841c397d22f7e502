"""How far the regression watch has read: every photo is counted once, also one that is committed late."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any

import xxhash
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from packshot.ledger.missing import insert_missing
from packshot.ledger.rollout_tables import Detector
from packshot.ledger.tables import TrailRow
from packshot.service.watch_scopes import Seen, first_trails, photos

_OVERLAP_SECONDS = 60.0  # a trail is dated before it is committed, by a clock that may be another machine's
_HISTORY = 5_000  # photos of the past that a new watch begins with
_GALLERIES = 1_000  # products remembered
_CURSOR = "cursor"  # has no slash, as names of detectors have


class Cursor:
    """How far the watch has read; locked, while it exists, against other processes.

    Args:
        session: of the transaction that counts.
    """

    def __init__(self, session: Session) -> None:
        insert_missing(session, Detector, name=_CURSOR, metric="", scope={}, state={}, updated_at=time.time())
        self._session = session
        row = session.get(Detector, _CURSOR, with_for_update=True, populate_existing=True)
        assert row is not None
        self._row = row
        state = row.state or {"at": _beginning(session), "seen": {}, "galleries": [], "photos": 0}
        self._at: float = state["at"]
        self._seen: dict[str, float] = dict(state["seen"])
        self._galleries = OrderedDict.fromkeys(state["galleries"])
        self._photos: int = state["photos"]

    def next(self, limit: int) -> list[Seen]:
        """Up to ``limit`` photos that were not counted yet, the oldest first; now they are."""
        new = _since(first_trails(), self._at).order_by(TrailRow.created_at, TrailRow.id)
        found = [
            p for p in photos(self._session, new.limit(limit + len(self._seen))) if p.id not in self._seen
        ]
        found = found[:limit]
        for photo in found:
            self._seen[photo.id] = photo.at
            # A clock that is ahead must not make us pass over the others' photos.
            self._at = max(self._at, min(photo.at, time.time()))
        self._seen = {name: at for name, at in self._seen.items() if at >= self._at - _OVERLAP_SECONDS}
        self._photos += len(found)
        return found

    def first_of_galleries(self, found: Iterable[Seen]) -> list[Seen]:
        """One photo of each product of a batch: those of a gallery share their fate."""
        kept = []
        for photo in found:
            key = xxhash.xxh3_64_hexdigest(f"{photo.batch}\x00{photo.merchant}\x00{photo.product}".encode())
            if key not in self._galleries:
                kept.append(photo)
            self._galleries[key] = None
            self._galleries.move_to_end(key)
        while len(self._galleries) > _GALLERIES:
            self._galleries.popitem(last=False)
        return kept

    def keep(self, pace: Mapping[str, Any]) -> None:
        """Write down how far it is, and ``pace``: see :func:`position`."""
        self._row.state = {
            "at": self._at,
            "seen": self._seen,
            "galleries": list(self._galleries),
            "photos": self._photos,
            "pace": dict(pace),
        }
        self._row.updated_at = time.time()

    @property
    def pace(self) -> Mapping[str, Any]:
        """What :meth:`keep` was given last."""
        found: Mapping[str, Any] = self._row.state.get("pace", {})
        return found


def behind(session: Session) -> bool:
    """Whether there are photos that were not counted yet."""
    row = session.get(Detector, _CURSOR)
    if row is None or not row.state:
        return session.scalar(select(TrailRow.id).where(TrailRow.first).limit(1)) is not None
    there = session.scalar(_since(select(func.count()).select_from(TrailRow), row.state["at"]))
    return (there or 0) > len(row.state["seen"])


def position(session: Session) -> Mapping[str, Any]:
    """What the cursor says: ``at``, ``photos`` counted, ``pace``; empty before the first look."""
    row = session.get(Detector, _CURSOR)
    return row.state if row is not None else {}


def _since(chosen: Select[Any], at: float) -> Select[Any]:
    return chosen.where(TrailRow.first, TrailRow.created_at >= at - _OVERLAP_SECONDS)


def _beginning(session: Session) -> float:
    newest = select(TrailRow.created_at).where(TrailRow.first).order_by(TrailRow.created_at.desc())
    return session.scalar(newest.offset(_HISTORY).limit(1)) or 0.0
