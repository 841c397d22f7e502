"""Upscalers that do harm on purpose, for ``benchmarks/rollout_canary.py``: a plug-in like any other.

Each is SPAN with a flaw; ``twin`` has none, so that a candidate that changes nothing for photos can be tried,
too.
"""

from __future__ import annotations

import time
from typing import ClassVar

import cv2
import numpy as np

from packshot.backend import Card, load_backend
from packshot.photo import Pixels

_MIB = 2**20


class _Span:
    """SPAN under another name."""

    card: ClassVar[Card]

    def upscale(self, pixels: Pixels) -> Pixels:
        """Enlarged as SPAN does."""
        return load_backend(f"span-x{self.card.scale}").upscale(pixels)


def _card(name: str, scale: int) -> Card:
    cost = load_backend(f"span-x{scale}").card.cpu_seconds_per_megapixel
    return Card(f"{name}-x{scale}", "1", "Apache-2.0", scale=scale, cpu_seconds_per_megapixel=cost)


class TwinX2(_Span):
    """Nothing is wrong with it."""

    card = _card("twin", 2)


class TwinX4(_Span):
    """Nothing is wrong with it."""

    card = _card("twin", 4)


class _Blurring(_Span):
    def upscale(self, pixels: Pixels) -> Pixels:
        """Out of focus: by 0.9 pixels of the input, which is what a poor lens does."""
        sigma = 0.9 * (self.card.scale or 1)
        blurred: Pixels = cv2.GaussianBlur(super().upscale(pixels), (0, 0), sigma)
        return blurred


class BlurringX2(_Blurring):
    """Blurs."""

    card = _card("blurring", 2)


class BlurringX4(_Blurring):
    """Blurs."""

    card = _card("blurring", 4)


class _Slow(_Span):
    def upscale(self, pixels: Pixels) -> Pixels:
        """Half a second late for each tile."""
        time.sleep(0.5)
        return super().upscale(pixels)


class SlowX2(_Slow):
    """Takes its time."""

    card = _card("slow", 2)


class SlowX4(_Slow):
    """Takes its time."""

    card = _card("slow", 4)


class _Crashing(_Span):
    def upscale(self, pixels: Pixels) -> Pixels:  # noqa: ARG002 - it does not come that far
        """Raises what no library says that it raises."""
        raise ZeroDivisionError("division by zero")


class CrashingX2(_Crashing):
    """Raises."""

    card = _card("crashing", 2)


class CrashingX4(_Crashing):
    """Raises."""

    card = _card("crashing", 4)


class _Hungry(_Span):
    def upscale(self, pixels: Pixels) -> Pixels:
        """Holds a gigabyte that it does not need."""
        waste = np.ones(1024 * _MIB, np.uint8)
        enlarged = super().upscale(pixels)
        time.sleep(0.05)
        enlarged[0, 0, 0] = enlarged[0, 0, 0] * waste[0]
        return enlarged


class HungryX2(_Hungry):
    """Takes memory."""

    card = _card("hungry", 2)


class HungryX4(_Hungry):
    """Takes memory."""

    card = _card("hungry", 4)
