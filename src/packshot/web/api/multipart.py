"""Reading a form as it comes in: one file at a time is in memory, and none larger than allowed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fastapi import Request
from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from packshot.errors import TooLargeError, UsageError
from packshot.web.problems import MalformedError

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks  # not there at run time

_MIB = 2**20
_BINARY = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a form may hold.

    Attributes:
        files, fields: how many of each.
        file_bytes, field_bytes: the size of one.
    """

    files: int
    fields: int
    file_bytes: int
    field_bytes: int


@dataclass(frozen=True, slots=True)
class Part:
    """A field, or a file if it has a ``filename``."""

    name: str
    data: bytes = field(repr=False)
    filename: str | None = None
    media_type: str = _BINARY

    @property
    def text(self) -> str:
        """A field's value.

        Raises:
            MalformedError: it is not UTF-8.
        """
        try:
            return self.data.decode()
        except UnicodeDecodeError as error:
            raise MalformedError(detail=f"The field {self.name!r} is not UTF-8.") from error


async def parts(request: Request, allowed: Allowed) -> AsyncIterator[Part]:
    """The parts of a form, each as soon as it is complete.

    Raises:
        MalformedError: it is no form, or ends too early.
        TooLargeError: a file or a field is too large; found as it comes in.
        UsageError: there are too many of them.
    """
    reader = _Reader(allowed)
    _, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary")
    if not boundary:
        raise MalformedError(detail="The Content-Type names no boundary. Leave that header to your client.")
    try:
        parser = MultipartParser(boundary, reader.callbacks())
        async for chunk in request.stream():
            parser.write(chunk)
            for part in reader.taken():
                yield part
        parser.finalize()
    except (FormParserError, UnicodeDecodeError) as error:
        raise MalformedError(detail="The body is no multipart form.") from error
    if not reader.ended:
        raise MalformedError(detail="The form ends before its last boundary. Send it again.")


class _Reader:
    """Puts parts together from what the parser calls back with."""

    def __init__(self, allowed: Allowed) -> None:
        self._allowed = allowed
        self._complete: list[Part] = []
        self._files = self._fields = 0
        self._key, self._value = bytearray(), bytearray()
        self._headers: dict[bytes, bytes] = {}
        self._part = Part("", b"")
        self._data = bytearray()
        self.ended = False

    def callbacks(self) -> MultipartCallbacks:
        """What the parser is to call."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._key.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
            "on_header_end": self._header,
            "on_headers_finished": self._named,
            "on_part_data": self._more,
            "on_part_end": self._finish,
            "on_end": self._end,
        }

    def taken(self) -> list[Part]:
        """What is complete and was not taken before."""
        taken, self._complete = self._complete, []
        return taken

    def _begin(self) -> None:
        self._headers = {}
        self._data = bytearray()

    def _header(self) -> None:
        self._headers[bytes(self._key).lower()] = bytes(self._value)
        self._key.clear()
        self._value.clear()

    def _named(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        if b"name" not in options:
            raise MalformedError(detail="A part of the form has no name.")
        name, filename = options[b"name"].decode(), options.get(b"filename")
        if filename is None:
            self._part = Part(name, b"")
            self._fields += 1
        else:
            kind = self._headers.get(b"content-type", b"").decode("latin-1") or _BINARY
            self._part = Part(name, b"", filename.decode(), kind)
            self._files += 1
        if self._files > self._allowed.files:
            most = self._allowed.files
            raise UsageError(detail=f"This takes {most} file(s) a request. Send more to /v1/batches.")
        if self._fields > self._allowed.fields:
            raise UsageError(detail=f"The form has more than {self._allowed.fields} fields.")

    def _more(self, data: bytes, start: int, end: int) -> None:
        self._data += data[start:end]
        name = self._part.filename
        limit = self._allowed.field_bytes if name is None else self._allowed.file_bytes
        if len(self._data) > limit:
            called = f"the field {self._part.name!r}" if name is None else name or self._part.name
            found, most = f"more than {limit / _MIB:g}", f"{limit / _MIB:g}"
            raise TooLargeError(name=called, found=found, unit="MiB", limit=most)

    def _finish(self) -> None:
        part, data = self._part, bytes(self._data)
        self._complete.append(Part(part.name, data, part.filename, part.media_type))
        self._data = bytearray()

    def _end(self) -> None:
        self.ended = True
