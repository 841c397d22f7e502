"""One photo as the inspectors see it: shared measurements, each computed once and only when asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from packshot.finding import Box, Mask
from packshot.inspection.backdrop import find_subject
from packshot.photo import Photo, Pixels
from packshot.silhouette import Silhouette, find_silhouette

# Statistics of sharpness, noise and coding settle within a megapixel, so that is what they are measured on.
_WINDOW_AREA = 1 << 20
_WINDOW_SIDE = 256
_MIN_SIDE = 16
# Room around the subject, so that its outline and the backdrop's rim are measured too.
_MARGIN = 16
# Status bars of screenshots and banners are sharper and cleaner than the photo between them.
_BAR_SHARE = 0.08


@dataclass(frozen=True, slots=True)
class Window:
    """A part of the photo at its own resolution, for measurements that scaling would destroy.

    Attributes:
        box: where, in pixels of the photo.
        grey: Rec. 601 luma, float32 (box.height, box.width), 0..255.
        subject: the part of :attr:`View.subject` inside it.
    """

    box: Box
    grey: NDArray[np.float32] = field(repr=False)
    subject: Mask = field(repr=False)


class View:
    """A photo with lazily shared planes. Not thread-safe: one view belongs to one worker."""

    def __init__(self, photo: Photo) -> None:
        self.photo = photo

    @cached_property
    def pixels(self) -> Pixels:
        """RGB uint8 (H, W, 3), transparent parts laid over white."""
        return self.photo.on_white()

    @cached_property
    def grey(self) -> NDArray[np.float32]:
        """Rec. 601 luma, float32 (H, W), 0..255."""
        return _luma(self.pixels)

    @cached_property
    def thumbnail(self) -> Pixels:
        """The photo reduced by area averaging to a long side of at most 256, RGB uint8 (h, w, 3)."""
        height, width = self.pixels.shape[:2]
        scale = min(1.0, 256 / max(height, width))
        size = max(1, round(width * scale)), max(1, round(height * scale))
        thumbnail: Pixels = cv2.resize(self.pixels, size, interpolation=cv2.INTER_AREA)
        return thumbnail

    @cached_property
    def thumbnail_subject(self) -> Mask:
        """:attr:`subject` at the size of :attr:`thumbnail`."""
        return find_subject(self.thumbnail)

    @cached_property
    def subject(self) -> Mask:
        """What is not plain backdrop, (H, W), outlined to 1/256 of the long side; all of it without one."""
        small = self.thumbnail_subject.view(np.uint8)
        size = self.photo.width, self.photo.height
        return np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_NEAREST)).view(np.bool_)

    @cached_property
    def silhouette(self) -> Silhouette | None:
        """The product outlined to the pixel, for framing; None without a plain backdrop."""
        return find_silhouette(self.photo)

    @cached_property
    def windows(self) -> tuple[Window, ...]:
        """The subject at full resolution, at most a megapixel of it: the parts with the most contrast.

        The top and the bottom twelfth of the photo are left out. Strips under 16 px are no window, so a photo
        that is no larger has none.
        """
        bar = int(_BAR_SHARE * self.photo.height)
        between = self.subject[bar : self.photo.height - bar]
        box = Box.of_mask(between) if between.any() else Box(0, 0, self.photo.width, len(between))
        bounds = box.grown(_MARGIN, between.shape)
        bounds = Box(bounds.x0, bounds.y0 + bar, bounds.x1, bounds.y1 + bar)
        boxes = [bounds] if bounds.area <= _WINDOW_AREA else self._busiest(bounds)
        return tuple(
            Window(box, _luma(self.pixels[box.slices]), self.subject[box.slices])
            for box in boxes
            if min(box.width, box.height) >= _MIN_SIDE
        )

    def _busiest(self, bounds: Box) -> list[Box]:
        small = cv2.cvtColor(self.thumbnail, cv2.COLOR_RGB2GRAY)
        contrast = cv2.morphologyEx(small, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
        contrast[~self.thumbnail_subject] = 0
        scale = small.shape[1] / self.photo.width
        ranked: list[tuple[float, int, int]] = []
        for y in range(bounds.y0, bounds.y1, _WINDOW_SIDE):
            for x in range(bounds.x0, bounds.x1, _WINDOW_SIDE):
                top, left, side = int(y * scale), int(x * scale), max(1, int(_WINDOW_SIDE * scale))
                ranked.append((-float(contrast[top : top + side, left : left + side].sum()), y, x))
        best = sorted(ranked)[: _WINDOW_AREA // _WINDOW_SIDE**2]
        return [
            Box(x, y, min(x + _WINDOW_SIDE, bounds.x1), min(y + _WINDOW_SIDE, bounds.y1)) for _, y, x in best
        ]


def _luma(pixels: Pixels) -> NDArray[np.float32]:
    grey: NDArray[np.uint8] = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    return grey.astype(np.float32)
