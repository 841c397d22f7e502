"""Who is asking: an API key, or somebody on this machine."""

from __future__ import annotations

import math
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

bearer = HTTPBearer(auto_error=False, description="An API key, made by `packshot keys create`.")


_Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]  # for OpenAPI; read by hand


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is asking, and what they may do."""

    name: str
    scopes: frozenset[str]
    per_minute: int | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """How far an actor is with its requests.

    Attributes:
        limit: requests a minute.
        left: of these.
        kept: whether this request was still among them.
    """

    limit: int
    left: float
    kept: bool

    def headers(self) -> dict[str, str]:
        """As the answer tells it; ``reset`` in seconds until all are there again."""
        reset = math.ceil((self.limit - self.left) * 60 / self.limit)
        return {
            "ratelimit-limit": str(self.limit),
            "ratelimit-remaining": str(int(self.left)),
            "ratelimit-reset": str(reset),
        }

    @property
    def retry_after(self) -> int:
        """Seconds until the next request."""
        return max(1, math.ceil((1 - self.left) * 60 / self.limit))


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
        self._rates: dict[str, tuple[float, float]] = {}

    def by_secret(self, secret: str) -> Actor | None:
        """Whose key that is; None for one that is unknown, revoked or out of date."""
        with self._context.ledger.reading() as session:
            row = keys.find(session, secret)
        return None if row is None else Actor(row.name, frozenset(row.scopes), row.per_minute)

    def hold(self, actor: Actor) -> Rate | None:
        """Count a request of ``actor`` against its rate: a bucket of a minute's worth that refills evenly."""
        if actor.per_minute is None:
            return None
        now, limit = time.monotonic(), float(actor.per_minute)
        with self._lock:
            left, at = self._rates.get(actor.name, (limit, now))
            left = min(limit, left + (now - at) * limit / 60)
            kept = left >= 1
            left = left - 1 if kept else left
            self._rates[actor.name] = left, now
        return Rate(actor.per_minute, left, kept=kept)


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
        rate = keeper.hold(found)
        if rate is not None:
            request.state.rate = rate.headers()
            if not rate.kept:
                raise RateLimitedError(limit=rate.limit, retry_after=rate.retry_after)
        if scope not in found.scopes and Scope.ADMIN not in found.scopes:
            raise ForbiddenError(detail=f"The key {found.name!r} lacks the scope {scope.value!r}.")
        return found

    return actor


Submitter = Annotated[Actor, Depends(needs(Scope.SUBMIT))]
Reviewer = Annotated[Actor, Depends(needs(Scope.REVIEW))]
Admin = Annotated[Actor, Depends(needs(Scope.ADMIN))]
Parts = Annotated[Context, Depends(context_of)]

MAY_SUBMIT, MAY_READ, ADMIN = (Depends(needs(scope)) for scope in (Scope.SUBMIT, Scope.READ, Scope.ADMIN))
"""For routes that must be allowed to whoever asks, and do not care who that is."""
