"""A response's body, counted as it comes and again as it unfolds."""

from __future__ import annotations

import zlib

import httpx

from packshot.edges.sources.errors import FetchFailedError, FetchTooLargeError
from packshot.edges.sources.urls import shown

_GZIP = 16 + zlib.MAX_WBITS


async def read_body(url: httpx.URL, response: httpx.Response, limit: int) -> bytes:
    """The body of ``response``, decoded.

    gzip is undone here and not by httpx, which would unfold a whole piece of a bomb before anybody counts.

    Raises:
        FetchTooLargeError: it declares or has more than ``limit`` bytes, as sent or decoded.
        FetchFailedError: its encoding is unknown or damaged.
        httpx.TransportError: the connection broke.
    """
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "", "gzip", "x-gzip"):
        detail = f"the server packs it as {encoding[:40]!r}, which was not asked for"
        raise FetchFailedError(url=shown(str(url)), detail=detail)
    declared = response.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise FetchTooLargeError(url=shown(str(url)), limit=limit)
    sent, body = 0, bytearray()
    unfolding = Gunzip() if "gzip" in encoding else None
    async for piece in response.aiter_raw():
        sent += len(piece)
        try:
            body += piece if unfolding is None else unfolding.feed(piece, limit - len(body) + 1)
        except zlib.error as error:
            raise FetchFailedError(url=shown(str(url)), detail="its gzip packing is damaged") from error
        if max(sent, len(body)) > limit:
            raise FetchTooLargeError(url=shown(str(url)), limit=limit)
    if unfolding is not None and not unfolding.whole:
        raise FetchFailedError(url=shown(str(url)), detail="its gzip packing is cut off")
    return bytes(body)


class Gunzip:
    """Undoes gzip (RFC 1952, several members allowed) piece by piece."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(_GZIP)

    @property
    def whole(self) -> bool:
        """Whether the last member has come to its end."""
        return self._member.eof

    def feed(self, data: bytes, most: int) -> bytes:
        """What ``data`` unfolds to, never more than ``most`` bytes: one that gets that many must stop.

        Raises:
            zlib.error: it is no gzip.
        """
        out = bytearray()
        while data and len(out) < most:
            if self._member.eof:
                self._member = zlib.decompressobj(_GZIP)
            out += self._member.decompress(data, most - len(out))
            data = self._member.unused_data
        return bytes(out)
