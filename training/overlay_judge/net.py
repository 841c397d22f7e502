"""The overlay judge: three small convolutional encoders and what was measured, to one verdict a place."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from packshot.inspection.overlay.crops import CHANNELS
from packshot.simulate import OverlayKind

KINDS = tuple(OverlayKind)
"""What an overlay can be, in the order of the network's second output."""

WIDTHS = (16, 32, 64, 96)
"""Channels after each halving of a crop."""

HIDDEN = 128


def encoder() -> nn.Sequential:
    """Four halvings, each followed by a convolution at its size."""
    layers: list[nn.Module] = []
    inputs = CHANNELS
    for width in WIDTHS:
        for source, stride in ((inputs, 2), (width, 1)):
            layers += [
                nn.Conv2d(source, width, 3, stride, 1, bias=False),
                nn.BatchNorm2d(width),
                nn.ReLU(inplace=True),
            ]
        inputs = width
    return nn.Sequential(*layers)


class OverlayJudge(nn.Module):
    """Logit of 'laid over the photo' and logits of ``KINDS``, for each place.

    Input: the three crops of :mod:`packshot.inspection.overlay.crops`, uint8 or float 0..255
    (N, side, side, ``CHANNELS``), and traits float32 (N, T). Output float32 (N,) and (N, len(KINDS)).
    """

    def __init__(self, traits: int) -> None:
        super().__init__()
        self.encoders = nn.ModuleList(encoder() for _ in range(3))
        self.register_buffer("mean", torch.zeros(traits))
        self.register_buffer("spread", torch.ones(traits))
        self.mix = nn.Sequential(
            nn.Linear(3 * 2 * WIDTHS[-1] + traits, HIDDEN), nn.ReLU(inplace=True), nn.Dropout(0.2)
        )
        self.overlay = nn.Linear(HIDDEN, 1)
        self.kind = nn.Linear(HIDDEN, len(KINDS))

    def forward(
        self, letters: Tensor, around: Tensor, photo: Tensor, traits: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Logits for a batch of places."""
        parts = [((traits - self.mean) / self.spread).clamp(-4.0, 4.0)]
        for encode, crop in zip(self.encoders, (letters, around, photo), strict=True):
            features = encode(crop.permute(0, 3, 1, 2) / 127.5 - 1.0)
            parts += [features.mean((2, 3)), features.amax((2, 3))]
        mixed = self.mix(torch.cat(parts, 1))
        return self.overlay(mixed)[:, 0], self.kind(mixed)
