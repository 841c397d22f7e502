"""Runs work in threads of this process: one a core, at most a few photos in flight."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from threading import Event
from typing import Protocol, TypeVar

import cv2

Task = TypeVar("Task")
Done = TypeVar("Done")

QUEUED = 2  # tasks that wait for a free thread, so that none idles; a queued task holds no pixels


class Watcher(Protocol):
    """Is told how work gets on, from the thread that asked for it."""

    def begin(self, what: str, total: int) -> None:
        """A pass over ``total`` photos begins."""
        ...

    def done(self, path: str, outcome: str) -> None:
        """One photo of the pass is done."""
        ...


@dataclass(frozen=True, slots=True)
class Crew:
    """Who does a job and who watches it.

    Attributes:
        workers: threads.
        stop: once set, photos in flight are finished and no other begins.
        watcher: is told how it gets on.
    """

    workers: int
    stop: Event
    watcher: Watcher


def cores() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def stream(work: Callable[[Task], Done], tasks: Iterable[Task], crew: Crew) -> Iterator[Done]:
    """Results of ``work`` as they come, in no fixed order.

    As many tasks run at once as there are workers and :data:`QUEUED` more wait, whatever the length of
    ``tasks``. Once ``crew.stop`` is set no further task begins; those that run are finished and their results
    are given. The first exception of ``work`` does the same and is then raised.
    """
    cv2.setNumThreads(1)  # parallel by photo: threads inside one photo would only compete
    waiting = iter(tasks)
    failure: BaseException | None = None
    with ThreadPoolExecutor(crew.workers, thread_name_prefix="packshot") as pool:
        flying: set[Future[Done]] = set()
        while True:
            if crew.stop.is_set() or failure:
                flying -= {future for future in flying if future.cancel()}
            else:
                room = crew.workers + QUEUED - len(flying)
                flying |= {pool.submit(work, task) for task in islice(waiting, room)}
            if not flying:
                break
            done, flying = wait(flying, return_when=FIRST_COMPLETED)
            for future in done:
                failure = failure or future.exception()
                if future.exception() is None:
                    yield future.result()
    if failure:
        raise failure
