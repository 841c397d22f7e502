"""Which photos a batch is made of, and what each output will be called."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packshot.edges.sources.offer import PHOTO_SUFFIXES
from packshot.errors import UsageError
from packshot.executors.manifest import Identity

EXTENSIONS = PHOTO_SUFFIXES
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

    @property
    def source(self) -> str:
        """Its file as an absolute path without links."""
        return os.path.realpath(self.path)


@dataclass(frozen=True, slots=True)
class Batch:
    """The photos to do.

    Attributes:
        items: in order.
        ignored: how many other files the folders held.
        unmatched: photos that the manifest lists and that are not among the items.
    """

    items: tuple[Item, ...]
    ignored: int = 0
    unmatched: tuple[Path, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out, in sentences for a person."""
        said = []
        if self.ignored:
            said.append(f"Files left out because they are no photos: {self.ignored}.")
        if self.unmatched:
            rows = f"Rows of the manifest that match no photo: {len(self.unmatched)}"
            said.append(f"{rows}; the first is {self.unmatched[0]}.")
        return tuple(said)


def collect(
    paths: Sequence[Path],
    *,
    out: Path | None = None,
    manifest: Mapping[Path, Identity] | None = None,
    category: str | None = None,
) -> Batch:
    """The photos that ``paths`` name: files as they are, folders with all below them in sorted order.

    Hidden files and the folder ``out`` are left out, links to folders are followed once, a file that is named
    twice is taken once. A sub-folder that cannot be read becomes an item, which then fails with the reason.
    Without ``paths`` the manifest lists the photos. An output keeps the stem of its input and the sub-folder
    that it was found in; with several folders each gets its own name in front. Where two would share a
    target, the first keeps it; later ones, and one whose output would be called like a sub-folder, get their
    extension (``x-png``) and then a number (``x-png-2``).

    The category is the manifest's, else ``category``, else the sub-folder.

    Raises:
        UsageError: a path does not exist or cannot be read, or there is no photo at all.
    """
    manifest = manifest or {}
    found: list[tuple[Path, Path]] = [(path, Path(path.name)) for path in ([] if paths else manifest)]
    ignored = 0
    several = sum(_is_folder(path) and not _same(path, out) for path in paths) > 1
    for path in paths:
        if _is_folder(path):
            files = _walk(path, out)
            photos = [file for file in files if _is_taken(file)]
            ignored += len(files) - len(photos)
            base = Path(path.resolve().name) if several else Path()
            found += [(photo, base / photo.relative_to(path)) for photo in photos]
        elif os.path.lexists(path):
            found.append((path, Path(path.name)))
        else:
            raise UsageError(detail=f"{path} does not exist.")
    if not found:
        raise UsageError(detail=_nothing_in(paths, out))
    unique: dict[tuple[str, str], tuple[Path, Path]] = {}
    for path, relative in found:
        unique.setdefault((os.path.realpath(path.parent), path.name), (path, relative))
    # Not Path.resolve, which raises on a loop of links before Python 3.13.
    known = {os.path.realpath(path): identity for path, identity in manifest.items()}
    targets = _targets([relative for _, relative in unique.values()])
    items = []
    for (path, relative), target in zip(unique.values(), targets, strict=True):
        folder = None if relative.parent == Path() else relative.parent.as_posix()
        identity = known.get(os.path.realpath(path), Identity())
        identity = Identity(identity.product, identity.category or category or folder, identity.merchant)
        items.append(Item(path, target, identity))
    sources = {item.source for item in items}
    unmatched = tuple(path for path in manifest if os.path.realpath(path) not in sources)
    return Batch(tuple(items), ignored, unmatched)


def _walk(folder: Path, out: Path | None) -> list[Path]:
    """All below ``folder`` in sorted order: files, and folders that cannot be read.

    A folder that links lead to again is entered once.

    Raises:
        UsageError: ``folder`` itself cannot be read.
    """
    seen: set[tuple[int, int]] = set()

    def below(folder: Path) -> Iterator[Path]:
        status = folder.stat()
        if (status.st_dev, status.st_ino) in seen or _same(folder, out):
            return
        seen.add((status.st_dev, status.st_ino))
        for entry in sorted(folder.iterdir()):
            if not _is_folder(entry):
                yield entry
            elif not entry.name.startswith("."):
                try:
                    yield from below(entry)
                except OSError:
                    yield entry

    try:
        return list(below(folder))
    except OSError as error:
        raise UsageError(detail=f"Cannot read the folder {folder}: {error.strerror}.") from error


def _is_taken(found: Path) -> bool:
    """Whether something below a folder is a photo by its name, or could not be looked into."""
    if _is_folder(found):
        return True
    return found.suffix.lower() in EXTENSIONS and found.name[0] != "." and not _is_special(found)


def _is_folder(path: Path) -> bool:
    return stat.S_ISDIR(_mode(path))


def _is_special(path: Path) -> bool:
    """Whether it is a pipe, a device or the like, for whose end one could wait for ever."""
    return _mode(path) != 0 and not stat.S_ISREG(_mode(path))


def _mode(path: Path) -> int:
    """What a path leads to, as the system describes it; 0 when that cannot be told, as of a broken link."""
    try:
        return path.stat().st_mode
    except OSError:
        return 0


def _same(path: Path, out: Path | None) -> bool:
    try:
        return out is not None and out.samefile(path)
    except OSError:  # not made yet
        return False


def _nothing_in(paths: Sequence[Path], out: Path | None) -> str:
    if any(_same(path, out) for path in paths):
        return f"{out} is the folder of --out, from which nothing is read. Choose another folder for --out."
    where = ", ".join(str(path) for path in paths) or "the manifest"
    kinds = ", ".join(sorted(extension[1:] for extension in EXTENSIONS))
    return f"No photos in {where}: packshot takes files ending in {kinds}."


def _targets(wanted: Sequence[Path]) -> list[str]:
    """A target for each relative path: its own without suffix where it is the first to ask for it."""
    natural = {_plain(path).casefold() for path in wanted}
    folders = {parent.as_posix().casefold() for path in wanted for parent in path.parents}
    taken: set[str] = set()

    def hinders(target: str) -> bool:
        """Whether a file of that name would be in the way of a folder of outputs."""
        return any(f"{target}{extension}".casefold() in folders for extension in EXTENSIONS)

    targets = []
    for path in wanted:
        target = _plain(path)
        if target.casefold() in taken or hinders(target):
            extended = f"{target}-{path.suffix[1:].lower()}" if path.suffix else target
            target, number = extended, 1
            while target.casefold() in natural | taken or hinders(target):
                number += 1
                target = f"{extended}-{number}"
        taken.add(target.casefold())
        targets.append(target)
    return targets


def _plain(path: Path) -> str:
    return path.with_suffix("").as_posix()
