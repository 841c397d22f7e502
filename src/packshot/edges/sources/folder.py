"""A folder that people and programs put photos into.

No link below the folder is followed, neither when it is looked through nor when a photo is opened: a link
could show any file of the machine. Needs a POSIX system.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from packshot.edges.sources.errors import GoneError, NotWatchedError
from packshot.edges.sources.offer import LONGEST_LABEL, Offer, category_of, is_photo_name, safe_name
from packshot.errors import TooLargeError, UnreadableError

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# Opening a pipe without O_NONBLOCK would wait for its writer.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class _Seen:
    """A file at the last look: its version, and the version that was offered."""

    version: str
    offered: str | None = None


class WatchedFolder:
    """Offers each photo of a folder once, and again when it has changed. Not thread-safe.

    Attributes:
        refused: what the last look left out although it looks like a photo, in sentences for a person.
    """

    def __init__(self, path: Path | str) -> None:
        # The folder itself may be a link; a location must not change when somebody writes it differently.
        self._root = os.path.realpath(path)
        self._seen: dict[str, _Seen] = {}
        self.refused: tuple[str, ...] = ()

    def poll(self) -> list[Offer]:
        """Photos that are new or changed, and are the same as at the last look: half-copied files wait.

        So nothing is offered at the first look. Hidden files and folders are left out; the first sub-folder
        is the category.

        Raises:
            UnreadableError: the folder cannot be read.
        """
        offers: list[Offer] = []
        now: dict[str, _Seen] = {}
        refused: list[str] = []
        for relative, status in self._walk(refused):
            location, version = self._location(relative), _version(status)
            last = self._seen.get(location)
            offered = last.offered if last else None
            if last and last.version == version != offered:
                offers.append(self._offer(relative, version))
                offered = version
            now[location] = _Seen(version, offered)
        self._seen, self.refused = now, tuple(refused)
        return offers

    def read(self, offer: Offer, limit: int) -> bytes:
        """The bytes of an offered photo.

        Raises:
            GoneError: it has been removed or changed since it was offered.
            TooLargeError: it has more than ``limit`` bytes.
            UnreadableError: it cannot be read.
            NotWatchedError: it is not in this folder, or a link leads there.
        """
        return read_file(offer.location, (self._root,), limit, version=offer.version)

    def _offer(self, relative: str, version: str) -> Offer:
        category = category_of(PurePosixPath(relative))
        return Offer(self._location(relative), safe_name(relative), category=category, version=version)

    def _location(self, relative: str) -> str:
        return str(Path(self._root, relative))

    def _walk(self, refused: list[str]) -> Iterator[tuple[str, os.stat_result]]:
        """Relative path and status of every photo, in sorted order."""
        pending = [""]
        while pending:
            folder = pending.pop()
            try:
                entries = sorted(os.scandir(self._location(folder)), key=lambda entry: entry.name)
            except OSError as error:
                if not folder:
                    raise UnreadableError(name=self._root, detail=error.strerror) from error
                refused.append(f"The folder {_shown(folder)} cannot be read: {error.strerror}.")
                continue
            below = []
            for entry in entries:
                relative = f"{folder}/{entry.name}" if folder else entry.name
                if entry.name.startswith("."):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    below.append(relative)
                elif (why := _why_not(relative, entry)) is not None:
                    refused.append(f"{_shown(relative)} {why}.")
                elif is_photo_name(PurePosixPath(relative)) and entry.is_file(follow_symlinks=False):
                    with suppress(OSError):  # removed meanwhile
                        yield relative, entry.stat(follow_symlinks=False)
            pending += reversed(below)


def read_file(location: str, folders: Sequence[str], limit: int, *, version: str | None = None) -> bytes:
    """The bytes of a photo below one of ``folders``.

    Args:
        location: its path, as an offer has it.
        folders: watched folders; other places are refused.
        limit: most bytes.
        version: the offer's; None for the photo as it is now.

    Raises:
        GoneError: it has been removed, or is not in this version any more.
        TooLargeError: it has more than ``limit`` bytes.
        UnreadableError: it cannot be read.
        NotWatchedError: it is not below any of the folders, or a link is on the way.
    """
    for folder in folders:
        root = os.path.realpath(folder)
        parts = Path(location).parts[len(Path(root).parts) :]
        if parts and str(Path(root, *parts)) == location and ".." not in parts:
            return _read_below(root, parts, location, limit, version)
    raise NotWatchedError(location=location, detail="it lies elsewhere", choices=", ".join(folders) or "none")


def _read_below(root: str, parts: Sequence[str], location: str, limit: int, version: str | None) -> bytes:
    try:
        with open(_open_below(root, parts), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise NotWatchedError(location=location, detail="it is no file", choices=root)
            if status.st_size > limit:
                raise TooLargeError(name=parts[-1], found=status.st_size, unit="bytes", limit=limit)
            data = file.read(limit + 1)
            after = os.fstat(file.fileno())
    except FileNotFoundError as error:
        raise GoneError(location=location) from error
    except OSError as error:
        # ELOOP for a link as the file, ENOTDIR for one as a folder on the way.
        raise UnreadableError(name=location, detail=error.strerror) from error
    if _version(after) != (version or _version(status)):
        raise GoneError(location=location)
    return data


def _open_below(root: str, parts: Sequence[str]) -> int:
    """Open a file below ``root`` step by step, so that nobody can slip a link in between check and use."""
    folder = os.open(root, _FOLDER)
    try:
        for part in parts[:-1]:
            folder, left = os.open(part, _FOLDER | os.O_NOFOLLOW, dir_fd=folder), folder
            os.close(left)
        return os.open(parts[-1], _FILE, dir_fd=folder)
    finally:
        os.close(folder)


def _why_not(relative: str, entry: os.DirEntry[str]) -> str | None:
    """Why something that looks like a photo, or hides some, is not taken."""
    if entry.is_symlink():
        return "is a link, which is not followed"
    if not is_photo_name(PurePosixPath(relative)):
        return None
    if not relative.isprintable():
        return "has a name that is no text. Rename it"
    if len(category_of(PurePosixPath(relative)) or "") > LONGEST_LABEL:
        return f"lies in a folder whose name has more than {LONGEST_LABEL} characters. Shorten it"
    return None


def _version(status: os.stat_result) -> str:
    return f"{status.st_mtime_ns}-{status.st_size}"


def _shown(path: str) -> str:
    return ascii(path)[1:-1]
