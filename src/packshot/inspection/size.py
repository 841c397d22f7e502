"""Whether a photo has the pixels that its channels ask for, and whether its size is plausible at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import ClassVar

from packshot.finding import Finding, Severity
from packshot.inspection.inspector import Setup
from packshot.inspection.rules import ChannelRules
from packshot.inspection.view import View

_ABSURD_SIDE = 50  # px: icons and tracking pixels; the smallest channel minimum is 100
_BATCH_FACTOR = 10.0  # CleanVision's `odd_size` as first released: this far from the batch, per side


class LowResolution:
    """Too few pixels for a channel: ``low_resolution``, one finding a channel.

    Its evidence is what an enlargement acts on: ``needed_scale``, the factor by which the photo must grow to
    satisfy the strictest failed rule that is an error (1.0 when only advice is failed), with that rule's
    ``required`` pixels and ``axis``; ``recommended_scale`` counts advice as well.
    """

    name: ClassVar[str] = "low_resolution"
    codes: ClassVar[frozenset[str]] = frozenset({"low_resolution"})
    roles: ClassVar[Mapping[str, str]] = {}

    def __init__(self, setup: Setup) -> None:
        self._channels = setup.rules

    def inspect(self, view: View) -> Sequence[Finding]:
        """One finding for each channel whose size rules the photo fails."""
        return [finding for channel in self._channels if (finding := _too_small(view, channel))]


class OddSize:
    """A size no product photo has: ``odd_size``. Against a batch, see :func:`odd_sizes`."""

    name: ClassVar[str] = "odd_size"
    codes: ClassVar[frozenset[str]] = frozenset({"odd_size"})
    roles: ClassVar[Mapping[str, str]] = {}

    def __init__(self, setup: Setup) -> None:
        del setup

    def inspect(self, view: View) -> Sequence[Finding]:
        """An error when a side is shorter than 50 px."""
        width, height = view.photo.width, view.photo.height
        side = min(width, height)
        if side >= _ABSURD_SIDE:
            return ()
        return (
            Finding(
                code="odd_size",
                severity=Severity.ERROR,
                score=1.0 - side / _ABSURD_SIDE,
                message=f"{width}x{height} px is an icon; a photo has {_ABSURD_SIDE} px and more.",
                evidence={"width": width, "height": height, "least_side": _ABSURD_SIDE},
            ),
        )


def odd_sizes(sizes: Mapping[str, tuple[int, int]]) -> dict[str, Finding]:
    """The photos of a batch whose size is far from what is usual there.

    A photo is odd when ``sqrt(width * height)`` is 10 times the batch's median or more, or a tenth or less.

    Args:
        sizes: photo name to (width, height) in pixels.

    Returns:
        A warning ``odd_size`` for each odd photo, by name.
    """
    if not sizes:
        return {}
    extents = {name: (width * height) ** 0.5 for name, (width, height) in sizes.items()}
    usual = median(extents.values())
    odd = {}
    for name, extent in extents.items():
        factor = max(extent / usual, usual / extent)
        if factor >= _BATCH_FACTOR:
            width, height = sizes[name]
            odd[name] = Finding(
                code="odd_size",
                severity=Severity.WARNING,
                score=1.0 - _BATCH_FACTOR / (2 * factor),
                message=f"{width}x{height} px is {factor:.0f} times off the batch's usual {usual:.0f} px.",
                evidence={"width": width, "height": height, "batch_median": round(usual, 1)},
            )
    return odd


def _too_small(view: View, channel: ChannelRules) -> Finding | None:
    width, height = view.photo.width, view.photo.height
    failed = [
        (rule.severity is Severity.ERROR, *rule.growth(width, height), rule)
        for rule in channel.sizes(view.photo.category)
        if rule.growth(width, height)[0] > 1.0
    ]
    if not failed:
        return None
    binding, growth, required, axis, rule = max(failed, key=lambda demand: demand[:2])
    order = list(Severity)
    return Finding(
        code="low_resolution",
        severity=max((demand[-1].severity for demand in failed), key=order.index),
        score=1.0 - 1.0 / growth,
        message=f"{width}x{height} px; {channel.title} asks for {required} px of {axis}.",
        evidence={
            "channel": channel.name,
            "width": width,
            "height": height,
            "required": required,
            "axis": axis,
            "needed_scale": round(growth, 4) if binding else 1.0,
            "recommended_scale": round(max(demand[1] for demand in failed), 4),
            "source_url": rule.source_url,
        },
    )
