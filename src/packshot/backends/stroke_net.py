"""Our own stroke network: the probability of each pixel to be painted over the photo."""

from __future__ import annotations

from typing import ClassVar

import cv2
import numpy as np

from packshot.backend import Card, Unit
from packshot.backends.openvino_runtime import OpenVinoNetwork
from packshot.photo import Pixels
from packshot.weights import digests, path


class StrokeNet:
    """A U-Net at half resolution, trained on simulated overlays: a ``StrokeMasker``.

    Overlays on large photos are large too: above ``LONG_SIDE`` the photo is reduced first, which keeps
    strokes at the sizes of the training data (11 to 85 px letters) and the cost bounded.
    """

    STRIDE: ClassVar[int] = 32
    LONG_SIDE: ClassVar[int] = 1024

    card = Card(
        name="stroke-net",
        version="1",
        licence="Apache-2.0",
        weights=digests("stroke-net"),
        precision="bf16",
        cpu_seconds_per_megapixel=0.09,
    )

    def __init__(self) -> None:
        self._network = OpenVinoNetwork(lambda: path("stroke-net"), "bf16")

    def strokes(self, pixels: Pixels) -> Unit:
        """Probability of overlay for each pixel of ``pixels`` (H, W, 3)."""
        height, width = pixels.shape[:2]
        ratio = min(1.0, self.LONG_SIDE / max(height, width))
        size = max(1, round(width * ratio)), max(1, round(height * ratio))
        reduced = pixels if ratio == 1.0 else cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
        probability = self._infer(reduced)
        if ratio == 1.0:
            return probability
        enlarged: Unit = cv2.resize(probability, (width, height), interpolation=cv2.INTER_LINEAR)
        return enlarged

    def _infer(self, pixels: Pixels) -> Unit:
        height, width = pixels.shape[:2]
        below, right = -height % self.STRIDE, -width % self.STRIDE
        padded = cv2.copyMakeBorder(pixels, 0, below, 0, right, cv2.BORDER_REPLICATE)
        tensor = padded.transpose(2, 0, 1)[None].astype(np.float32) / 255
        probability: Unit = self._network(tensor)[0, 0, :height, :width]
        return probability
