"""Hard limits on the bytes of a request, counted as they come in, whatever its headers say."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from packshot.service.settings import Settings
from packshot.web.problems import RequestTooLargeError, answer_to

_FORM = 64 * 1024
"""Room for a form's other fields and boundaries."""

_ROOMY = ("/v1/batches", "/submit")
"""Paths that take many files at once."""
_NARROW = ("/v1/batches/", "/v1/jobs", "/v1/audit")
"""Beginnings of paths that take no file at all."""


class BodyLimit:
    """Refuses a request whose body is larger than its path may have.

    Two files fit where one is worked on: the photo and a mask. What says beforehand that it is too large is
    not read at all.
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
        limit, seen = self._limit(scope["path"]), 0
        stated = Headers(scope=scope).get("content-length", "")
        if stated.isdecimal() and int(stated) > limit:
            answer = answer_to(Request(scope), RequestTooLargeError(limit=limit))
            await answer(scope, receive, send)
            return

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                raise RequestTooLargeError(limit=limit)
            return message

        await self._app(scope, counted, send)

    def _limit(self, path: str) -> int:
        if path in _ROOMY:
            return self._many
        return _FORM if path.startswith(_NARROW) else self._one
