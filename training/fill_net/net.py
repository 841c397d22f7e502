"""The filling network: what lies under an overlay, from what shows through and from what lies around."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

WIDTHS = (40, 64, 96, 128)
"""Channels per level, the first at half the crop's resolution."""

MULTIPLE = 16
"""Height and width must be a multiple of this: one space-to-depth and three halvings."""

INPUTS = 8
"""Observed RGB, first guess RGB, hole, noise."""

OUTPUTS = 5
"""Change RGB, how much shows through, expected error."""


class Block(nn.Module):
    """Two convolutions beside a shortcut, without normalisation: levels must survive."""

    def __init__(self, width: int, dilation: int = 1) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=dilation, dilation=dilation)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)

    def forward(self, features: Tensor) -> Tensor:
        """Features of the same shape."""
        return features + self.second(functional.leaky_relu(self.first(features), 0.1))


class FillNet(nn.Module):
    """Observed crop, first guess and hole in; clean crop and its expected error out.

    All float32, RGB 0..1: ``observed`` (N, 3, H, W) with the overlay in the hole, ``guess`` (N, 3, H, W) the
    hole filled smoothly, ``hole`` (N, 1, H, W) 0 or 1, ``noise`` (N, 1, H, W) of unit variance, which grain
    is made from. Gives ``filled`` (N, 3, H, W), equal to ``observed`` outside the hole, and ``error``
    (N, 1, H, W): the scale of a Laplace distribution of the difference to the truth. H and W multiples of
    ``MULTIPLE``.
    """

    def __init__(self) -> None:
        super().__init__()
        levels = range(len(WIDTHS) - 1)
        deepest = WIDTHS[-1]
        self.stem = nn.Conv2d(4 * INPUTS, WIDTHS[0], 3, padding=1)
        self.encode = nn.ModuleList(Block(WIDTHS[i]) for i in levels)
        self.reduce = nn.ModuleList(nn.Conv2d(WIDTHS[i], WIDTHS[i + 1], 2, stride=2) for i in levels)
        self.middle = nn.Sequential(Block(deepest, 2), Block(deepest, 4), Block(deepest, 1))
        self.enlarge = nn.ModuleList(nn.Conv2d(WIDTHS[i + 1], WIDTHS[i], 1) for i in levels)
        self.decode = nn.ModuleList(Block(WIDTHS[i]) for i in levels)
        self.head = nn.Conv2d(WIDTHS[0], 4 * OUTPUTS, 3, padding=1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, observed: Tensor, guess: Tensor, hole: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        """The filled crop and its expected error."""
        stacked = torch.cat([observed * 2 - 1, guess * 2 - 1, hole, noise], 1)
        features = self.stem(functional.pixel_unshuffle(stacked, 2))
        skips = []
        for encode, reduce in zip(self.encode, self.reduce, strict=True):
            skips.append(encode(features))
            features = reduce(skips[-1])
        features = self.middle(features)
        for enlarge, decode, skip in reversed(list(zip(self.enlarge, self.decode, skips, strict=True))):
            larger = functional.interpolate(enlarge(features), scale_factor=2.0, mode="nearest")
            features = decode(larger + skip)
        out = functional.pixel_shuffle(self.head(features), 2)
        through = torch.sigmoid(out[:, 3:4] - 1)
        filled = through * observed + (1 - through) * guess + out[:, :3]
        error = functional.softplus(out[:, 4:5] - 3) + 1e-3
        return observed + hole * (filled - observed), error
