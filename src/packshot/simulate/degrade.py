"""Technical flaws of merchant photos: too small, blurred, noisy, over-compressed, wrongly exposed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from packshot.photo import Pixels
from packshot.simulate.stamp import generator, through_jpeg


class DegradationKind(StrEnum):
    """What spoils a photo as a whole."""

    LOW_RESOLUTION = "low_resolution"
    BLUR = "blur"
    NOISE = "noise"
    JPEG = "jpeg"
    SCREENSHOT = "screenshot"
    PIXELATE = "pixelate"
    OVERSHARPEN = "oversharpen"
    OVEREXPOSE = "overexpose"
    UNDEREXPOSE = "underexpose"


FINDING: Mapping[DegradationKind, str] = MappingProxyType(
    {
        DegradationKind.LOW_RESOLUTION: "low_resolution",
        DegradationKind.BLUR: "blurry",
        DegradationKind.NOISE: "noisy",
        DegradationKind.JPEG: "jpeg_artifacts",
        DegradationKind.SCREENSHOT: "low_effective_resolution",
        DegradationKind.PIXELATE: "pixelated",
        DegradationKind.OVERSHARPEN: "oversharpened",
        DegradationKind.OVEREXPOSE: "light",
        DegradationKind.UNDEREXPOSE: "dark",
    }
)
"""The code of the finding that each kind should lead to when it is strong."""


def degrade(pixels: Pixels, kind: DegradationKind, strength: float, seed: int) -> Pixels:
    """Spoil a photo. Equal arguments give equal results.

    Args:
        pixels: uint8 (H, W, 3).
        kind: how to spoil it.
        strength: 0 (hardly seen) to 1 (as bad as merchants send).
        seed: chooses noise grains and the look of a screenshot.

    Returns:
        uint8 (H, W, 3); ``low_resolution`` gives a smaller photo, the others keep the size.

    Raises:
        ValueError: ``strength`` lies outside 0..1.
    """
    if not 0 <= strength <= 1:
        raise ValueError(f"strength must lie in 0..1, got {strength}")
    return _SPOILERS[kind](pixels, strength, generator(seed, kind))


def _low_resolution(pixels: Pixels, strength: float, _: Generator) -> Pixels:
    return _resized(pixels, 0.7 - 0.55 * strength)


def _blur(pixels: Pixels, strength: float, rng: Generator) -> Pixels:
    """Out of focus, or half of the time shaken along a line."""
    radius = 0.8 + 3.2 * strength
    if rng.random() < 0.5:
        return np.asarray(cv2.GaussianBlur(pixels, (0, 0), radius), np.uint8)
    length = 2 * round(radius * 1.7) + 1
    angle = rng.uniform(0, np.pi)
    steps = np.linspace(-0.5, 0.5, 4 * length) * (length - 1)
    rows = np.rint(length // 2 + steps * np.sin(angle)).astype(int)
    columns = np.rint(length // 2 + steps * np.cos(angle)).astype(int)
    kernel = np.zeros((length, length), np.float32)
    np.add.at(kernel, (rows, columns), 1)
    return np.asarray(cv2.filter2D(pixels, -1, kernel / kernel.sum()), np.uint8)


def _noise(pixels: Pixels, strength: float, rng: Generator) -> Pixels:
    """Sensor noise: a constant part and one that grows with the root of the light, partly in colour."""
    deviation = np.float32(4 + 22 * strength) * np.sqrt(0.3 + pixels.astype(np.float32) / 255)
    grey = rng.standard_normal(pixels.shape[:2], np.float32)[..., None]
    colour = rng.standard_normal(pixels.shape, np.float32)
    return _rounded(pixels + deviation * (0.7 * grey + 0.5 * colour))


def _jpeg(pixels: Pixels, strength: float, _: Generator) -> Pixels:
    return through_jpeg(pixels, round(45 - 37 * strength))


def _screenshot(pixels: Pixels, strength: float, rng: Generator) -> Pixels:
    """A phone's screen with the photo on it: reduced, between two bars, compressed, enlarged again."""
    height, width = pixels.shape[:2]
    small = _resized(pixels, 0.75 - 0.5 * strength)
    light = rng.random() < 0.5
    bar = np.full((max(2, small.shape[0] // 14), small.shape[1], 3), 248 if light else 22, np.uint8)
    ink = 90 if light else 200
    dots = np.linspace(0.08, 0.92, int(rng.integers(3, 6))) * small.shape[1]
    for x in dots:
        cv2.circle(bar, (round(float(x)), bar.shape[0] // 2), max(1, bar.shape[0] // 6), (ink, ink, ink), -1)
    screen = through_jpeg(np.concatenate([bar, small, bar[:, ::-1]]), round(80 - 35 * strength))
    return np.asarray(cv2.resize(screen, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def _pixelate(pixels: Pixels, strength: float, _: Generator) -> Pixels:
    height, width = pixels.shape[:2]
    small = _resized(pixels, 1 / (2 + 6 * strength))
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)


def _oversharpen(pixels: Pixels, strength: float, _: Generator) -> Pixels:
    """Unsharp masking with a radius of 1.5 px."""
    image = pixels.astype(np.float32)
    return _rounded(image + (0.6 + 2.4 * strength) * (image - cv2.GaussianBlur(image, (0, 0), 1.5)))


def _overexpose(pixels: Pixels, strength: float, _: Generator) -> Pixels:
    return _exposed(pixels, 0.6 + 1.6 * strength)


def _underexpose(pixels: Pixels, strength: float, _: Generator) -> Pixels:
    return _exposed(pixels, -0.8 - 2.2 * strength)


def _exposed(pixels: Pixels, stops: float) -> Pixels:
    """Exposure changed by ``stops`` in linear light, with the simple power of 2.2 for sRGB's curve."""
    linear = (pixels.astype(np.float32) / 255) ** 2.2 * np.float32(2**stops)
    return _rounded(255 * np.clip(linear, 0, 1) ** (1 / 2.2))


def _resized(pixels: Pixels, factor: float) -> Pixels:
    height, width = pixels.shape[:2]
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _rounded(values: NDArray[np.floating]) -> Pixels:
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)


_SPOILERS: Mapping[DegradationKind, Callable[[Pixels, float, Generator], Pixels]] = MappingProxyType(
    {
        DegradationKind.LOW_RESOLUTION: _low_resolution,
        DegradationKind.BLUR: _blur,
        DegradationKind.NOISE: _noise,
        DegradationKind.JPEG: _jpeg,
        DegradationKind.SCREENSHOT: _screenshot,
        DegradationKind.PIXELATE: _pixelate,
        DegradationKind.OVERSHARPEN: _oversharpen,
        DegradationKind.OVEREXPOSE: _overexpose,
        DegradationKind.UNDEREXPOSE: _underexpose,
    }
)
