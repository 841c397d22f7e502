"""Whether a photo has the shape that its channels ask for, or at least a usual one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from packshot.finding import Finding, Severity
from packshot.inspection.inspector import Setup
from packshot.inspection.rules import ChannelRules, framing
from packshot.inspection.view import View

_USUAL = 0.35  # short over long side, the default of CleanVision's `odd_aspect_ratio`


class OddAspectRatio:
    """``odd_aspect_ratio``: another shape than a channel demands; without such a demand, a strip."""

    name: ClassVar[str] = "odd_aspect_ratio"
    codes: ClassVar[frozenset[str]] = frozenset({"odd_aspect_ratio"})
    roles: ClassVar[Mapping[str, str]] = {}

    def __init__(self, setup: Setup) -> None:
        self._rules = setup.rules
        self._channels = tuple(channel for channel in setup.rules if channel.aspect_ratio)

    def inspect(self, view: View) -> Sequence[Finding]:
        """One finding for each channel whose shape is missed, with the channel's framing as evidence."""
        width, height = view.photo.width, view.photo.height
        if self._channels:
            misses = (_off(width, height, channel, self._rules) for channel in self._channels)
            return [missed for missed in misses if missed is not None]
        slimness = min(width, height) / max(width, height)
        if slimness >= _USUAL:
            return ()
        return (
            Finding(
                code="odd_aspect_ratio",
                severity=Severity.WARNING,
                score=1.0 - slimness / _USUAL,
                message=f"{width}x{height} px is a strip; a product photo is at most about 1 : 3.",
                evidence={"width": width, "height": height, "slimness": round(slimness, 4)},
            ),
        )


def _off(width: int, height: int, channel: ChannelRules, rules: Sequence[ChannelRules]) -> Finding | None:
    rule = channel.aspect_ratio
    assert rule is not None
    # A photo has whole pixels: half of one either way is as near as its shape can come.
    deviation = (abs(width - height * rule.width / rule.height) - 0.5) / width
    if deviation <= rule.tolerance:
        return None
    return Finding(
        code="odd_aspect_ratio",
        severity=rule.severity,
        score=min(1.0, deviation),
        message=f"{width}x{height} px; {channel.title} asks for {rule.width:g} : {rule.height:g}.",
        evidence={"width": width, "height": height, **framing(channel, rules)},
    )
