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
from sqlalchemy.exc import InterfaceError, OperationalError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from packshot.errors import PackshotError

MEDIA_TYPE = "application/problem+json"

OURS = (
    *("backend", "broken_promise", "credentials", "damaged_artefact", "damaged_manifest", "key_file"),
    *("mislabelled", "missing_object", "stage_contract", "storage_refused", "tampered_object"),
    *("unconditional_storage", "unstated_provenance"),
)
"""Codes of what is wrong with this service or its storage, and with nothing that was sent."""

STATUS: Mapping[str, int] = {
    "too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "unsupported_format": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "queue_full": HTTPStatus.TOO_MANY_REQUESTS,
    "busy": HTTPStatus.TOO_MANY_REQUESTS,
    "rate_limited": HTTPStatus.TOO_MANY_REQUESTS,
    "not_found": HTTPStatus.NOT_FOUND,
    "malformed": HTTPStatus.BAD_REQUEST,
    "unsupported_media_type": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "idempotency_conflict": HTTPStatus.CONFLICT,
    "not_possible": HTTPStatus.CONFLICT,
    "audit_broken": HTTPStatus.CONFLICT,
    "unauthorized": HTTPStatus.UNAUTHORIZED,
    "forbidden": HTTPStatus.FORBIDDEN,
    "output": HTTPStatus.INSUFFICIENT_STORAGE,
    "fetch_interrupted": HTTPStatus.BAD_GATEWAY,
    **dict.fromkeys(OURS, HTTPStatus.INTERNAL_SERVER_ERROR),
}
"""HTTP status by the code of an error. Any other of ours is 422, understood and not to be done; or, where
trying again can help, 503."""

_RETRY_SECONDS = 5
_LATER = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE)

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


class MalformedError(PackshotError):
    """{detail}"""  # noqa: D415 - a template, not a sentence

    code = "malformed"


class MediaTypeError(PackshotError):
    """The Content-Type {found!r} is not read here. Send {choices}."""

    code = "unsupported_media_type"


class RequestTooLargeError(PackshotError):
    """The request has more than {limit} bytes, the limit for this address. Send less at once."""

    code = "too_large"


class UnavailableError(PackshotError):
    """The ledger does not answer. Send this again in a few seconds."""

    code = "ledger_unreachable"
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
    return JSONResponse(body, int(status), media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Have every error answered in this shape."""
    app.add_exception_handler(PackshotError, _packshot)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(InterfaceError, _unavailable)
    app.add_exception_handler(OperationalError, _unavailable)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(ValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def answer_to(request: Request, error: PackshotError) -> JSONResponse:
    """The answer to one of our errors."""
    status = STATUS.get(error.code, HTTPStatus.UNPROCESSABLE_ENTITY)
    if status == HTTPStatus.UNPROCESSABLE_ENTITY and error.retryable:
        status = HTTPStatus.SERVICE_UNAVAILABLE
    answer = problem(request, status, error.code, str(error), {"retryable": error.retryable})
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("request.failed", path=request.url.path, exc_info=error)
    if status in _LATER:
        answer.headers["retry-after"] = str(error.facts.get("retry_after", _RETRY_SECONDS))
    if status == HTTPStatus.UNAUTHORIZED:
        answer.headers["www-authenticate"] = "Bearer"
    return answer


def _packshot(request: Request, error: Exception) -> Response:
    assert isinstance(error, PackshotError)
    return answer_to(request, error)


def _unavailable(request: Request, error: Exception) -> Response:
    _log.error("ledger.unreachable", exc_info=error)
    return answer_to(request, UnavailableError())


def _gone(request: Request, error: Exception) -> Response:
    del error
    return answer_to(request, MalformedError(detail="The connection ended before the request did."))


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError | ValidationError)
    if any(item["type"] == "json_invalid" for item in error.errors()):
        return answer_to(request, MalformedError(detail="The body is no JSON."))
    errors = [
        {"field": ".".join(str(part) for part in item["loc"]), "message": item["msg"]}
        for item in error.errors()
    ]
    detail = "; ".join(f"{item['field']}: {item['message']}" for item in errors)
    return problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_request", detail, {"errors": errors})


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if isinstance(error.__cause__, PackshotError):  # raised while FastAPI read the body
        return answer_to(request, error.__cause__)
    if error.status_code == HTTPStatus.BAD_REQUEST:
        return answer_to(request, MalformedError(detail="The body cannot be read."))
    if error.status_code == HTTPStatus.NOT_FOUND:
        detail = f"There is nothing at {request.url.path}. /openapi.json says what there is."
    elif error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = (error.headers or {}).get("Allow", "other methods")
        detail = f"{request.url.path} takes {allowed}, not {request.method}."
    else:
        detail = str(error.detail)
    code = HTTPStatus(error.status_code).name.lower()
    answer = problem(request, error.status_code, code, detail)
    answer.headers.update(error.headers or {})
    return answer


def _unexpected(request: Request, error: Exception) -> Response:
    name = str(getattr(request.state, "request_id", ""))
    _log.error("request.failed", path=request.url.path, request_id=name, exc_info=error)
    detail = "packshot failed on this request; it is in the log under the request's id. Please report it."
    answer = problem(request, HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", detail)
    # This alone is answered outside all middleware, that of the ids included.
    answer.headers["x-request-id"] = name
    return answer
