"""What a batch refuses, before it begins, for the sake of files that are there already."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from packshot.errors import UsageError
from packshot.executors.digests import file_digest
from packshot.executors.journal import Journal
from packshot.executors.outputs import Outputs
from packshot.executors.record import Record
from packshot.executors.sources import Item


class Inputs:
    """The files that a batch reads: those that it names, and those that they link to."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._folder = cache(os.path.realpath)
        named = [item.path for item in items]
        self._entries = {self._entry(path) for path in (*named, *(Path(os.path.realpath(p)) for p in named))}

    def __contains__(self, path: Path) -> bool:
        """Whether writing or removing ``path`` would harm one of them; letter case is ignored."""
        return self._entry(path) in self._entries

    def _entry(self, path: Path) -> tuple[str, str]:
        return self._folder(path.parent), path.name.casefold()


def refuse_overwriting(outputs: Outputs, items: Sequence[Item]) -> None:
    """Refuse a batch of which an output could overwrite an input.

    Raises:
        UsageError: names the first such place.
    """
    inputs = Inputs(items)
    for item in items:
        for place in outputs.places(item.target, item.path.suffix):
            if place in inputs:
                detail = f"{place} is an input and would be overwritten. Choose another folder for --out."
                raise UsageError(detail=detail)


def refuse_replacing(journal: Journal, outputs: Outputs, items: Sequence[Item]) -> None:
    """Refuse a batch that would replace what an earlier one made of other photos, or remove an input.

    The same bytes under another path are the same photo, moved. A photo that is no more may be replaced by
    one of its own folder: where ``x.jpg`` and ``x.png`` compete for a name, the one left gets it.

    Raises:
        UsageError: names the first such photo.
    """
    inputs = Inputs(items)
    sources = {item.source for item in items}
    for item in items:
        record = journal.find(item.target)
        if record is None:
            continue
        for name in record.file_sizes:
            if outputs.folder / name in inputs:
                detail = (
                    f"{outputs.folder / name} is an input, and this run would remove it as an old output."
                )
                raise UsageError(detail=f"{detail} Choose another folder for --out.")
        if record.source not in sources and _is_other(record, item):
            detail = f"{outputs.folder} holds what was made of {record.path}; {item.path} would replace it."
            raise UsageError(detail=f"{detail} Choose another folder for --out, or name both in one call.")


def _is_other(record: Record, item: Item) -> bool:
    """Whether an earlier result is about another photo than ``item``, of another folder or still there."""
    if record.trail.get("digest") == file_digest(item.path):
        return False
    same_folder = Path(record.source).parent == Path(item.source).parent
    return not same_folder or os.path.lexists(record.source)
