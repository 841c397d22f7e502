"""Duplicates among the photos of a batch: the one thing that no photo shows by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from packshot.edges.decode import open_photo
from packshot.executors.local import Crew, stream
from packshot.executors.sources import Item
from packshot.finding import Finding
from packshot.inspection.duplicates import Fingerprint, find_duplicates, fingerprint
from packshot.inspection.view import View


def duplicates_in(items: Sequence[Item], crew: Crew) -> dict[str, Finding]:
    """The items that repeat an earlier one, by target; those that cannot be read repeat nothing.

    A pass of its own before the work, so that every verdict knows about it; only fingerprints are kept.
    """

    def look(item: Item) -> tuple[str, Fingerprint | None]:
        try:
            return item.target, fingerprint(View(open_photo(item.path)))
        except Exception:  # noqa: BLE001 - the main pass meets the same error and puts it on the trail
            return item.target, None

    crew.watcher.begin("Looking for duplicates", len(items))
    prints: dict[str, Fingerprint] = {}
    for target, found in stream(look, items, crew):
        if found is not None:
            prints[target] = found
        crew.watcher.done("", "")
    return repeated(items, prints)


def repeated(items: Sequence[Item], prints: Mapping[str, Fingerprint]) -> dict[str, Finding]:
    """The items whose fingerprint (by target) says that they repeat an earlier one, by target."""
    names = {str(item.path): item.target for item in items if item.target in prints}
    found = find_duplicates({name: prints[target] for name, target in names.items()})
    return {names[name]: finding for name, finding in found.items()}
