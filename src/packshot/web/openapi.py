"""What OpenAPI says about mistakes: each operation with the statuses that it can answer, in the one shape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI

from packshot.web.api.models import Problem
from packshot.web.problems import MEDIA_TYPE

_REF = "#/components/schemas/{model}"
_MEANING: Mapping[int, str] = {
    400: "The request cannot be read.",
    401: "A key is needed, or this one is not valid.",
    403: "The key lacks the scope, or the caller is a page of another site.",
    404: "There is no such thing.",
    409: "It contradicts what was said before.",
    413: "It is larger than the service takes; found while it comes in.",
    415: "It is of a kind that is not read.",
    422: "It is understood, and cannot be done.",
    429: "Too much at once: the queue is full, workers are busy, or the key's rate is used up.",
    500: "The service failed; its log says how, under the request's id.",
    502: "What is to be fetched for it cannot be had now.",
    503: "The service cannot do it now.",
}
_LATER = (429, 502, 503)
_OPEN = ("/healthz", "/readyz")


def describe_problems(app: FastAPI) -> None:
    """Have the application's OpenAPI tell them."""
    plain = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = plain()
            schemas = schema["components"]["schemas"]
            for unused in ("HTTPValidationError", "ValidationError"):
                schemas.pop(unused, None)
            own = Problem.model_json_schema(ref_template=_REF)
            schemas |= {**own.pop("$defs"), "Problem": own}
            for path, operations in schema["paths"].items():
                for method, operation in operations.items():
                    told = {str(status): _response(status) for status in _statuses(path, method, operation)}
                    operation["responses"].pop("422", None)
                    operation["responses"] = told | operation["responses"]
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]


def _statuses(path: str, method: str, operation: Mapping[str, Any]) -> Iterator[int]:
    if path in _OPEN:
        return
    yield from (401, 403, 413, 422, 429, 500, 503)
    if "requestBody" in operation:
        yield from (400, 415)
    if "{" in path:
        yield 404
    if path in ("/v1/batches", "/v1/audit/verify") and method == "post":
        yield 409
    if path == "/v1/batches" and method == "post":
        yield 502


def _response(status: int) -> dict[str, Any]:
    schema = {"$ref": _REF.format(model=Problem.__name__)}
    told = {"description": _MEANING[status], "content": {MEDIA_TYPE: {"schema": schema}}}
    if status not in _LATER:
        return told
    name = HTTPStatus(status).phrase.lower()
    header = {"description": f"Seconds after which {name} may be over.", "schema": {"type": "integer"}}
    return told | {"headers": {"retry-after": header}}
