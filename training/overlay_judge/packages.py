"""Packages, covers and cards: flat things with a design of their own, before a plain backdrop."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from packshot.photo import Pixels
from packshot.simulate import OverlayKind, draw
from packshot.simulate.words import pick

DESIGNS = (
    OverlayKind.CAPTION, OverlayKind.CAPTION, OverlayKind.PROMO, OverlayKind.LOGO, OverlayKind.LOGO,
    OverlayKind.BADGE, OverlayKind.BANNER, OverlayKind.VERTICAL,
)  # fmt: skip
"""Kinds that designs are made of."""


def packaged(photo: Pixels, rng: Generator) -> Pixels:
    """A package that shows ``photo``, or colours only, and some text; no smaller than the photo."""
    front = _front(photo, rng)
    height, width = photo.shape[:2]
    scale = rng.uniform(0.5, 0.9) * min(height / front.shape[0], width / front.shape[1])
    half = np.array([front.shape[1], front.shape[0]]) * scale / 2
    turn = np.radians(rng.normal(0, 4))
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    jitter = rng.uniform(0, 0.06) * rng.standard_normal((4, 2)) * half
    target = (corners @ rotation + jitter + (width / 2, height / 2)).astype(np.float32)
    side = (rng.uniform(-0.14, 0.14), rng.uniform(-0.02, 0.08)) * half
    scene = _backdrop((height, width), rng)
    scene = _shadowed(scene, target + side + (0, 0.03 * half[1]), rng)
    edge = np.clip(np.median(front, axis=(0, 1)) * rng.uniform(0.4, 0.9), 0, 255)
    scene = _faced(
        scene, cv2.convexHull(np.concatenate([target, target + side]).astype(np.float32))[:, 0], edge
    )
    source = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32) * (front.shape[1], front.shape[0])
    warp = cv2.getPerspectiveTransform(source.astype(np.float32), target)
    alpha = cv2.warpPerspective(np.ones(front.shape[:2], np.float32), warp, (width, height))[..., None]
    laid = cv2.warpPerspective(front, warp, (width, height), flags=cv2.INTER_AREA).astype(np.float32)
    light = np.linspace(*rng.uniform(0.85, 1.08, 2), width, dtype=np.float32)[None, :, None]
    made = scene * (1 - alpha) + laid * light * alpha
    blur = rng.uniform(0, 0.9)
    return np.clip(cv2.GaussianBlur(made, (0, 0), blur) if blur > 0.4 else made, 0, 255).astype(np.uint8)


def _front(photo: Pixels, rng: Generator) -> Pixels:
    """A design: the photo, a part of it over plain colours, or these alone; with two to six texts."""
    shorter = min(photo.shape[:2])
    size = (round(shorter * rng.uniform(0.6, 1)), round(shorter * rng.uniform(0.6, 1)))  # width, height
    picture = np.asarray(cv2.resize(photo, size, interpolation=cv2.INTER_AREA), np.uint8)
    kind = rng.random()
    if kind > 0.3:
        colours = rng.integers(0, 256, (1, 1, 3)) + rng.integers(-60, 61, (2, 2, 3)) * int(rng.random() < 0.5)
        plain = cv2.resize(np.clip(colours, 0, 255).astype(np.uint8), size, interpolation=cv2.INTER_LINEAR)
        if kind > 0.65:
            cut = round(size[1] * rng.uniform(0.2, 0.7))
            plain[cut:] = picture[cut:]
        picture = plain
    for _ in range(int(rng.integers(2, 7))):
        overlay = draw(picture, pick(rng, DESIGNS), rng)
        picture = overlay.over(picture)
    return picture


def _backdrop(shape: tuple[int, int], rng: Generator) -> NDArray[np.float32]:
    """White more often than not, else a light colour; a little darker to one side."""
    colour = np.full(3, 255.0) if rng.random() < 0.6 else rng.uniform(190, 255, 3)
    fall = np.linspace(1, rng.uniform(0.9, 1), shape[0], dtype=np.float32)[:, None, None]
    return np.ones((*shape, 1), np.float32) * colour.astype(np.float32) * fall


def _shadowed(
    scene: NDArray[np.float32], corners: NDArray[np.float64], rng: Generator
) -> NDArray[np.float32]:
    """The backdrop with the thing's soft shadow."""
    shade = _filled(scene.shape[:2], corners)
    shade = cv2.GaussianBlur(shade, (0, 0), max(1.0, 0.02 * max(scene.shape)))
    return scene * (1 - shade[..., None] * np.float32(rng.uniform(0, 0.5)))


def _faced(
    scene: NDArray[np.float32], corners: NDArray[np.float64], colour: NDArray[np.float64]
) -> NDArray[np.float32]:
    """The scene with the thing's side face."""
    face = _filled(scene.shape[:2], corners)[..., None]
    return scene * (1 - face) + colour.astype(np.float32) * face


def _filled(shape: tuple[int, ...], corners: NDArray[np.floating]) -> NDArray[np.float32]:
    """1 inside a polygon, (H, W)."""
    canvas = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(canvas, [np.round(corners).astype(np.int32)], 255, lineType=cv2.LINE_AA)
    return canvas.astype(np.float32) / 255
