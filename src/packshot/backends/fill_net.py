"""Our own filling network: what lies under an overlay, from what shines through and from what is around."""

from __future__ import annotations

from typing import ClassVar

import cv2
import numpy as np

from packshot.backend import Card, Restored
from packshot.backends.openvino_runtime import OpenVinoNetwork, Tensor
from packshot.backends.tensors import as_pixels, as_tensor
from packshot.finding import Mask
from packshot.photo import Pixels
from packshot.push_pull import push_pull
from packshot.weights import digests, path


class FillNet:
    """A U-Net that corrects a smooth filling, trained on simulated overlays: a ``Restorer``.

    Its grain comes from a fixed pattern of noise, so that the same input gives the same pixels.
    """

    STRIDE: ClassVar[int] = 16

    card = Card(
        name="fill-net",
        version="1",
        licence="Apache-2.0",
        weights=digests("fill-net"),
        precision="bf16",
    )

    def __init__(self) -> None:
        self._network = OpenVinoNetwork(lambda: path("fill-net"), "bf16")

    def restore(self, pixels: Pixels, hole: Mask) -> Restored:
        """``pixels`` (H, W, 3) with the overlay in ``hole`` (H, W) taken off."""
        height, width = hole.shape
        below, right = -height % self.STRIDE, -width % self.STRIDE
        observed, guess = (
            as_tensor(cv2.copyMakeBorder(image, 0, below, 0, right, cv2.BORDER_REPLICATE))
            for image in (pixels, push_pull(pixels, hole))
        )
        unknown = np.zeros((1, 1, *observed.shape[2:]), np.float32)
        unknown[0, 0, :height, :width] = hole
        noise: Tensor = np.random.default_rng(0).standard_normal(unknown.shape, np.float32)  # type: ignore[assignment]
        filled, scale = self._network.outputs(observed, guess, unknown, noise)
        repaired = np.where(hole[..., None], as_pixels(filled[:, :, :height, :width]), pixels)
        # The network gives the scale b of a Laplace distribution, whose variance is 2 b^2.
        return Restored(repaired, 2 * (255 * scale[0, 0, :height, :width]) ** 2)
