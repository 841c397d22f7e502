"""The product's silhouette against a plain studio backdrop, without a model: a fitted backdrop and a flood.

Shared by the inspectors that measure framing and by the crop stage, so that both see the same product.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from packshot.finding import Mask
from packshot.photo import Photo, Pixels

Line = NDArray[np.floating[Any]]
"""Positions along one axis, (n,)."""

SIDES = ("left", "top", "right", "bottom")

_SAMPLES = 96  # points a side that the backdrop is fitted to
_RING_SHARE = 0.03  # of the short side: how deep the outer ring reaches that must show the backdrop
_INLIER = 10.0  # levels: a ring pixel this close to the fit is backdrop
_PLAIN_SHARE = 0.55  # of the ring: product may run out of the photo on two sides, not more
_PLAIN_SIDES = 2  # product that fills the outer row of more sides than the other two is texture (measured)
_ROUNDS = 4  # refits without the pixels that do not agree
_DEVIATION = 14  # levels: what differs more from the backdrop is product (or its hard shadow)
_TRANSPARENT = 8  # of alpha's 255: fainter is what anti-aliasing and lossy coding leave behind
_GRID = 96  # cells a side on which the surface is drawn before it is scaled up
_SPECK = 2e-5  # of the photo: a smaller island is dust or coding noise


@dataclass(frozen=True, slots=True)
class Silhouette:
    """A product before a plain backdrop.

    Attributes:
        product: True where the product is, (H, W); its holes that no backdrop can reach are part of it.
        coefficients: float32 (6, 3), the backdrop as a quadratic surface in x / W and y / H, see
            :meth:`backdrop`.
        shape: (H, W) of the photo.
        plain_sides: those of ``SIDES`` whose whole outer row or column shows backdrop.
        exact: the photo's own alpha cuts the product out, so there is nothing to be unsure of.
    """

    product: Mask = field(repr=False)
    coefficients: NDArray[np.float32] = field(repr=False)
    shape: tuple[int, int]
    plain_sides: frozenset[str]
    exact: bool = False

    def backdrop(self, rows: Line, columns: Line) -> NDArray[np.float32]:
        """The fitted backdrop at pixel ``rows`` (h,) and ``columns`` (w,): float32 (h, w, 3), levels."""
        height, width = self.shape
        return _surface(rows / height, columns / width, self.coefficients)


def find_silhouette(photo: Photo) -> Silhouette | None:
    """The product on ``photo`` if it stands before a plain or transparent backdrop, else None.

    A quadratic surface is fitted to the outer ring of the photo by iterated least squares, beginning at the
    ring's commonest colour; product is what differs from it and all that the backdrop cannot reach from the
    photo's edge. Where the photo is transparent on two sides or more, product is what is not transparent.
    """
    if photo.alpha is not None:
        product = photo.alpha > _TRANSPARENT
        plain_sides = frozenset(SIDES) - touched_sides(product)
        if len(plain_sides) >= _PLAIN_SIDES:
            white = np.zeros((6, 3), np.float32)
            white[0] = 255
            return Silhouette(product, white, product.shape, plain_sides, exact=True)
    pixels = photo.on_white()
    coefficients = _fit(pixels)
    if coefficients is None:
        return None
    height, width = pixels.shape[:2]
    grid = (np.arange(_GRID, dtype=np.float32) + 0.5) / _GRID
    coarse = np.clip(np.rint(_surface(grid, grid, coefficients)), 0, 255).astype(np.uint8)
    level = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    red, green, blue = cv2.split(cv2.absdiff(pixels, level))
    # Not cv2.compare, which takes a plane of few pixels for a scalar.
    deviates = cv2.max(cv2.max(red, green), blue) > _DEVIATION
    product = _without_specks(_enclosed(deviates.view(np.uint8)))
    plain_sides = frozenset(SIDES) - touched_sides(product)
    if len(plain_sides) < _PLAIN_SIDES:
        return None
    return Silhouette(product, coefficients, (height, width), plain_sides)


def touched_sides(mask: Mask) -> frozenset[str]:
    """Those of ``SIDES`` whose outermost row or column of ``mask`` (H, W) is not empty."""
    lines = zip(SIDES, (mask[:, 0], mask[0], mask[:, -1], mask[-1]), strict=True)
    return frozenset(side for side, line in lines if line.any())


def _enclosed(deviates: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """1 where a flood from outside the photo cannot get to without crossing ``deviates``, (H, W)."""
    flooded = cv2.copyMakeBorder(deviates, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    cv2.floodFill(flooded, None, (0, 0), 128, flags=4)
    reached: NDArray[np.bool_] = flooded[1:-1, 1:-1] == 128
    return np.ascontiguousarray(~reached).view(np.uint8)


def _without_specks(mask: NDArray[np.uint8]) -> Mask:
    """``mask``, which has no holes, without its tiny islands."""
    cleaned = mask.copy()
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    limit = max(4.0, _SPECK * mask.size)
    specks = [outline for outline in outlines if np.prod(cv2.boundingRect(outline)[2:]) < limit]
    cv2.drawContours(cleaned, specks, -1, 0, cv2.FILLED)
    return cleaned.view(np.bool_)


def _fit(pixels: Pixels) -> NDArray[np.float32] | None:
    height, width = pixels.shape[:2]
    depth = max(1, round(_RING_SHARE * min(height, width)))
    middle = (np.arange(_SAMPLES) + 0.5) / _SAMPLES
    near, far = np.full(_SAMPLES, depth / 2), np.full(_SAMPLES, -depth / 2)
    strips = (pixels[:depth], pixels[-depth:], pixels[:, :depth], pixels[:, -depth:])
    sizes = ((_SAMPLES, 1), (_SAMPLES, 1), (1, _SAMPLES), (1, _SAMPLES))
    colours = np.concatenate(
        [
            cv2.resize(strip, size, interpolation=cv2.INTER_AREA).reshape(-1, 3)
            for strip, size in zip(strips, sizes, strict=True)
        ]
    ).astype(np.float32)
    v = np.concatenate([near / height, 1 + far / height, middle, middle])
    u = np.concatenate([middle, middle, near / width, 1 + far / width])
    terms = _terms(v, u)
    agrees = np.abs(colours - _commonest(colours)).max(1) <= 2 * _INLIER
    for _ in range(_ROUNDS):
        if agrees.mean() < _PLAIN_SHARE:
            return None
        coefficients = np.linalg.lstsq(terms[agrees], colours[agrees], rcond=None)[0]
        agrees = np.abs(terms @ coefficients - colours).max(1) <= _INLIER
    return coefficients.astype(np.float32) if agrees.mean() >= _PLAIN_SHARE else None


def _commonest(colours: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean of the fullest 16-level cell of colour space."""
    cells = (colours / 16).astype(np.int64) @ np.array([256, 16, 1])
    values, counts = np.unique(cells, return_counts=True)
    mean: NDArray[np.float32] = colours[cells == values[counts.argmax()]].mean(0)
    return mean


def _terms(v: Line, u: Line) -> NDArray[np.float32]:
    return np.stack([np.ones_like(u), u, v, u * u, u * v, v * v], -1).astype(np.float32)


def _surface(v: Line, u: Line, coefficients: NDArray[np.float32]) -> NDArray[np.float32]:
    c = coefficients
    across = c[0] + np.outer(u, c[1]).reshape(-1, 3) + np.outer(u * u, c[3]).reshape(-1, 3)
    down = np.outer(v, c[2]).reshape(-1, 3) + np.outer(v * v, c[5]).reshape(-1, 3)
    both = (v[:, None, None] * u[None, :, None]) * c[4]
    surface: NDArray[np.float32] = across[None] + down[:, None] + both
    return surface
