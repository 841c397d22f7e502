"""What a WebP file says before it is decoded (RFC 9649): canvas size, and whether it is lossless."""

from __future__ import annotations

from collections.abc import Iterator

_FRAME_HEADER = 16  # bytes of an ANMF chunk before the chunks of its picture


def canvas_size(data: bytes) -> tuple[int, int]:
    """Width and height of the canvas in pixels.

    Raises:
        ValueError: the first chunk is none of VP8X, VP8 and VP8L.
    """
    kind, body = next(_chunks(data, 12), (b"", b""))
    if kind == b"VP8X":
        return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        width, height = int.from_bytes(body[6:8], "little"), int.from_bytes(body[8:10], "little")
        return width & 0x3FFF, height & 0x3FFF
    raise ValueError("the WebP header is damaged")


def is_lossless(data: bytes) -> bool:
    """Whether the (first) picture is stored as VP8L."""
    for kind, body in _chunks(data, 12):
        if kind == b"ANMF":
            return any(inner == b"VP8L" for inner, _ in _chunks(body, _FRAME_HEADER))
        if kind in (b"VP8 ", b"VP8L"):
            return kind == b"VP8L"
    return False


def _chunks(data: bytes, start: int) -> Iterator[tuple[bytes, bytes]]:
    """Name and body of each RIFF chunk from ``start`` on; bodies have an even length on disk."""
    at = start
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        yield data[at : at + 4], data[at + 8 : at + 8 + size]
        at += 8 + size + (size & 1)
