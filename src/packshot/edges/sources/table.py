"""Feeds as text tables: separated cells under a header, read so that one broken row spoils no other."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper

from packshot.edges.sources.errors import FeedTooLargeError
from packshot.edges.sources.feed_rows import Problem

_LONGEST_RECORD = 2**20  # characters
_MOST_EMPTY = 2_000_000  # rows; spreadsheets export up to a million
_REREADS = 4  # times the size of the file that may be read again after broken rows: keeps the work linear


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row: the first line it stands in, from 1, and its cells by column; a missing cell is empty."""

    line: int
    cells: Mapping[str, str]


class Table:
    """A text table.

    Cells are separated by tabs, commas or semicolons, and may be quoted as RFC 4180 has it. Where a row of
    a tab-separated table makes no sense with quotes, as in ``17" screen`` at the start of a cell, its line is
    taken as it stands: Google's feeds need no quotes.

    Args:
        data: the file.
        encoding: of the file; what does not decode becomes U+FFFD.
        name: of the file, for messages.
        max_rows: most rows below the header.
    """

    def __init__(self, data: bytes, encoding: str, name: str, max_rows: int) -> None:
        text = TextIOWrapper(BytesIO(data), encoding, errors="replace", newline="")
        # In pieces: one endless line must not become millions of cells.
        self._lines = iter(lambda: text.readline(_LONGEST_RECORD), "")
        self._again: deque[str] = deque()
        self._taken: list[str] = []
        self._line = 1
        self._rereads = _REREADS * len(data)
        self._name, self._max_rows = name, max_rows
        self._header_line = next((line for line in iter(self._next_line, None) if line.strip()), "")
        self._line += len(self._taken)

    def columns(self, delimiter: str) -> tuple[str, ...]:
        """The header's names if cells were separated by ``delimiter``: lower case, ``_`` as a space."""
        try:
            header = next(csv.reader([self._header_line], delimiter=delimiter), [])
        except csv.Error:
            return ()
        names = (" ".join(cell.lower().replace("_", " ").split()) for cell in header)
        return tuple(name.removeprefix("g:") for name in names)

    def rows(self, delimiter: str) -> Iterator[TableRow | Problem]:
        """All rows below the header; empty lines are none.

        Raises:
            FeedTooLargeError: there are more than ``max_rows``, or two million empty ones.
        """
        columns = self.columns(delimiter)
        # Where a column is there twice, the first one counts.
        places = {column: place for place, column in reversed(list(enumerate(columns)))}
        count = empty = 0
        for line, cells in self._records(delimiter, len(columns)):
            if isinstance(cells, list) and not any(cell.strip() for cell in cells):
                empty += 1
                if empty > _MOST_EMPTY:
                    raise FeedTooLargeError(name=self._name, limit=_MOST_EMPTY, unit="empty rows")
                continue
            count += 1
            if count > self._max_rows:
                raise FeedTooLargeError(name=self._name, limit=self._max_rows, unit="rows")
            if isinstance(cells, str):
                yield Problem(line, cells)
            elif any(cell.strip() for cell in cells[len(columns) :]):
                message = (
                    f"The row has {len(cells)} cells, the header {len(columns)}. Quote separators in cells."
                )
                yield Problem(line, message)
            else:
                padded = cells + [""] * (len(columns) - len(cells))
                yield TableRow(line, {column: padded[place].strip() for column, place in places.items()})

    def _records(self, delimiter: str, width: int) -> Iterator[tuple[int, list[str] | str]]:
        """First line and cells of each record, or what is wrong with it."""
        reader = self._reader(delimiter)
        while True:
            self._taken.clear()
            cells: list[str] | str | None
            try:
                cells = next(reader, None)
            except csv.Error as error:
                cells = f"The row cannot be read ({error}). Double each quotation mark inside a quoted cell."
            if cells is None:
                return
            line, lines = self._line, len(self._taken)
            tabs = delimiter == "\t"
            plain = _plain_cells(self._taken[0], width) if tabs else None
            mispaired = tabs and _is_mispaired(self._taken, width)
            if isinstance(cells, str) or mispaired:
                if self._rereads >= 0:
                    cells, lines = plain or cells, 1
                    self._give_back(lines)
                else:
                    said = cells if isinstance(cells, str) else "A quotation mark pairs with a later row's."
                    cells = f"{said} It swallows the {lines - 1} lines that follow."
                reader = self._reader(delimiter)
            self._line += lines
            yield line, cells

    def _reader(self, delimiter: str) -> Iterator[list[str]]:
        return csv.reader(self._feed(), delimiter=delimiter, strict=True)

    def _feed(self) -> Iterator[str]:
        size = 0
        while (line := self._next_line()) is not None:
            # The reader asks for more only while a record goes on; a new record empties what is taken.
            size = len(line) if len(self._taken) == 1 else size + len(line)
            yield line
            if size > _LONGEST_RECORD and self._taken:
                raise csv.Error(f"longer than {_LONGEST_RECORD} characters")

    def _next_line(self) -> str | None:
        line = self._again.popleft() if self._again else next(self._lines, None)
        if line is not None:
            self._taken.append(line)
        return line

    def _give_back(self, keep: int) -> None:
        """Have all taken lines but the first ``keep`` read again."""
        again = self._taken[keep:]
        self._rereads -= sum(map(len, again))
        self._again.extendleft(reversed(again))


def _plain_cells(line: str, width: int) -> list[str] | None:
    """The cells of a line without regard to quotes; None when their number is not the header's."""
    cells = line.rstrip("\r\n").split("\t")
    return cells if len(cells) == width else None


def _is_mispaired(lines: Sequence[str], width: int) -> bool:
    """Whether a record of several lines is rather rows of their own.

    A quotation mark that a cell merely begins with can pair with one of a later row, and give one product
    the photos of another. Then some line has all its cells by itself, which a piece of a cell has not,
    unless the last cell goes on in the next line.
    """
    first = _plain_cells(lines[0], width)
    if len(lines) > 1 and first is not None and not first[-1].startswith('"'):
        return True
    return any(_plain_cells(line, width) is not None for line in lines[1:])
