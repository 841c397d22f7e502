"""The kinds of overlay that merchants put on photos, and how each is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

import numpy as np
from numpy.random import Generator

from packshot.finding import Box
from packshot.photo import Pixels
from packshot.simulate import plates, signs, text, watermark
from packshot.simulate.canvas import Canvas, Colour, Coverage
from packshot.simulate.captcha import captcha


class OverlayKind(StrEnum):
    """What is stamped on a photo."""

    CAPTION = "caption"
    PROMO = "promo"
    BADGE = "badge"
    BANNER = "banner"
    LOGO = "logo"
    CALLOUT = "callout"
    DATE_STAMP = "date_stamp"
    VERTICAL = "vertical"
    HANDWRITING = "handwriting"
    WATERMARK = "watermark"
    TILED_WATERMARK = "tiled_watermark"
    LOW_CONTRAST = "low_contrast"
    CAPTCHA = "captcha"


DRAWERS: Mapping[OverlayKind, Callable[[Canvas, Generator], str]] = MappingProxyType(
    {
        OverlayKind.CAPTION: text.caption,
        OverlayKind.PROMO: text.promo,
        OverlayKind.BADGE: plates.badge,
        OverlayKind.BANNER: plates.banner,
        OverlayKind.LOGO: signs.logo,
        OverlayKind.CALLOUT: signs.callout,
        OverlayKind.DATE_STAMP: text.date_stamp,
        OverlayKind.VERTICAL: text.vertical,
        OverlayKind.HANDWRITING: text.handwriting,
        OverlayKind.WATERMARK: watermark.watermark,
        OverlayKind.TILED_WATERMARK: watermark.tiled_watermark,
        OverlayKind.LOW_CONTRAST: text.low_contrast,
        OverlayKind.CAPTCHA: captcha,
    }
)


@dataclass(frozen=True, slots=True)
class Overlay:
    """An overlay by itself, without the photo.

    Attributes:
        kind: what it is.
        alpha: opacity per pixel, float32 (H, W), 0..1.
        ink: colour premultiplied by ``alpha``, float32 (H, W, 3), 0..255.
        text: what it says.
    """

    kind: OverlayKind
    alpha: Coverage = field(repr=False)
    ink: Colour = field(repr=False)
    text: str

    def over(self, pixels: Pixels) -> Pixels:
        """The overlay laid over ``pixels``, uint8 (H, W, 3); where ``alpha`` is 0 they stay bit-identical."""
        stamped = pixels.copy()
        area = Box.of_mask(self.alpha > 0).slices
        blended = pixels[area] * (1 - self.alpha[area][..., None]) + self.ink[area]
        stamped[area] = np.clip(np.rint(blended), 0, 255)
        return stamped


FAINTEST = 1 / 255
"""An opacity below this cannot change an 8-bit pixel and counts as none."""


def draw(pixels: Pixels, kind: OverlayKind, rng: Generator) -> Overlay:
    """An overlay of ``kind`` for a photo.

    Args:
        pixels: the photo, uint8 (H, W, 3): its size sets the sizes, its colours what reads well over it.
        kind: what to draw.
        rng: where every choice comes from.
    """
    canvas = Canvas(pixels)
    words = DRAWERS[kind](canvas, rng)
    area = Box.of_mask(canvas.alpha > 0).slices
    shows = (canvas.alpha[area] >= FAINTEST).astype(np.float32)
    canvas.alpha[area] = np.minimum(canvas.alpha[area] * shows, 1)
    canvas.ink[area] *= shows[..., None]
    return Overlay(kind, canvas.alpha, canvas.ink, words)
