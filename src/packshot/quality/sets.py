"""Which photos are measured on, and what is stamped on each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image

from packshot.edges.decode import open_photo
from packshot.finding import Mask
from packshot.photo import Pixels
from packshot.simulate import OverlayKind, stamp

KINDS = (
    OverlayKind.CAPTION, OverlayKind.PROMO, OverlayKind.BADGE, OverlayKind.BANNER, OverlayKind.DATE_STAMP,
    OverlayKind.VERTICAL, OverlayKind.WATERMARK, OverlayKind.TILED_WATERMARK, OverlayKind.LOW_CONTRAST,
    OverlayKind.CAPTCHA,
)  # fmt: skip
"""What is stamped, in turn."""

CLEAN = "clean"
"""Name of the set of photos that nothing was stamped on."""

ALL = "all"
"""Name of the set of all photos that something was stamped on."""

LONG_SIDE = 1000
"""Larger photos are reduced to it first, px: it keeps a run short."""

SMALLEST = 64
"""Shorter side that a photo must have after that, px: below it no overlay can be read."""

VISIBLE = 0.02
"""Opacity from which a pixel counts as the overlay's."""

Drawn = TypeVar("Drawn")


@dataclass(frozen=True, slots=True)
class Sample:
    """A photo as it is given to what is measured, and the truth.

    Attributes:
        pixels: with the overlay, uint8 (H, W, 3).
        truth: without it.
        alpha: opacity of the overlay, float32 (H, W), 0..1; 0 throughout where nothing was stamped.
    """

    pixels: Pixels = field(repr=False)
    truth: Pixels = field(repr=False)
    alpha: np.ndarray = field(repr=False)

    @property
    def overlay(self) -> Mask:
        """The pixels of the overlay that can be seen."""
        visible: Mask = self.alpha > VISIBLE
        return visible


@dataclass(frozen=True, slots=True)
class Source:
    """A clean photo: its file, and what it is called in tables and on sheets."""

    path: Path
    name: str


@dataclass(frozen=True, slots=True)
class Scene:
    """A photo and what is to be stamped on it; holds no pixels.

    Attributes:
        number: seed, and the order in results.
        source: the photo.
        kind: what is stamped; None for nothing.
    """

    number: int
    source: Source
    kind: OverlayKind | None = None

    @property
    def set(self) -> str:
        """The set that it belongs to."""
        return self.kind.value if self.kind else CLEAN

    def sample(self) -> Sample:
        """The photo, stamped. Equal scenes and equal fonts give equal samples."""
        clean = reduced(self.source.path)
        if self.kind is None:
            return Sample(clean, clean, np.zeros(clean.shape[:2], np.float32))
        stamped = stamp(clean, self.kind, self.number)
        return Sample(stamped.pixels, stamped.clean, stamped.alpha)


def evenly(items: Sequence[Drawn], count: int) -> list[Drawn]:
    """At most ``count`` of ``items``, drawn evenly from the whole."""
    return list(items[:: max(1, len(items) // count)][:count])


def clean_scenes(sources: Sequence[Source], count: int) -> list[Scene]:
    """At most ``count`` photos as they are."""
    return [Scene(number, source) for number, source in enumerate(evenly(sources, count))]


def stamped_scenes(sources: Sequence[Source], count: int) -> list[Scene]:
    """``count`` stamped photos, kinds in turn.

    Fewer photos than ``count`` are stamped several times, as long as possible with another kind each time.
    """
    chosen = evenly(sources, count)
    cycle = math.lcm(len(chosen), len(KINDS))
    return [
        Scene(number, chosen[(number + number // cycle) % len(chosen)], KINDS[number % len(KINDS)])
        for number in range(count)
    ]


def reduced(path: Path) -> Pixels:
    """A photo as decoded, laid over white, at most ``LONG_SIDE`` px.

    Raises:
        PackshotError: it cannot be read.
    """
    image = Image.fromarray(open_photo(path).on_white())
    image.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS)
    return np.asarray(image)
