"""Lets as many direct requests compute at once as there are workers, and a few wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from packshot.web.problems import BusyError

_WAITING = 16
"""Requests that may wait for each worker; each holds its upload in memory."""


class Turnstile:
    """Bounds the requests that compute."""

    def __init__(self, workers: int) -> None:
        self._free = asyncio.Semaphore(workers)
        self._waiting = 0
        self._most = _WAITING * workers

    @asynccontextmanager
    async def passed(self) -> AsyncIterator[None]:
        """Wait for a free place.

        Raises:
            BusyError: too many wait already.
        """
        if self._waiting >= self._most:
            raise BusyError(waiting=self._waiting, retry_after=2)
        self._waiting += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._free.release()
