"""What is behind and around the product: a backdrop that is not white, a frame that was drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import cv2
import numpy as np

from packshot.finding import Box, Finding, Mask, Region, Severity
from packshot.inspection.frame_lines import frame_depths
from packshot.inspection.inspector import Setup
from packshot.inspection.rule_kinds import NoBorder
from packshot.inspection.rules import ChannelRules
from packshot.inspection.view import View
from packshot.photo import Pixels
from packshot.silhouette import Silhouette

_RING_SHARE = 0.03  # of the short side: what counts as backdrop where it cannot be told from the product
_RIM = 8  # px around the product, a block of JPEG, whose coding noise is not the backdrop's colour


class NotWhiteBackground:
    """``not_white_background``: less of the backdrop is white than a channel demands; silent without demand.

    Measured on the backdrop that is connected with the photo's edge; where there is no plain backdrop, on the
    photo's outer ring.
    """

    name: ClassVar[str] = "not_white_background"
    codes: ClassVar[frozenset[str]] = frozenset({"not_white_background"})
    roles: ClassVar[Mapping[str, str]] = {}

    def __init__(self, setup: Setup) -> None:
        self._channels = tuple(channel for channel in setup.rules if channel.white_background)

    def inspect(self, view: View) -> Sequence[Finding]:
        """One finding for each channel whose demand is missed."""
        if not self._channels:
            return ()
        backdrop = _backdrop(view.silhouette) if view.silhouette else _ring(view.pixels)
        return [found for channel in self._channels if (found := _not_white(view.pixels, backdrop, channel))]


class Border:
    """``border``: a frame drawn around the photo. Its region is what lies inside."""

    name: ClassVar[str] = "border"
    codes: ClassVar[frozenset[str]] = frozenset({"border"})
    roles: ClassVar[Mapping[str, str]] = {}

    def __init__(self, setup: Setup) -> None:
        self._channels = tuple(channel for channel in setup.rules if channel.of(NoBorder))

    def inspect(self, view: View) -> Sequence[Finding]:
        """One finding for each channel that forbids a frame, when there is one."""
        if not self._channels:
            return ()
        depths = frame_depths(view.pixels)
        if not any(depths):
            return ()
        left, top, right, bottom = depths
        inside = Box(left, top, view.photo.width - right, view.photo.height - bottom)
        order = list(Severity)
        return [
            Finding(
                code="border",
                severity=max((rule.severity for rule in channel.of(NoBorder)), key=order.index),
                score=sum(depth > 0 for depth in depths) / 4,
                message=f"A frame of up to {max(depths)} px is drawn around the photo.",
                region=Region(inside),
                evidence={"channel": channel.name, "depths": list(depths)},
            )
            for channel in self._channels
        ]


def _backdrop(silhouette: Silhouette) -> Mask:
    rim = np.ones((2 * _RIM + 1,) * 2, np.uint8)
    backdrop: Mask = cv2.dilate(silhouette.product.view(np.uint8), rim) == 0
    return backdrop


def _ring(pixels: Pixels) -> Mask:
    depth = max(1, round(_RING_SHARE * min(pixels.shape[:2])))
    ring = np.ones(pixels.shape[:2], bool)
    ring[depth:-depth, depth:-depth] = False
    return ring


def _not_white(pixels: Pixels, backdrop: Mask, channel: ChannelRules) -> Finding | None:
    rule = channel.white_background
    assert rule is not None
    if not backdrop.any():
        return None  # the product fills the photo: there is no backdrop to judge
    least = (255 - rule.tolerance,) * 3
    white = cv2.inRange(pixels, least, (255, 255, 255))
    area = backdrop.view(np.uint8)
    share = cv2.countNonZero(white & (area * 255)) / cv2.countNonZero(area)
    if share >= rule.share:
        return None
    colour = [round(level) for level in cv2.mean(pixels, area)[:3]]
    return Finding(
        code="not_white_background",
        severity=rule.severity,
        score=1.0 - share,
        message=f"{share:.0%} of the backdrop is white; {channel.title} asks for {rule.share:.0%}.",
        evidence={"channel": channel.name, "white_share": round(share, 4), "mean_colour": colour},
    )
