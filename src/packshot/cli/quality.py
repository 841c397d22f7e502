"""``packshot bench quality``: every backend against the truth. Heavy: imported only when it runs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from packshot.backend import backend_names
from packshot.cli.console import Meter, note
from packshot.cli.interrupt import stoppable
from packshot.cli.prepare import gather, pull
from packshot.cli.repair import _shipped
from packshot.edges.encode import write_atomically
from packshot.errors import PackshotError, UsageError
from packshot.executors.local import Crew, cores, stream
from packshot.executors.weights_needed import missing_weights
from packshot.quality.enlarging import Enlarging
from packshot.quality.filling import Filling
from packshot.quality.part import Gathered, Part, Table
from packshot.quality.removal import Removal
from packshot.quality.sets import SMALLEST, Source, evenly, reduced
from packshot.quality.sheets import file_name, sheet
from packshot.quality.strokes import Strokes

RESULT = "quality.json"
"""File in the output folder that holds every figure."""

_WIDE = 200  # columns where no terminal says how many there are: no name is cut in a log

PARTS = (Removal, Filling, Enlarging, Strokes)


@dataclass(frozen=True, slots=True)
class Quality:
    """What was measured.

    Attributes:
        tables: one a part.
        photos: names of the photos that were measured on.
        left_out: photos that could not be, each with the reason.
        count: overlays that were stamped.
        sheets: names of the contact sheets in the output folder.
    """

    tables: tuple[Table, ...]
    photos: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]
    count: int
    sheets: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON-compatible form."""
        return {
            "version": version("packshot"),
            "count": self.count,
            "photos": list(self.photos),
            "left_out": [{"photo": name, "reason": reason} for name, reason in self.left_out],
            "tables": [table.as_dict() for table in self.tables],
            "sheets": list(self.sheets),
        }


def measure(paths: Sequence[Path], out: Path, count: int) -> Quality | None:
    """Measure every backend on ``count`` stamped photos; None when interrupted.

    Writes contact sheets and, when all is done, ``quality.json`` to ``out``.

    Args:
        paths: photos without overlaid text, or folders with them; none for the demo's.
        out: where to write; made when it is missing.
        count: how many photos are drawn and stamped.

    Raises:
        UsageError: there is no photo to measure on.
        WeightsError: a model's weights cannot be fetched.
        BackendError: an installed backend breaks its contract.
        OSError: a file cannot be written.
    """
    items = gather(paths or _shipped(), out=out)
    out.mkdir(parents=True, exist_ok=True)
    _fetch_weights()
    with stoppable(out) as stop, Meter() as meter:
        crew = Crew(cores(), stop, meter)
        sources = [Source(item.path, item.target) for item in evenly(items, count)]
        usable, left_out = _usable(sources, crew)
        tables: list[Table] = []
        sheets: list[str] = []
        for kind in PARTS:
            gathered = _measured(kind(usable, count), crew)
            if stop.is_set():
                return None
            sheets += _write_sheets(gathered, out)
            tables.append(gathered.table())
    names = tuple(source.name for source in usable)
    quality = Quality(tuple(tables), names, tuple(left_out), count, tuple(sheets))
    write_atomically(out / RESULT, json.dumps(quality.as_dict(), indent=2).encode())
    return quality


def show(table: Table) -> None:
    """Print a table on stdout, each set named once."""
    grid = Grid(title=table.title, title_justify="left", box=SIMPLE, pad_edge=False)
    for heading in ("set", "backend"):
        grid.add_column(heading, overflow="fold")
    for heading in ("photos", *(column.title for column in table.columns)):
        grid.add_column(heading, justify="right")
    before = ""
    for row in table.rows:
        cells = [column.cell(row.values[column.key]) for column in table.columns]
        name = "" if row.set == before else row.set.replace("_", " ")
        grid.add_row(name, escape(row.backend), str(row.photos), *cells)
        before = row.set
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDE)
    console.print(grid)


def _usable(sources: Sequence[Source], crew: Crew) -> tuple[list[Source], list[tuple[str, str]]]:
    """The photos that can be measured on, and the others with the reason.

    Raises:
        UsageError: there is none.
    """
    reasons: dict[Source, str | None] = {}
    crew.watcher.begin("Reading", len(sources))
    for source, reason in stream(_obstacle, sources, crew):
        reasons[source] = reason
        crew.watcher.done(source.name, "read")
    left_out = [(source.name, reason) for source in sources if (reason := reasons.get(source))]
    for name, reason in left_out:
        note(f"{name} is left out: {reason}")
    usable = [source for source in sources if reasons.get(source) is None]
    if not usable:
        raise UsageError(detail="None of the photos can be measured on. Name others.")
    return usable, left_out


def _obstacle(source: Source) -> tuple[Source, str | None]:
    """What keeps a photo from being measured on; None when nothing does."""
    try:
        pixels = reduced(source.path)
    except PackshotError as error:
        return source, str(error)
    if min(pixels.shape[:2]) < SMALLEST:
        found = f"{pixels.shape[1]}x{pixels.shape[0]} px"
        return source, f"it is measured at {found}, and no side may be below {SMALLEST}."
    return source, None


def _measured(part: Part, crew: Crew) -> Gathered:
    gathered = Gathered(part)
    crew.watcher.begin(part.name.capitalize(), len(part.scenes))
    for outcome in stream(part.measure, part.scenes, crew):
        gathered.add(outcome)
        crew.watcher.done(outcome.scene.source.name, "measured")
    return gathered


def _write_sheets(gathered: Gathered, out: Path) -> Iterator[str]:
    """Write the part's sheets and give their names."""
    for name, selection in gathered.sheets().items():
        title = f"{gathered.part.name.capitalize()}: {name.replace('_', ' ')}"
        file = file_name(gathered.part.name, name)
        write_atomically(out / file, sheet(title, gathered.part.caption, selection))
        yield file


def _fetch_weights() -> None:
    """Have the weights of every backend on this machine."""
    if missing := missing_weights(backend_names()):
        pull(missing)
