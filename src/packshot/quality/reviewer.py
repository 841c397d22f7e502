"""A simulated reviewer, who knows the truth: which results must not be published."""

from __future__ import annotations

import cv2
import numpy as np

from packshot.morphology import grown
from packshot.photo import Pixels
from packshot.quality.sets import VISIBLE
from packshot.simulate import Truth

# What the reviewer does not let pass, in grey levels of 255 if not said otherwise. Chosen once, by looking at
# results on either side of each limit, before any guarantee was computed.
LEFT = 22.0  # of the overlay's own contrast that is still there, anywhere
FILLED = 80.0  # deviation of a filling's mean from the truth, anywhere within FAR of the overlay
TOUCHED = 25.0  # change farther than FAR from the overlay, anywhere
FAR = 12  # px
ALIKE = 0.9  # structural similarity of a degraded photo with the truth
BRIGHTNESS = 12.0  # deviation of a degraded photo's mean from the truth's


def refused(truth: Truth, given: Pixels, result: Pixels) -> str | None:
    """Why the reviewer does not let a result pass; None when it is as good as the photo was."""
    overlay = np.zeros(given.shape[:2], bool) if truth.alpha is None else truth.alpha > VISIBLE
    near = grown(overlay, FAR) if overlay.any() else overlay
    scale = max(2.0, min(given.shape[:2]) / 150)
    change = np.abs(_sized(result, given.shape) - given.astype(np.float32)).mean(2)
    if (_blurred(change, scale)[~near] > TOUCHED).any():
        return "touched elsewhere"
    clean = truth.clean.astype(np.float32)
    after = _sized(result, clean.shape)
    if overlay.any():
        before = given.astype(np.float32)
        drawn, left = before - clean, after - clean
        shared = _blurred((drawn * left).mean(2), scale)
        contrast = np.sqrt(np.maximum(_blurred((drawn**2).mean(2), scale), 1e-6))
        if (shared[overlay] > LEFT * contrast[overlay]).any():
            return "overlay not seen" if np.array_equal(given, result) else "overlay left"
        if (np.abs(_blurred(left, scale)).max(2)[near] > FILLED).any():
            return "filled wrongly"
    if truth.degradation is not None:
        if abs(float((after - clean).mean())) > BRIGHTNESS:
            return "exposure"
        if _similarity(after, clean) < ALIKE:
            return "detail"
    return None


def _sized(pixels: Pixels, shape: tuple[int, ...]) -> np.ndarray:
    """``pixels`` at another size, float32."""
    smaller = pixels.shape[0] > shape[0]
    way = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, shape[1::-1], interpolation=way), np.float32)


def _blurred(values: np.ndarray, scale: float) -> np.ndarray:
    return np.asarray(cv2.GaussianBlur(values, (0, 0), scale))


def _similarity(first: np.ndarray, second: np.ndarray) -> float:
    """Mean structural similarity of luma (Wang et al. 2004), window of 11 px with a deviation of 1.5."""
    one, two = (cv2.cvtColor(np.clip(p, 0, 255), cv2.COLOR_RGB2GRAY) for p in (first, second))
    a, b = _blurred(one, 1.5), _blurred(two, 1.5)
    spread = _blurred(one * one, 1.5) - a * a + _blurred(two * two, 1.5) - b * b
    shared = _blurred(one * two, 1.5) - a * b
    low, high = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    return float(((2 * a * b + low) * (2 * shared + high) / ((a * a + b * b + low) * (spread + high))).mean())
