"""Which photos a batch is made of, and what each output will be called."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packshot.errors import UsageError
from packshot.executors.manifest import Identity

EXTENSIONS = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".avif", ".tif", ".tiff", ".gif", ".bmp"}
)
"""What is taken from a folder; a file that is named on the command line is always tried."""


@dataclass(frozen=True, slots=True)
class Item:
    """One photo of a batch.

    Attributes:
        path: its file, as the user named it or as found under a folder.
        target: its output without suffix, relative to the output folder, with forward slashes; no two items
            of a batch share one, even where letter case is ignored.
        identity: product, category and merchant.
    """

    path: Path
    target: str
    identity: Identity


@dataclass(frozen=True, slots=True)
class Batch:
    """The photos to do, in order, and how many other files the folders held."""

    items: tuple[Item, ...]
    ignored: int = 0


def collect(
    paths: Sequence[Path],
    *,
    out: Path | None = None,
    manifest: Mapping[Path, Identity] | None = None,
    category: str | None = None,
) -> Batch:
    """The photos that ``paths`` name: files as they are, folders with all below them in sorted order.

    Hidden files and the folder ``out`` are left out, links are followed once. Without ``paths`` the manifest
    lists the photos. An output keeps the stem of its input and the sub-folder that it was found in; with
    several folders each gets its own name in front. Where two would share a target, the first keeps it and
    later ones get their extension (``x-png``) and then a number (``x-png-2``).

    The category is the manifest's, else ``category``, else the sub-folder.

    Raises:
        UsageError: a path does not exist, or there is no photo at all.
    """
    manifest = manifest or {}
    found: list[tuple[Path, Path]] = [(path, Path(path.name)) for path in ([] if paths else manifest)]
    ignored = 0
    several = sum(path.is_dir() for path in paths) > 1
    for path in paths:
        if path.is_dir():
            files = list(_walk(path, out, set()))
            photos = [file for file in files if file.suffix.lower() in EXTENSIONS and file.name[0] != "."]
            ignored += len(files) - len(photos)
            base = Path(path.resolve().name) if several else Path()
            found += [(photo, base / photo.relative_to(path)) for photo in photos]
        elif os.path.lexists(path):
            found.append((path, Path(path.name)))
        else:
            raise UsageError(detail=f"{path} does not exist.")
    if not found:
        where = ", ".join(str(path) for path in paths) or "the manifest"
        kinds = ", ".join(sorted(extension[1:] for extension in EXTENSIONS))
        raise UsageError(detail=f"No photos in {where}: packshot takes files ending in {kinds}.")
    unique = list(dict(found).items())
    # Not Path.resolve, which raises on a loop of links before Python 3.13.
    known = {os.path.realpath(path): identity for path, identity in manifest.items()}
    targets = _targets([relative for _, relative in unique])
    items = []
    for (path, relative), target in zip(unique, targets, strict=True):
        folder = None if relative.parent == Path() else relative.parent.as_posix()
        identity = known.get(os.path.realpath(path), Identity())
        identity = Identity(identity.product, identity.category or category or folder, identity.merchant)
        items.append(Item(path, target, identity))
    return Batch(tuple(items), ignored)


def _walk(folder: Path, out: Path | None, seen: set[tuple[int, int]]) -> Iterator[Path]:
    """Files below ``folder`` in sorted order; a folder that links lead to again is entered once."""
    status = folder.stat()
    if (status.st_dev, status.st_ino) in seen or (out and out.exists() and out.samefile(folder)):
        return
    seen.add((status.st_dev, status.st_ino))
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise UsageError(detail=f"Cannot read the folder {folder}: {error.strerror}.") from error
    for entry in entries:
        if not entry.is_dir():
            yield entry
        elif not entry.name.startswith("."):
            yield from _walk(entry, out, seen)


def _targets(wanted: Sequence[Path]) -> list[str]:
    """A target for each relative path: its own without suffix where it is the first to ask for it."""
    natural = {_plain(path).casefold() for path in wanted}
    taken: set[str] = set()
    targets = []
    for path in wanted:
        target = _plain(path)
        if target.casefold() in taken:
            extended = f"{target}-{path.suffix[1:].lower()}" if path.suffix else target
            target, number = extended, 1
            while target.casefold() in natural | taken:
                number += 1
                target = f"{extended}-{number}"
        taken.add(target.casefold())
        targets.append(target)
    return targets


def _plain(path: Path) -> str:
    return path.with_suffix("").as_posix()
