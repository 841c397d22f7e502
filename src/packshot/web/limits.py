"""Hard limits on the bytes of a request, counted as they come in, whatever its headers say."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from packshot.errors import TooLargeError
from packshot.service.settings import Settings

_FORM = 64 * 1024
"""Room for a form's other fields and boundaries."""

_ROOMY = ("/v1/batches",)
"""Paths that take many files at once."""


class BodyLimit:
    """Refuses a request whose body is larger than its path may have.

    Two files fit where one is worked on: the photo and a mask.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._one = 2 * settings.upload_bytes + _FORM
        self._many = settings.request_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counting."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._many if scope["path"].rstrip("/") in _ROOMY else self._one
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                raise TooLargeError(name="the request", found=f"more than {limit}", unit="bytes", limit=limit)
            return message

        await self._app(scope, counted, send)
