"""Errors in the one shape that every answer to a mistake has: ``application/problem+json`` (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from packshot.errors import PackshotError

MEDIA_TYPE = "application/problem+json"

STATUS: Mapping[str, int] = {
    "too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "unsupported_format": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "queue_full": HTTPStatus.TOO_MANY_REQUESTS,
    "busy": HTTPStatus.TOO_MANY_REQUESTS,
    "rate_limited": HTTPStatus.TOO_MANY_REQUESTS,
    "not_found": HTTPStatus.NOT_FOUND,
    "idempotency_conflict": HTTPStatus.CONFLICT,
    "idempotency_in_progress": HTTPStatus.CONFLICT,
    "unauthorized": HTTPStatus.UNAUTHORIZED,
    "forbidden": HTTPStatus.FORBIDDEN,
    "weights": HTTPStatus.SERVICE_UNAVAILABLE,
    "output": HTTPStatus.INSUFFICIENT_STORAGE,
}
"""HTTP status by the code of an error; any other of ours is 422: understood, and not to be done."""

_RETRY_SECONDS = 5

_log = structlog.get_logger(__name__)


class UnauthorizedError(PackshotError):
    """This needs a key: send `Authorization: Bearer KEY`. `packshot keys create` makes one."""

    code = "unauthorized"


class ForbiddenError(PackshotError):
    """{detail}"""  # noqa: D415 - a template, not a sentence

    code = "forbidden"


class RateLimitedError(PackshotError):
    """This key may send {limit} requests a minute. Go on in {retry_after} seconds."""

    code = "rate_limited"
    retryable = True


class BusyError(PackshotError):
    """All workers are busy and {waiting} requests wait already. Send this again in {retry_after} seconds."""

    code = "busy"
    retryable = True


def problem(
    request: Request, status: int, code: str, detail: str, extra: Mapping[str, Any] | None = None
) -> JSONResponse:
    """The answer to a mistake."""
    body = {
        "type": f"urn:packshot:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "code": code,
        "detail": detail,
        "instance": request.url.path,
        "request_id": getattr(request.state, "request_id", None),
        **(extra or {}),
    }
    return JSONResponse(body, status, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Have every error answered in this shape."""
    app.add_exception_handler(PackshotError, _packshot)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(ValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def _packshot(request: Request, error: Exception) -> Response:
    assert isinstance(error, PackshotError)
    status = STATUS.get(error.code, HTTPStatus.UNPROCESSABLE_ENTITY)
    if status == HTTPStatus.UNPROCESSABLE_ENTITY and error.retryable:
        status = HTTPStatus.SERVICE_UNAVAILABLE
    answer = problem(request, status, error.code, str(error), {"retryable": error.retryable})
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        answer.headers["retry-after"] = str(error.facts.get("retry_after", _RETRY_SECONDS))
    if status == HTTPStatus.UNAUTHORIZED:
        answer.headers["www-authenticate"] = "Bearer"
    return answer


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError | ValidationError)
    errors = [
        {"field": ".".join(str(part) for part in item["loc"]), "message": item["msg"]}
        for item in error.errors()
    ]
    detail = "; ".join(f"{item['field']}: {item['message']}" for item in errors)
    return problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_request", detail, {"errors": errors})


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = HTTPStatus(error.status_code).name.lower()
    answer = problem(request, error.status_code, code, str(error.detail))
    answer.headers.update(error.headers or {})
    return answer


def _unexpected(request: Request, error: Exception) -> Response:
    _log.error("request.failed", path=request.url.path, exc_info=error)
    detail = "packshot failed on this request; it is in the log under the request's id. Please report it."
    return problem(request, HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", detail)
