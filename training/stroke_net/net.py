"""The stroke network: a small U-Net that works at half resolution."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

WIDTHS = (24, 40, 64, 96, 128)
"""Channels per level; 0.96 million parameters in all."""

MULTIPLE = 32
"""Height and width must be a multiple of this: one space-to-depth and four halvings."""


def block(inputs: int, outputs: int, kernel: int = 3, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    """Convolution, batch norm, ReLU."""
    padding = kernel // 2 * dilation
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, padding, dilation, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class StrokeNet(nn.Module):
    """Photo in, logit of 'an overlay covers this pixel' out.

    Input float32 (N, 3, H, W), RGB 0..1; output float32 (N, 1, H, W); H and W multiples of ``MULTIPLE``.
    """

    def __init__(self) -> None:
        super().__init__()
        levels = range(len(WIDTHS) - 1)
        deepest = WIDTHS[-1]
        self.stem = block(12, WIDTHS[0])
        self.encode = nn.ModuleList(block(WIDTHS[i], WIDTHS[i]) for i in levels)
        self.reduce = nn.ModuleList(block(WIDTHS[i], WIDTHS[i + 1], stride=2) for i in levels)
        self.middle = nn.Sequential(
            block(deepest, deepest, dilation=2), block(deepest, deepest, dilation=4), block(deepest, deepest)
        )
        self.fuse = nn.ModuleList(block(WIDTHS[i + 1] + WIDTHS[i], WIDTHS[i], kernel=1) for i in levels)
        self.decode = nn.ModuleList(block(WIDTHS[i], WIDTHS[i]) for i in levels)
        self.head = nn.Conv2d(WIDTHS[0], 4, 3, padding=1)

    def forward(self, photo: Tensor) -> Tensor:
        """Logits for a batch of photos."""
        features = self.stem(functional.pixel_unshuffle((photo - 0.5) * 2, 2))
        skips = []
        for encode, reduce in zip(self.encode, self.reduce, strict=True):
            skips.append(encode(features))
            features = reduce(skips[-1])
        features = self.middle(features)
        for fuse, decode, skip in reversed(list(zip(self.fuse, self.decode, skips, strict=True))):
            larger = functional.interpolate(features, scale_factor=2.0, mode="nearest")
            features = decode(fuse(torch.cat([larger, skip], 1)))
        return functional.pixel_shuffle(self.head(features), 2)
