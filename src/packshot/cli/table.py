"""A table on stdout."""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table


def show(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table whose columns are right-aligned where all their cells begin with a digit or sign."""
    table = Table(title=title, title_justify="left", box=SIMPLE)
    for number, column in enumerate(columns):
        numeric = all(row[number][:1] in "0123456789+-" for row in rows)
        table.add_column(column, justify="right" if numeric else "left")
    for row in rows:
        table.add_row(*map(escape, row))
    Console().print(table)
