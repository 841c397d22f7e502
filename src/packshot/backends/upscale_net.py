"""Our own enlarging networks: SPAN trained on, told whether the photo is degraded."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from packshot.backend import Card
from packshot.backends.openvino_runtime import OpenVinoNetwork
from packshot.backends.tensors import as_pixels, as_tensor
from packshot.photo import Pixels
from packshot.weights import digests, path


def _card(scale: int, state: str = "") -> Card:
    """Both states of the photo have the same weights and cost."""
    return Card(
        name=f"upscale-net-x{scale}{state}",
        version="1",
        licence="Apache-2.0",
        weights=digests(f"upscale-net-x{scale}"),
        precision="bf16",
        scale=scale,
        cpu_seconds_per_megapixel=5.5,
    )


class _UpscaleNet:
    """One scale and one state of the photo; an ``Upscaler``."""

    card: ClassVar[Card]
    degradation: ClassVar[float]

    def __init__(self) -> None:
        self._network = OpenVinoNetwork(lambda: path(f"upscale-net-x{self.card.scale}"), "bf16")

    def upscale(self, pixels: Pixels) -> Pixels:
        """``pixels`` (H, W, 3) enlarged by the card's scale."""
        state = np.full((1, 1, 1, 1), self.degradation, np.float32)
        return as_pixels(self._network(as_tensor(pixels), state))


class UpscaleNetX2(_UpscaleNet):
    """x2 for clean photos."""

    card = _card(2)
    degradation = 0.0


class UpscaleNetX2Degraded(_UpscaleNet):
    """x2 for photos with noise, blur or compression, which it takes out on the way."""

    card = _card(2, "-degraded")
    degradation = 1.0


class UpscaleNetX4(_UpscaleNet):
    """x4 for clean photos."""

    card = _card(4)
    degradation = 0.0


class UpscaleNetX4Degraded(_UpscaleNet):
    """x4 for photos with noise, blur or compression, which it takes out on the way."""

    card = _card(4, "-degraded")
    degradation = 1.0
