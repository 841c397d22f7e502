"""Pages out of templates, and errors as pages."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from functools import cache
from http import HTTPStatus
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.routing import APIRoute
from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from packshot.errors import PackshotError
from packshot.service import browse
from packshot.web.auth import context_of
from packshot.web.problems import STATUS
from packshot.web.review import names, wording
from packshot.web.review.headers import HEADERS
from packshot.web.review.visitor import Visitor, visitor


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("packshot.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for name in ("percent", "duration", "size", "ago", "moment", "machine_time", "plural", "breakable"):
        made.filters[name] = getattr(wording, name)
    made.filters["segment"] = names.segment
    made.globals |= {
        "STATES": wording.STATES,
        "ACTIONS": wording.ACTIONS,
        "UNKNOWN": wording.UNKNOWN,
        "version": version("packshot"),
    }
    return made


def page(
    request: Request,
    template: str,
    who: Visitor | None,
    *,
    status: int = HTTPStatus.OK,
    **values: Any,  # noqa: ANN401
) -> HTMLResponse:
    """A page, or a part of one, as ``who`` gets to see it. It is never kept by caches."""
    waiting = 0
    if who is not None and not request.headers.get("hx-request"):
        with context_of(request).ledger.reading() as session:
            waiting = browse.how_many(session)
    text = (
        _environment()
        .get_template(template)
        .render(who=who, path=request.url.path, waiting=waiting, **values)
    )
    # Names can hold half of a surrogate pair, which no encoding has.
    body = text.encode("utf-8", "replace")
    return HTMLResponse(body, status, {"cache-control": "no-store"})


def go(request: Request, address: str) -> Response:
    """Have the browser load ``address``, also where a part of a page asked."""
    if request.headers.get("hx-request"):
        return Response(headers={"hx-redirect": address, "cache-control": "no-store"})
    return RedirectResponse(address, HTTPStatus.SEE_OTHER, {"cache-control": "no-store"})


class PageRoute(APIRoute):
    """A route whose answers carry the pages' headers, and whose errors are pages."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, wrapped."""
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            try:
                answer = await handle(request)
            except (PackshotError, RequestValidationError, ValidationError, HTTPException) as error:
                answer = await _failed(request, error)
            finally:
                await request.close()  # files of a form, which were read by then
            for name, value in HEADERS.items():
                answer.headers.setdefault(name, value)
            return answer

        return guarded


async def _failed(request: Request, error: Exception) -> Response:
    status, said = _said(error)
    if status == HTTPStatus.UNAUTHORIZED:
        query = f"?{request.url.query}" if request.url.query else ""
        wanted = request.url.path + query if request.method == "GET" else "/"
        return go(request, f"/login?to={quote(wanted)}")
    try:
        who: Visitor | None = await visitor(request)
    except PackshotError:
        who = None
    title = HTTPStatus(status).phrase
    if request.headers.get("hx-request"):
        # Beside what failed, not instead of it.
        answer = await run_in_threadpool(page, request, "notice.html", who, status=status, said=said)
        answer.headers.update({"hx-retarget": "#notice", "hx-reswap": "innerHTML"})
        return answer
    return await run_in_threadpool(page, request, "error.html", who, status=status, title=title, said=said)


def _said(error: Exception) -> tuple[int, str]:
    """Status and words of an error."""
    if isinstance(error, PackshotError):
        return STATUS.get(error.code, HTTPStatus.UNPROCESSABLE_ENTITY), str(error)
    if isinstance(error, HTTPException):
        return error.status_code, str(error.detail)
    assert isinstance(error, RequestValidationError | ValidationError)
    first: Mapping[str, Any] = error.errors()[0]
    place = " ".join(str(part) for part in first["loc"])
    return HTTPStatus.UNPROCESSABLE_ENTITY, f"{place}: {first['msg']}."
