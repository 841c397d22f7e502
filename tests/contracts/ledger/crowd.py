"""Threads and processes that do the same at the same time, and rows to do it with."""

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from sqlalchemy.orm import Session

from packshot.ledger.identity import new_id
from packshot.ledger.tables import Batch, Item, State


def together(count: int, work: Callable[[int], Any]) -> list[Any]:
    """What ``work`` gives in each of ``count`` threads, which begin at once; an error of one is raised."""
    gate = Barrier(count)

    def wait_and_work(number: int) -> Any:
        gate.wait()
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(wait_and_work, range(count)))


def python(code: str, *arguments: str) -> subprocess.Popen:
    """A Python process of its own, talked to by lines."""
    command = [sys.executable, "-W", "error", "-c", code, *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def add_batch(session: Session) -> str:
    """A batch without items."""
    batch = Batch(id=new_id("bat"), actor="shop", source="api", options={}, created_at=0.0)
    session.add(batch)
    session.flush()
    return batch.id


def add_items(
    session: Session, count: int, *, state: State = State.ACCEPTED, start: float = 100.0
) -> list[str]:
    """A batch of items, accepted one second after the other."""
    batch = add_batch(session)
    items = [
        Item(
            id=new_id("job"),
            batch_id=batch,
            position=n,
            name=f"{n}.jpg",
            options={},
            state=state,
            created_at=start + n,
            updated_at=start + n,
        )
        for n in range(count)
    ]
    session.add_all(items)
    session.flush()
    return [item.id for item in items]
