"""What looks like an overlay and is none: text and patterns that belong to the scene."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from packshot.photo import Pixels
from packshot.simulate import OverlayKind, draw
from packshot.simulate.canvas import vivid
from packshot.simulate.words import pick

PRINTS = (
    OverlayKind.CAPTION, OverlayKind.CAPTION, OverlayKind.PROMO, OverlayKind.LOGO, OverlayKind.LOGO,
    OverlayKind.BADGE, OverlayKind.VERTICAL, OverlayKind.HANDWRITING,
)  # fmt: skip
"""Kinds that are also found printed on products, labels and price tags."""


def with_scene(pixels: Pixels, rng: Generator) -> Pixels:
    """The photo with prints or patterns that lie in the scene: in perspective, shaded and softened."""
    for _ in range(int(rng.integers(1, 3))):
        make = pick(rng, (_printed, _printed, _printed, _patterned, _keys, _price_tag))
        pixels = _laid(pixels, make(pixels, rng), rng, thick=make is _price_tag)
    return pixels


Sheet = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Colour (H, W, 3) 0..255 premultiplied by opacity (H, W) 0..1."""


def _printed(pixels: Pixels, rng: Generator) -> Sheet:
    overlay = draw(pixels, pick(rng, PRINTS), rng)
    return overlay.ink, overlay.alpha


def _price_tag(pixels: Pixels, rng: Generator) -> Sheet:
    height, width = pixels.shape[:2]
    tag = np.full((height, width, 3), rng.uniform(200, 255), np.uint8)
    texts = [draw(tag, kind, rng) for kind in (OverlayKind.CAPTION, OverlayKind.PROMO)]
    for text in texts:
        tag = text.over(tag)
    return tag.astype(np.float32), np.ones((height, width), np.float32)


def _patterned(pixels: Pixels, rng: Generator) -> Sheet:
    height, width = pixels.shape[:2]
    rows, columns = np.indices((height, width), dtype=np.float32)
    angle, period = rng.uniform(0, np.pi), rng.uniform(4, 40)
    along = rows * np.sin(angle) + columns * np.cos(angle)
    across = columns * np.sin(angle) - rows * np.cos(angle)
    stripes = (np.sin(along * 2 * np.pi / period) > rng.uniform(-0.8, 0.8)).astype(np.float32)
    checks = stripes * (np.sin(across * 2 * np.pi / period) > 0)
    dots = (np.hypot(along % period - period / 2, across % period - period / 2) < period * 0.3).astype(
        np.float32
    )
    alpha = pick(rng, (stripes, checks, dots)) * np.float32(rng.uniform(0.4, 1))
    return vivid(rng) * alpha[..., None], alpha


def _keys(pixels: Pixels, rng: Generator) -> Sheet:
    """A grid of keys or printed cells, each with a letter: keyboards, remotes, size tables, line art."""
    height, width = pixels.shape[:2]
    keys = np.zeros((height, width), np.uint8)
    step = int(max(10, min(height, width) * rng.uniform(0.05, 0.12)))
    for y in range(step, height - step, step):
        for x in range(step, width - step, step):
            corner, far = (x, y), (x + int(step * 0.8), y + int(step * 0.8))
            cv2.rectangle(keys, corner, far, 255, 1, cv2.LINE_AA)
            letter = chr(int(rng.integers(ord("0"), ord("Z"))))
            at = (x + step // 5, y + int(step * 0.6))
            cv2.putText(keys, letter, at, cv2.FONT_HERSHEY_SIMPLEX, step / 55, 255, 1, cv2.LINE_AA)
    alpha = keys.astype(np.float32) / 255
    return np.full(3, rng.choice([20, 235]), np.float32) * alpha[..., None], alpha


def _laid(pixels: Pixels, sheet: Sheet, rng: Generator, *, thick: bool) -> Pixels:
    """The sheet laid into the scene on a quadrilateral, shaded as the photo is there, and softened.

    A ``thick`` sheet is a thing of its own, as a card is; others follow the surface and leave a white
    backdrop free: text there would be an overlay indeed.
    """
    height, width = pixels.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    scale, jitter = rng.uniform(0.15, 0.35) if thick else rng.uniform(0.25, 0.8), rng.uniform(0.04, 0.16)
    middle = np.array([width * rng.uniform(0.3, 0.7), height * rng.uniform(0.3, 0.7)])
    turn = np.radians(rng.normal(0, 18))
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    spread = (corners - corners.mean(0)) * scale @ rotation.T
    target = middle + spread + rng.normal(0, jitter, (4, 2)) * scale * [width, height]
    warp = cv2.getPerspectiveTransform(corners, target.astype(np.float32))
    laid = cv2.warpPerspective(np.dstack(sheet), warp, (width, height), flags=cv2.INTER_AREA)
    laid = cv2.GaussianBlur(laid, (0, 0), rng.uniform(0.5, 1.6))
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    shade = cv2.GaussianBlur(grey, (0, 0), 25 if thick else 3)
    inside = laid[..., 3] > 0.05
    shade = np.clip(
        shade / max(20.0, float(np.percentile(shade[inside], 90)) if inside.any() else 128.0), 0.25, 1.3
    )
    weave = 1 + (grey - cv2.GaussianBlur(grey, (0, 0), 2)) / 255
    light = shade if thick else shade * weave
    strength = np.full(grey.shape, 1.0 if thick else rng.uniform(0.7, 1), np.float32)
    if not thick:
        strength *= cv2.GaussianBlur((pixels.min(2) < 240).astype(np.float32), (0, 0), 2)
    cover = laid[..., 3:] * strength[..., None]
    print_ = laid[..., :3] * (strength * light)[..., None]
    return np.clip(pixels * (1 - cover) + print_ + 0.5, 0, 255).astype(np.uint8)
