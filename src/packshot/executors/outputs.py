"""Where the files of a batch go: names, formats, sub-folders, and further files where channels need them."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from packshot.edges.encode import SUFFIXES, encode, write_atomically
from packshot.edges.provenance import provenance_of
from packshot.edges.renditions import RenditionPlan, render
from packshot.errors import OutputError, UnwritableNameError
from packshot.finding import Finding
from packshot.inspection.rules import ChannelRules
from packshot.photo import Photo
from packshot.trail import Trail
from packshot.verdict import Verdict

FORMATS = ("jpeg", "png", "webp", "avif")
"""Formats that photos can be written in."""

_SUFFIX_OF = {"jpeg": ".jpg"}
_PASSED_ON = {".gif": "gif", ".tif": "tiff", ".tiff": "tiff", ".bmp": "bmp"}
_ABOUT_ONE_NAME = frozenset(
    {
        *(errno.ENAMETOOLONG, errno.EISDIR, errno.ENOTDIR, errno.EEXIST),
        *(errno.EILSEQ, errno.EINVAL),  # characters that the file system does not take
    }
)
"""What a system says that has nothing against the next photo's files."""


@dataclass(frozen=True, slots=True)
class File:
    """A file to be written: its place relative to the output folder, with forward slashes, and its bytes."""

    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Outputs:
    """How a batch's files are written.

    Attributes:
        folder: where to.
        format: one of :data:`FORMATS`; None keeps each photo's own, where a treated photo whose format cannot
            be written (GIF, TIFF, BMP) becomes PNG.
        by_verdict: write to sub-folders ``publish`` and ``review`` and leave rejected photos out; else all
            readable photos go to ``folder`` itself.
        channels: a photo to be published gets a further file under ``channels/NAME`` for each of these whose
            formats, longest side or bytes its main file does not satisfy.
    """

    folder: Path
    format: str | None = None
    by_verdict: bool = False
    channels: Sequence[ChannelRules] = ()

    def answers(self, finding: Finding) -> bool:
        """Whether a further file for the finding's channel will be what the photo's own file is not."""
        own = any(channel.name == finding.evidence.get("channel") for channel in self.channels)
        return own and bool(finding.evidence.get("by_rendition"))

    def files(self, trail: Trail, target: str) -> list[File]:
        """The files of one photo, the main one first; empty when none is to be written.

        Raises:
            DoesNotFitError: a channel's limit of bytes cannot be met.
        """
        photo = trail.photo
        if photo is None or (self.by_verdict and trail.verdict is Verdict.REJECT):
            return []
        suffix, fmt = self._format(photo, changed=trail.changed)
        provenance = provenance_of(trail.steps)
        if photo.origin.data and not trail.changed and fmt == photo.origin.format:
            data = photo.origin.data
        else:
            lossless = photo.origin.lossless and fmt in ("png", "webp")
            data = encode(photo, fmt, lossless=lossless, provenance=provenance)
        folder = f"{trail.verdict.value}/" if self.by_verdict else ""
        files = [File(f"{folder}{target}{suffix}", data)]
        for channel in self.channels if trail.verdict is Verdict.PUBLISH else ():
            accepted = channel.formats or (fmt,)
            writable = tuple(name for name in accepted if name in FORMATS)
            plan = RenditionPlan(writable, channel.max_side, channel.max_bytes)
            too_wide = plan.max_side is not None and max(photo.width, photo.height) > plan.max_side
            too_many_bytes = plan.max_bytes is not None and len(data) > plan.max_bytes
            if too_wide or too_many_bytes or fmt not in accepted:
                own = render(photo, plan, unchanged=not trail.changed, provenance=provenance)
                files.append(File(f"channels/{channel.name}/{target}{_suffix(own.format)}", own.data))
        return files

    def places(self, target: str, suffix: str) -> list[Path]:
        """Where files of a photo may end up, before it is known; ``suffix`` is its input's."""
        folders = [verdict.value for verdict in Verdict] if self.by_verdict else [""]
        kinds = [self.format] if self.format else FORMATS
        suffixes = {*map(_suffix, kinds), *([] if self.format else [suffix])}
        channels = [f"channels/{channel.name}" for channel in self.channels]
        main = [f"{folder}/{target}{ending}" for folder in folders for ending in suffixes]
        further = [f"{folder}/{target}{_suffix(kind)}" for folder in channels for kind in FORMATS]
        return [self.folder / place.removeprefix("/") for place in (*main, *further)]

    def write(self, files: Sequence[File]) -> None:
        """Write ``files``, each whole or not at all.

        Raises:
            UnwritableNameError: one cannot have its name; then none of them is there.
            OutputError: one cannot be written.
        """
        for number, file in enumerate(files):
            path = self.folder / file.name
            try:
                with _explained(path):
                    path.parent.mkdir(parents=True, exist_ok=True)
                    write_atomically(path, file.data)
            except UnwritableNameError:
                self.remove(written.name for written in files[:number])
                raise

    def remove(self, names: Iterable[str]) -> None:
        """Remove files by their names relative to the output folder; those that are not there are fine.

        Raises:
            UnwritableNameError: something else is in a file's place.
            OutputError: one cannot be removed.
        """
        for name in names:
            with _explained(self.folder / name):
                (self.folder / name).unlink(missing_ok=True)

    def complete(self, sizes: Mapping[str, int]) -> bool:
        """Whether all these files are there, by relative name, with their sizes in bytes."""
        return all(_size(self.folder / name) == size for name, size in sizes.items())

    def _format(self, photo: Photo, *, changed: bool) -> tuple[str, str]:
        """Suffix and format of the main file; the input's own suffix where it says the truth."""
        origin = photo.origin
        known = SUFFIXES if changed else SUFFIXES | _PASSED_ON
        fmt = self.format or (origin.format if origin.format in known.values() else "png")
        suffix = origin.extension if known.get(origin.extension) == fmt else _suffix(fmt)
        return suffix, fmt


def _suffix(fmt: str) -> str:
    return _SUFFIX_OF.get(fmt, f".{fmt}")


def _size(path: Path) -> int | None:
    """Bytes of a file; None when there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return None


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn what the system says about ``path`` into an error that says what to do."""
    try:
        yield
    except OSError as error:
        kind = UnwritableNameError if error.errno in _ABOUT_ONE_NAME else OutputError
        raise kind(path=path, detail=error.strerror) from error
