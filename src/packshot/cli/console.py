"""What a person sees while a command runs: everything here goes to stderr, so that stdout can be parsed."""

from __future__ import annotations

import json
from collections import Counter
from math import ceil
from types import TracebackType
from typing import Any, Self

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


def complain(message: str) -> None:
    """Print an error."""
    typer.echo(f"Error: {message}", err=True)


def note(message: str) -> None:
    """Print a remark."""
    typer.echo(message, err=True)


def print_json(value: Any) -> None:  # noqa: ANN401 - whatever JSON can hold
    """Print ``value`` as JSON on stdout; ASCII, so that no file name can break it."""
    typer.echo(json.dumps(value, indent=2))


_LINES = 100
"""Lines that a pass prints at most where there is no terminal: a log shows that work gets on."""


class Meter:
    """A progress bar with an estimate on a terminal, a few lines elsewhere.

    It lists no photo: the command's result does, once.

    Args:
        outcomes: count what became of the photos. Only where that is final: a photo that looks well by itself
            may still turn out to repeat another.
    """

    def __init__(self, *, outcomes: bool = False) -> None:
        self._outcomes = outcomes
        self._console = Console(stderr=True)
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[counts]}"),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task("", total=None, visible=False, counts="")
        self._what, self._total, self._done = "", 0, 0
        self._counts: Counter[str] = Counter()

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def begin(self, what: str, total: int) -> None:
        """A pass over ``total`` photos begins."""
        self._what, self._total, self._done = what, total, 0
        self._counts.clear()
        self._bar.reset(self._task, description=what, total=total, visible=True, counts="")

    def done(self, path: str, outcome: str) -> None:
        """One photo of the pass is done; a pass without outcomes is told of on terminals only."""
        del path
        self._done += 1
        if self._outcomes and outcome:
            self._counts[outcome] += 1
        counts = ", ".join(f"{number} {name}" for name, number in sorted(self._counts.items()))
        if self._console.is_terminal:
            self._bar.update(self._task, advance=1, counts=escape(counts))
        elif outcome and (self._done % ceil(self._total / _LINES) == 0 or self._done == self._total):
            width = len(str(self._total))
            note(f"[{self._done:{width}}/{self._total}] {counts or self._what}")
