"""Reading JSON within bounds: of its bytes, and of what it becomes in memory."""

from __future__ import annotations

import json
from typing import Any

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from packshot.web.problems import MalformedError, RequestTooLargeError


async def read_json(request: Request, *, limit: int, most_values: int) -> Any:  # noqa: ANN401 - checked by models
    """The JSON in the body of ``request``.

    Args:
        request: whose.
        limit: bytes.
        most_values: values at most; a byte of JSON can become fifty in memory.

    Raises:
        RequestTooLargeError: there is more.
        MalformedError: it is no JSON.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise RequestTooLargeError(limit=limit)
    return await run_in_threadpool(parsed, bytes(body), most_values=most_values)


def parsed(body: bytes, *, most_values: int) -> Any:  # noqa: ANN401 - checked by models
    """The JSON in ``body``.

    Raises:
        MalformedError: it is none, or holds more than ``most_values``.
    """
    # Each value but the first comes after one of these; base64 has none of them.
    if body.count(b",") + body.count(b"[") + body.count(b"{") > most_values:
        raise MalformedError(detail=f"The JSON holds more than {most_values} values.")
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedError(detail="The body is no JSON.") from error
