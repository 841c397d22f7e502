"""Whether the file itself is sound, and one that its channels take: format, colour, weight, extent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from packshot.finding import Finding, Severity
from packshot.inspection.inspector import Setup
from packshot.inspection.rule_kinds import (
    Colour,
    ExtensionMatches,
    Formats,
    MaxBytes,
    MaxMegapixels,
    MaxSide,
    Rule,
)
from packshot.inspection.rules import ChannelRules
from packshot.inspection.view import View

_EXTENSIONS = {
    "jpeg": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "png": (".png",),
    "webp": (".webp",),
    "avif": (".avif",),
    "tiff": (".tif", ".tiff"),
    "gif": (".gif",),
    "bmp": (".bmp", ".dib"),
}


_CURED = {"by_rendition": True}
"""Evidence of a finding that is answered when the channel gets a file of its own."""


class Format:
    """``format``: a container, extension or colour mode that a channel does not take.

    Looks at the file as it came; a photo made from an array has none and is not judged.
    """

    name: ClassVar[str] = "format"
    codes: ClassVar[frozenset[str]] = frozenset({"format"})
    roles: ClassVar[Mapping[str, str]] = {}

    def __init__(self, setup: Setup) -> None:
        self._channels = setup.rules

    def inspect(self, view: View) -> Sequence[Finding]:
        """One finding for each rule that the file breaks."""
        origin = view.photo.origin
        if not origin.data:
            return ()
        found = []
        for channel in self._channels:
            for takes in channel.of(Formats):
                if origin.format not in takes.formats:
                    wanted = ", ".join(takes.formats)
                    message = f"The file is {origin.format}; {channel.title} takes {wanted}."
                    found.append(_finding("format", channel, takes, message, found=origin.format, **_CURED))
            for matches in channel.of(ExtensionMatches):
                if origin.extension and origin.extension not in _EXTENSIONS[origin.format]:
                    message = f"The file is {origin.format}, but its name ends in {origin.extension}."
                    found.append(_finding("format", channel, matches, message, found=origin.extension))
            for colour in channel.of(Colour):
                if origin.mode not in colour.modes:
                    wanted = ", ".join(colour.modes)
                    message = f"The colour is stored as {origin.mode}; {channel.title} takes {wanted}."
                    found.append(_finding("format", channel, colour, message, found=origin.mode))
        return found


class DamagedMetadata:
    """``damaged_metadata``: embedded metadata that could not be read and is missing in a treated photo."""

    name: ClassVar[str] = "damaged_metadata"
    codes: ClassVar[frozenset[str]] = frozenset({"damaged_metadata"})
    roles: ClassVar[Mapping[str, str]] = {}

    def __init__(self, setup: Setup) -> None:
        del setup  # a damaged block is damaged for every channel

    def inspect(self, view: View) -> Sequence[Finding]:
        """One finding for each block; the message says what is lost with it."""
        problems = view.photo.metadata.problems
        return tuple(Finding("damaged_metadata", Severity.WARNING, 0.5, problem) for problem in problems)


class FileSize:
    """``file_size``: more bytes, pixels or side than a channel takes."""

    name: ClassVar[str] = "file_size"
    codes: ClassVar[frozenset[str]] = frozenset({"file_size"})
    roles: ClassVar[Mapping[str, str]] = {}

    def __init__(self, setup: Setup) -> None:
        self._channels = setup.rules

    def inspect(self, view: View) -> Sequence[Finding]:
        """One finding for each limit that is passed."""
        weight, width, height = len(view.photo.origin.data), view.photo.width, view.photo.height
        found = []
        for channel in self._channels:
            for light in channel.of(MaxBytes):
                if weight > light.bytes:
                    message = f"{weight / 1e6:.1f} MB; {channel.title} takes {light.bytes / 1e6:g} MB."
                    found.append(
                        _finding(
                            "file_size", channel, light, message, found=weight, limit=light.bytes, **_CURED
                        )
                    )
            for small in channel.of(MaxMegapixels):
                extent = width * height / 1e6
                if extent > small.megapixels:
                    message = f"{extent:.1f} megapixels; {channel.title} takes {small.megapixels:g}."
                    found.append(
                        _finding("file_size", channel, small, message, found=extent, limit=small.megapixels)
                    )
            for short in channel.of(MaxSide):
                if max(width, height) > short.px:
                    message = f"{max(width, height)} px of long side; {channel.title} takes {short.px}."
                    found.append(
                        _finding(
                            "file_size",
                            channel,
                            short,
                            message,
                            found=max(width, height),
                            limit=short.px,
                            **_CURED,
                        )
                    )
        return found


def _finding(code: str, channel: ChannelRules, rule: Rule, message: str, **measured: object) -> Finding:
    return Finding(
        code=code,
        severity=rule.severity,
        score=1.0,
        message=message,
        evidence={"channel": channel.name, "source_url": rule.source_url, **measured},
    )
