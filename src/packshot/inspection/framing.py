"""How much of the frame the product takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from packshot.backend import Segmenter, require
from packshot.finding import Box, Finding, Mask, Region, Severity
from packshot.inspection.inspector import Setup
from packshot.inspection.rules import ChannelRules, framing
from packshot.inspection.view import View
from packshot.silhouette import touched_sides

_PRODUCT = 0.5  # of the matte


class FrameFill:
    """``frame_fill``: the product takes less or more of the frame than a channel demands.

    Fill is ``max(box width / photo width, box height / photo height)`` of the product's bounding box. The box
    comes from the silhouette before a plain backdrop, else from the segmenter. The finding's region is the
    product, and its evidence the channel's whole framing, which is what the crop stage acts on.
    """

    name: ClassVar[str] = "frame_fill"
    codes: ClassVar[frozenset[str]] = frozenset({"frame_fill"})
    roles: ClassVar[Mapping[str, str]] = {"segmenter": "u2netp"}

    def __init__(self, setup: Setup) -> None:
        self._rules = setup.rules
        self._channels = tuple(channel for channel in setup.rules if channel.fill)
        self._segmenter = require(setup.backends["segmenter"], Segmenter)  # type: ignore[type-abstract]

    def inspect(self, view: View) -> Sequence[Finding]:
        """One finding for each channel whose range is missed; a warning when no product can be told."""
        if not self._channels:
            return ()
        product = self._product(view)
        if not product.any():
            return (
                Finding(
                    code="frame_fill",
                    severity=Severity.WARNING,
                    score=0.0,
                    message="No product stands out, so how much of the frame it fills is unknown.",
                    evidence={"fill": None},
                ),
            )
        return [finding for channel in self._channels if (finding := _off(product, channel, self._rules))]

    def _product(self, view: View) -> Mask:
        if view.silhouette is not None:
            return view.silhouette.product
        mask: Mask = self._segmenter.matte(view.pixels) > _PRODUCT
        return mask


def _off(product: Mask, channel: ChannelRules, rules: Sequence[ChannelRules]) -> Finding | None:
    rule = channel.fill
    assert rule is not None
    height, width = product.shape
    box = Box.of_mask(product)
    taken = max(box.width / width, box.height / height)
    if rule.min <= taken <= rule.max:
        return None
    return Finding(
        code="frame_fill",
        severity=rule.severity,
        score=min(1.0, max(rule.min - taken, taken - rule.max) / max(rule.min, 1.0 - rule.max)),
        message=f"The product takes {taken:.0%} of the frame; {channel.title} asks for "
        f"{rule.min:.0%} to {rule.max:.0%}.",
        region=Region.of_mask(product),
        evidence={
            "taken": round(taken, 4),
            "bleeds": sorted(touched_sides(product)),
            **framing(channel, rules),
        },
    )
