"""waifu2x upconv_7, photo weights: enlarges by 2 and takes noise and JPEG artefacts out on the way."""

from __future__ import annotations

import cv2

from packshot.backend import Card
from packshot.backends.openvino_runtime import OpenVinoNetwork
from packshot.backends.tensors import as_pixels, as_tensor
from packshot.photo import Pixels
from packshot.weights import digests, ncnn

_BORDER = 7  # px that the unpadded convolutions eat on each side


class _Waifu2x:
    """One denoise level of the network."""

    def __init__(self, weight: str) -> None:
        self._network = OpenVinoNetwork(lambda: ncnn.onnx_of(weight), "bf16")

    def upscale(self, pixels: Pixels) -> Pixels:
        """``pixels`` (H, W, 3) as (2H, 2W, 3)."""
        padded = cv2.copyMakeBorder(pixels, *(_BORDER,) * 4, cv2.BORDER_REPLICATE)
        return as_pixels(self._network(as_tensor(padded)))


class Waifu2x(_Waifu2x):
    """Denoise level 1, x2."""

    card = Card(
        name="waifu2x-x2",
        version="1",
        licence="MIT",
        weights=digests("waifu2x-photo-noise1"),
        precision="bf16",
        scale=2,
        cpu_seconds_per_megapixel=6.5,
    )

    def __init__(self) -> None:
        super().__init__("waifu2x-photo-noise1")


class Waifu2xStrong(_Waifu2x):
    """Denoise level 2, x2: the first half of a chain."""

    def __init__(self) -> None:
        super().__init__("waifu2x-photo-noise2")
