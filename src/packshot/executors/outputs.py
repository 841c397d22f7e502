"""Where the files of a batch go: names, formats, sub-folders, and further files where channels need them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from packshot.edges.encode import SUFFIXES, encode, write_atomically
from packshot.edges.provenance import provenance_of
from packshot.edges.renditions import RenditionPlan, render
from packshot.errors import OutputError
from packshot.inspection.rules import ChannelRules
from packshot.photo import Photo
from packshot.trail import Trail
from packshot.verdict import Verdict

FORMATS = ("jpeg", "png", "webp", "avif")
"""Formats that photos can be written in."""

_SUFFIX_OF = {"jpeg": ".jpg"}
_PASSED_ON = {".gif": "gif", ".tif": "tiff", ".tiff": "tiff", ".bmp": "bmp"}


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
                suffix = _SUFFIX_OF.get(own.format, f".{own.format}")
                files.append(File(f"channels/{channel.name}/{target}{suffix}", own.data))
        return files

    def places(self, target: str, suffix: str) -> list[Path]:
        """Where the main file of a photo may end up, before it is known; ``suffix`` is its input's."""
        folders = [verdict.value for verdict in Verdict] if self.by_verdict else [""]
        kinds = [self.format] if self.format else FORMATS
        suffixes = {*(_SUFFIX_OF.get(kind, f".{kind}") for kind in kinds), *([] if self.format else [suffix])}
        return [self.folder / folder / (target + ending) for folder in folders for ending in suffixes]

    def write(self, files: Sequence[File]) -> None:
        """Write ``files``, each whole or not at all.

        Raises:
            OutputError: one cannot be written.
        """
        for file in files:
            path = self.folder / file.name
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                write_atomically(path, file.data)
            except OSError as error:
                raise OutputError(path=path, detail=error.strerror) from error

    def _format(self, photo: Photo, *, changed: bool) -> tuple[str, str]:
        """Suffix and format of the main file; the input's own suffix where it says the truth."""
        origin = photo.origin
        known = SUFFIXES if changed else SUFFIXES | _PASSED_ON
        fmt = self.format or (origin.format if origin.format in known.values() else "png")
        suffix = origin.extension if known.get(origin.extension) == fmt else _SUFFIX_OF.get(fmt, f".{fmt}")
        return suffix, fmt
