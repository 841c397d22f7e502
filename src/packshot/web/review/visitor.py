"""Who looks at a page, what they may do there, and whether it was they who sent a form."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from packshot.ledger.keys import Scope
from packshot.web.auth import LOCAL, Actor, check_origin, doorkeeper
from packshot.web.problems import ForbiddenError, MalformedError, RateLimitedError, UnauthorizedError
from packshot.web.review.errors import StalePageError
from packshot.web.review.session import COOKIE, Sessions

FIELD = "token"
"""The field of every form that proves that our page sent it."""

_LOOK = frozenset({Scope.READ, Scope.REVIEW, Scope.ADMIN})
_MOST_FILES, _MOST_FIELDS, _LARGEST_FIELD = 2_000, 1_100, 64 * 1024


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who looks.

    Attributes:
        name: of their key, or ``local``.
        scopes: what it opens.
        token: goes into every form.
        signed_in: whether there is a session to leave.
    """

    name: str
    scopes: frozenset[str]
    token: str
    signed_in: bool

    def may(self, scope: str) -> bool:
        """Whether they may do what ``scope`` opens."""
        return scope in self.scopes or Scope.ADMIN in self.scopes


def sessions_of(request: Request) -> Sessions:
    """The application's sessions."""
    found: Sessions = request.app.state.sessions
    return found


def same_origin(request: Request) -> bool:
    """Whether a page of this service sent the request; a program that names no origin may send it, too.

    The scheme is not compared: behind a proxy that ends TLS it is another one for us than for the browser.
    """
    origin = request.headers.get("origin")
    return origin is None or origin.partition("://")[2] == request.headers.get("host", "")


async def visitor(request: Request) -> Visitor:
    """Who looks at a page.

    Raises:
        UnauthorizedError: nobody that we know.
        ForbiddenError: their key does not open the pages.
    """
    actor, session = await _actor(request)
    if not actor.scopes & _LOOK:
        detail = f"The key {actor.name!r} has none of the scopes read, review, admin: it opens no page."
        raise ForbiddenError(detail=detail)
    token = sessions_of(request).token(session)
    return Visitor(actor.name, actor.scopes, token, signed_in=session != LOCAL)


async def form(request: Request) -> FormData:
    """What a form sent; kept with the request, so that it can be asked for twice.

    Raises:
        MalformedError: it holds what no form of ours sends.
    """
    sent = await request.form(max_files=_MOST_FILES, max_fields=_MOST_FIELDS, max_part_size=_LARGEST_FIELD)
    # A name of a file is kept as well, and PostgreSQL keeps no text with a NUL in it.
    for name, value in sent.multi_items():
        text = value if isinstance(value, str) else value.filename or ""
        if "\0" in name + text:
            raise MalformedError(detail="The form holds text with a NUL in it.")
    return sent


def acting(scope: Scope) -> Callable[..., Coroutine[Any, Any, Visitor]]:
    """A dependency that gives the visitor of a form who may do what ``scope`` opens."""

    async def actor(request: Request, looking: Annotated[Visitor, Depends(visitor)]) -> Visitor:
        given = (await form(request)).get(FIELD)
        token = given if isinstance(given, str) else ""
        if not same_origin(request) or not sessions_of(request).is_token(_session(request), token):
            raise StalePageError
        _hold(request, (await _actor(request))[0])
        if not looking.may(scope):
            raise ForbiddenError(detail=f"The key {looking.name!r} lacks the scope {scope.value!r}.")
        return looking

    return actor


def _hold(request: Request, actor: Actor) -> None:
    rate = doorkeeper(request).hold(actor)
    if rate is not None and not rate.kept:
        raise RateLimitedError(limit=rate.limit, retry_after=rate.retry_after)


async def _actor(request: Request) -> tuple[Actor, str]:
    """Who asks, and the session that they ask in."""
    if not doorkeeper(request).required:
        check_origin(request)
        return Actor(LOCAL, frozenset(Scope)), LOCAL
    session = _session(request)
    actor = await run_in_threadpool(sessions_of(request).actor, session)
    if actor is None:
        raise UnauthorizedError
    return actor, session


def _session(request: Request) -> str:
    return request.cookies.get(COOKIE, "") if doorkeeper(request).required else LOCAL


Viewer = Annotated[Visitor, Depends(visitor)]
Decider = Annotated[Visitor, Depends(acting(Scope.REVIEW))]
Sender = Annotated[Visitor, Depends(acting(Scope.SUBMIT))]
Sent = Annotated[FormData, Depends(form)]
