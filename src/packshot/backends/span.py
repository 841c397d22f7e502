"""SPAN: enlarges clean photos by 2 or 4.

Wan et al., "Swift Parameter-free Attention Network for Efficient Super-Resolution", CVPR Workshops 2024.
"""

from __future__ import annotations

from typing import ClassVar

from packshot.backend import Card
from packshot.backends.openvino_runtime import OpenVinoNetwork
from packshot.backends.tensors import as_pixels, as_tensor
from packshot.photo import Pixels
from packshot.weights import digests, ncnn


class _Span:
    card: ClassVar[Card]

    def __init__(self) -> None:
        self._network = OpenVinoNetwork(lambda: ncnn.onnx_of(self.card.name), "bf16")

    def upscale(self, pixels: Pixels) -> Pixels:
        """``pixels`` (H, W, 3) enlarged; it sharpens noise and JPEG blocks too, so give it clean photos."""
        return as_pixels(self._network(as_tensor(pixels)))


class SpanX2(_Span):
    """SPAN with 48 channels, x2."""

    card = Card(
        name="span-x2",
        version="1",
        licence="Apache-2.0",
        weights=digests("span-x2"),
        precision="bf16",
        scale=2,
        cpu_seconds_per_megapixel=5.5,
    )


class SpanX4(_Span):
    """SPAN with 48 channels, x4."""

    card = Card(
        name="span-x4",
        version="1",
        licence="Apache-2.0",
        weights=digests("span-x4"),
        precision="bf16",
        scale=4,
        cpu_seconds_per_megapixel=5.5,
    )
