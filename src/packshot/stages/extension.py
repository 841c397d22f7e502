"""Continuing a plain backdrop beyond the edge of the photo."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from packshot.finding import Box, Mask
from packshot.photo import Pixels, Plane
from packshot.silhouette import Silhouette

_SMOOTHING = 0.01  # of the edge's length, as sigma: coding noise along the edge must not become streaks
_BROAD = 0.25  # of the edge's length, as sigma: what the edge's colours even out to farther away
_FADE = 0.02  # of the edge's length in which they do: a shadow at the edge must not become a stripe
_DRIFT = 12.0  # levels that a gradient may go on beyond the edge before it levels off
_GRAIN = 5.0  # levels: what differs more from its surroundings is no grain and is not mirrored
_COARSEST = 2.0  # px, as sigma: what is softer is shade, not grain
_WHITE = 254.5  # levels that round to pure white, which has no grain
_RIM = 12  # px around the product, whose soft outline and coding noise are not mirrored


def extend(pixels: Pixels, silhouette: Silhouette, frame: Box) -> Pixels:
    """``pixels`` cut and extended to ``frame``; inside the photo every pixel stays as it is.

    Beyond an edge the backdrop begins with that edge's own colours, goes on with the fitted gradient, which
    levels off, and carries the photo's own grain, mirrored. Beyond a white edge all is 255.

    Args:
        pixels: RGB uint8 (H, W, 3).
        silhouette: of the same photo.
        frame: in the photo's coordinates; may reach beyond its edges.

    Returns:
        RGB uint8 (frame.height, frame.width, 3).
    """
    height, width = silhouette.shape
    inside = _inside(frame, height, width)
    rim = np.ones((2 * _RIM + 1,) * 2, np.uint8)
    product = cv2.dilate(silhouette.product.view(np.uint8), rim)[inside.slices] > 0
    part = pixels[inside.slices]
    rows = np.arange(inside.y0, inside.y1, dtype=np.float32)
    columns = np.arange(inside.x0, inside.x1, dtype=np.float32)
    model = silhouette.backdrop(rows, columns)
    part, product, model = _before(part, product, model, inside.x0 - frame.x0, axis=1)
    part, product, model = _after(part, product, model, frame.x1 - inside.x1, axis=1)
    part, product, model = _before(part, product, model, inside.y0 - frame.y0, axis=0)
    part, product, model = _after(part, product, model, frame.y1 - inside.y1, axis=0)
    return np.ascontiguousarray(part)


def extend_alpha(alpha: Plane, frame: Box) -> Plane:
    """``alpha`` (H, W) cut and extended to ``frame`` with the values at its edges."""
    height, width = alpha.shape
    inside = _inside(frame, height, width)
    margins = inside.y0 - frame.y0, frame.y1 - inside.y1, inside.x0 - frame.x0, frame.x1 - inside.x1
    extended: Plane = cv2.copyMakeBorder(alpha[inside.slices], *margins, cv2.BORDER_REPLICATE)
    return extended


def _inside(frame: Box, height: int, width: int) -> Box:
    return Box(max(0, frame.x0), max(0, frame.y0), min(width, frame.x1), min(height, frame.y1))


_State = tuple[Pixels, Mask, NDArray[np.float32]]


def _before(pixels: Pixels, product: Mask, model: NDArray[np.float32], count: int, axis: int) -> _State:
    """Extend the beginning of ``axis`` by ``count`` lines."""
    if not count:
        return pixels, product, model
    if axis == 1:
        turned = (pixels.swapaxes(0, 1), product.swapaxes(0, 1), model.swapaxes(0, 1))
        pixels, product, model = _before(*turned, count, axis=0)
        return pixels.swapaxes(0, 1), product.swapaxes(0, 1), model.swapaxes(0, 1)
    reach = min(count, len(pixels) - 1)
    beyond = np.minimum(np.arange(1, count + 1), len(pixels) - 1)
    line = pixels[0].astype(np.float32)
    edge, broad = _smoothed(line, _SMOOTHING), _smoothed(line, _BROAD)
    fade = np.exp(-np.arange(1, count + 1, dtype=np.float32) / (_FADE * len(line)))[:, None, None]
    drift = model[0] - model[beyond]
    drift = _DRIFT * np.tanh(drift / _DRIFT)
    grain = np.zeros_like(drift)
    near = pixels[1 : reach + 1].astype(np.float32)
    grain[:reach] = near - cv2.GaussianBlur(near, (0, 0), _COARSEST)
    grain[:reach][product[1 : reach + 1]] = 0
    grain[np.abs(grain).max(2) > _GRAIN] = 0
    base = broad + (edge - broad) * fade + drift
    grain[(base >= _WHITE).all(2)] = 0
    levels = np.clip(np.rint(base + grain), 0, 255)
    strip = levels[::-1].astype(np.uint8)
    return (
        np.concatenate([strip, pixels]),
        np.concatenate([np.zeros(strip.shape[:2], bool), product]),
        np.concatenate([(model[0] + drift)[::-1], model]),
    )


def _after(pixels: Pixels, product: Mask, model: NDArray[np.float32], count: int, axis: int) -> _State:
    """Extend the end of ``axis`` by ``count`` lines."""
    flipped = (np.flip(pixels, axis), np.flip(product, axis), np.flip(model, axis))
    pixels, product, model = _before(*flipped, count, axis)
    return np.flip(pixels, axis), np.flip(product, axis), np.flip(model, axis)


def _smoothed(line: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    """``line`` (n, 3) without what is finer than ``share`` of its length."""
    sigma = max(1.0, share * len(line))
    blurred = cv2.GaussianBlur(line[None], (0, 0), sigmaX=sigma, sigmaY=1, borderType=cv2.BORDER_REPLICATE)
    smoothed: NDArray[np.float32] = blurred[0]
    return smoothed
