"""Who is asking: an API key, or somebody on this machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from threading import Lock
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from packshot.ledger import keys
from packshot.ledger.keys import Scope
from packshot.service.context import Context
from packshot.web.problems import ForbiddenError, RateLimitedError, UnauthorizedError

LOCAL = "local"
"""The actor where no key is asked for."""

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

_KEPT_SECONDS = 5.0
"""How long a key that was found is not looked up again: a revoked one works so much longer."""

bearer = HTTPBearer(auto_error=False, description="An API key, made by `packshot keys create`.")


_Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]  # for OpenAPI; read by hand


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is asking, and what they may do."""

    name: str
    scopes: frozenset[str]
    per_minute: int | None = None


class Doorkeeper:
    """Finds the actor of a request and holds it to its rate.

    Args:
        context: where keys are found.
        required: whether a key is needed; only a service that listens on loopback alone may do without.
    """

    def __init__(self, context: Context, *, required: bool) -> None:
        self._context = context
        self.required = required
        self._lock = Lock()
        self._kept: dict[str, tuple[float, Actor]] = {}
        self._rates: dict[str, tuple[float, float]] = {}

    def by_secret(self, secret: str) -> Actor | None:
        """Whose key that is; None for one that is unknown, revoked or out of date."""
        now = time.monotonic()
        with self._lock:
            until, actor = self._kept.get(secret, (0.0, None))
            if actor is not None and now < until:
                return actor
        with self._context.ledger.reading() as session:
            row = keys.find(session, secret)
        if row is None:
            with self._lock:
                self._kept.pop(secret, None)
            return None
        actor = Actor(row.name, frozenset(row.scopes), row.per_minute)
        with self._lock:
            if len(self._kept) > 1000:
                self._kept.clear()
            self._kept[secret] = now + _KEPT_SECONDS, actor
        return actor

    def hold(self, actor: Actor) -> None:
        """Count a request of ``actor`` against its rate: a bucket of a minute's worth that refills evenly.

        Raises:
            RateLimitedError: the bucket is empty.
        """
        if actor.per_minute is None:
            return
        now, limit = time.monotonic(), float(actor.per_minute)
        with self._lock:
            left, at = self._rates.get(actor.name, (limit, now))
            left = min(limit, left + (now - at) * limit / 60)
            if left < 1:
                self._rates[actor.name] = left, now
                seconds = max(1, round((1 - left) * 60 / limit))
                raise RateLimitedError(limit=actor.per_minute, retry_after=seconds)
            self._rates[actor.name] = left - 1, now


def doorkeeper(request: Request) -> Doorkeeper:
    """The application's doorkeeper."""
    found: Doorkeeper = request.app.state.doorkeeper
    return found


def context_of(request: Request) -> Context:
    """The application's parts."""
    found: Context = request.app.state.context
    return found


def check_origin(request: Request) -> None:
    """Where no key is asked for, only this machine's own programs and pages may ask.

    A page of another site, open in a browser here, can send requests to loopback; it gives itself away by
    ``Origin``, or by the name under which it reaches us.

    Raises:
        ForbiddenError: the request comes from such a page.
    """
    host = request.url.hostname or ""
    if host not in LOOPBACK:
        detail = f"Without keys packshot answers to localhost only, not to {host!r}. Give --require-keys."
        raise ForbiddenError(detail=detail)
    origin = request.headers.get("origin")
    if origin is not None and origin != f"{request.url.scheme}://{request.url.netloc}":
        raise ForbiddenError(detail=f"Pages of {origin} may not use this service.")


def needs(scope: Scope) -> Callable[..., Coroutine[Any, Any, Actor]]:
    """A dependency that gives the actor, if it has ``scope``."""

    async def actor(request: Request, _bearer: _Bearer) -> Actor:
        keeper = doorkeeper(request)
        given = request.headers.get("authorization", "")
        kind, _, secret = given.partition(" ")
        if kind.lower() == "bearer" and secret:
            found = await run_in_threadpool(keeper.by_secret, secret.strip())
            if found is None:
                raise UnauthorizedError
        elif keeper.required:
            raise UnauthorizedError
        else:
            check_origin(request)
            found = Actor(LOCAL, frozenset(Scope))
        keeper.hold(found)
        if scope not in found.scopes and Scope.ADMIN not in found.scopes:
            raise ForbiddenError(detail=f"The key {found.name!r} lacks the scope {scope.value!r}.")
        return found

    return actor


Submitter = Annotated[Actor, Depends(needs(Scope.SUBMIT))]
Reviewer = Annotated[Actor, Depends(needs(Scope.REVIEW))]
Parts = Annotated[Context, Depends(context_of)]

MAY_SUBMIT, MAY_READ, ADMIN = (Depends(needs(scope)) for scope in (Scope.SUBMIT, Scope.READ, Scope.ADMIN))
"""For routes that must be allowed to whoever asks, and do not care who that is."""
