"""Signing in with an API key, and out."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from packshot.ledger import keys
from packshot.ledger.tables import ApiKey
from packshot.web.auth import Parts, doorkeeper
from packshot.web.problems import ForbiddenError
from packshot.web.review.errors import StalePageError, UnknownKeyError
from packshot.web.review.pages import PageRoute, go, page
from packshot.web.review.session import COOKIE, LASTS_SECONDS
from packshot.web.review.visitor import Sent, same_origin, sessions_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)

_OPENS = frozenset({"read", "review", "admin"})
To = Annotated[str, Query(max_length=2000, pattern=r"^[^\x00]*$")]


@router.get("/login")
def form(request: Request, to: To = "/") -> Response:
    """The form; where no key is needed there is nothing to sign in to."""
    if not doorkeeper(request).required:
        return go(request, _safe(to))
    return page(request, "login.html", None, to=_safe(to), said=None)


@router.post("/login")
async def sign_in(request: Request, parts: Parts, sent: Sent) -> Response:
    """Open a session for the holder of a key."""
    # There is no session yet that a token could be bound to; every browser names the origin of a form.
    if not same_origin(request) or "origin" not in request.headers:
        raise StalePageError
    secret, to = (str(sent.get(name, "")) for name in ("key", "to"))
    try:
        key = await run_in_threadpool(_key, parts, secret.strip())
    except (UnknownKeyError, ForbiddenError) as error:
        return await run_in_threadpool(
            page,
            request,
            "login.html",
            None,
            status=HTTPStatus.FORBIDDEN,
            to=_safe(to),
            said=str(error),
        )
    answer = go(request, _safe(to))
    secure = request.url.scheme == "https" or request.headers["origin"].startswith("https:")
    answer.set_cookie(
        COOKIE,
        sessions_of(request).open(key.id),
        max_age=LASTS_SECONDS,
        path="/",
        httponly=True,
        samesite="strict",
        secure=secure,
    )
    return answer


@router.post("/logout")
def sign_out(request: Request) -> Response:
    """End the session on this browser. Another site can have nobody signed out."""
    if not same_origin(request):
        raise StalePageError
    answer = go(request, "/login")
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return answer


def _key(parts: Parts, secret: str) -> ApiKey:
    with parts.ledger.reading() as session:
        key = keys.find(session, secret)
    if key is None:
        raise UnknownKeyError
    if not _OPENS & set(key.scopes):
        detail = f"The key {key.name!r} has none of the scopes read, review, admin: it opens no page."
        raise ForbiddenError(detail=detail)
    return key


def _safe(to: str) -> str:
    """An address on this site: never one that a browser could take for another."""
    harmless = to.startswith("/") and not to.startswith(("//", "/\\")) and to.isprintable()
    return to if harmless and "\\" not in to else "/"
