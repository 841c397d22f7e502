"""Lets as many direct requests compute at once as there are workers, and a few wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Request

from packshot.web.problems import BusyError

_WAITING = 16
"""Requests that may wait for each worker; each holds its upload in memory."""


class Turnstile:
    """Bounds the requests that are there at all, and those that compute."""

    def __init__(self, workers: int) -> None:
        self._free = asyncio.Semaphore(workers)
        self._inside = 0
        self._most = (1 + _WAITING) * workers

    @asynccontextmanager
    async def seat(self) -> AsyncIterator[None]:
        """Be counted, from before the upload until the answer is sent.

        Raises:
            BusyError: too many are there already.
        """
        if self._inside >= self._most:
            raise BusyError(waiting=self._inside, retry_after=2)
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1

    @asynccontextmanager
    async def passed(self) -> AsyncIterator[None]:
        """Wait for a free worker."""
        async with self._free:
            yield


async def seated(request: Request) -> AsyncIterator[None]:
    """A dependency that gives a request its seat."""
    turnstile: Turnstile = request.app.state.turnstile
    async with turnstile.seat():
        yield
