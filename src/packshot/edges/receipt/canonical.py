"""The one spelling of JSON that is signed, and a parser that takes only what means one thing."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from packshot.edges.receipt.errors import ReceiptError

LARGEST = 64 * 2**20
"""Bytes of the largest receipt that is read: the mask of 80 megapixels of noise takes 18 MiB."""


def canonical(value: Any) -> bytes:  # noqa: ANN401 - whatever JSON can hold
    """``value`` as UTF-8 JSON with sorted keys and no spaces.

    Raises:
        ValueError: a number is not finite, or text holds what is no character (see :func:`printable`).
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def printable(value: Any) -> Any:  # noqa: ANN401 - likewise
    r"""``value`` with every piece of text valid: a file name's undecodable bytes become ``\udcXX``."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {printable(key): printable(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [printable(entry) for entry in value]
    return value


def parse(data: bytes) -> Any:  # noqa: ANN401 - likewise
    """The value of UTF-8 JSON.

    Raises:
        ReceiptError: it is too large, no JSON, names a key twice, or holds a number that is not finite.
    """
    if len(data) > LARGEST:
        raise ReceiptError(detail=f"it has {len(data)} bytes, more than any receipt")
    try:
        return json.loads(data.decode(), object_pairs_hook=_without_repetition, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise ReceiptError(detail="it is not well-formed JSON") from error


def from_base64(text: str) -> bytes:
    """The bytes of standard base64, in the one spelling that an encoder gives them.

    Raises:
        ReceiptError: it is something else.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ReceiptError(detail="it holds damaged base64") from error
    if base64.b64encode(data).decode() != text:  # unused bits that are not zero
        raise ReceiptError(detail="it holds damaged base64")
    return data


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is named twice")
    return found


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")
