"""Every request has an id, a line in the log, and a place in the metrics."""

from __future__ import annotations

import re
import secrets
import time

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from packshot.service.metrics import Metrics

HEADER = "x-request-id"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SAFE = re.compile(rb"[A-Za-z0-9._-]{1,64}")

_log = structlog.get_logger("packshot.http")


class Observed:
    """Takes the caller's ``x-request-id``, or makes one, and gives it back with the answer.

    What :class:`packshot.web.auth.Doorkeeper` says about the caller's rate goes into the answer, too.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, watched."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = dict(scope["headers"]).get(HEADER.encode(), b"")
        name = given.decode() if _SAFE.fullmatch(given) else f"req_{secrets.token_hex(8)}"
        scope.setdefault("state", {})["request_id"] = name
        started, status = time.perf_counter(), 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                own = [(HEADER, name), *scope["state"].get("rate", {}).items()]
                added = [(key.encode(), value.encode()) for key, value in own]
                message["headers"] = [*message.get("headers", []), *added]
            await send(message)

        structlog.contextvars.bind_contextvars(request_id=name)
        try:
            await self._app(scope, receive, sending)
        finally:
            seconds = time.perf_counter() - started
            route = getattr(scope.get("route"), "path", "other")
            method = scope["method"] if scope["method"] in _METHODS else "other"  # labels must stay few
            self._metrics.requests.labels(method, route, status).observe(seconds)
            _log.info("http.request", method=scope["method"], path=scope["path"], status=status,
                      seconds=round(seconds, 4))  # fmt: skip
            structlog.contextvars.unbind_contextvars("request_id")
