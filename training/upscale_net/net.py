"""SPAN with one input more: how degraded the photo is.

Wan et al., "Swift Parameter-free Attention Network for Efficient Super-Resolution", CVPR Workshops 2024.
"""

from __future__ import annotations

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn
from torch.nn import functional

WIDTH = 48
BLOCKS = 6


class Block(nn.Module):
    """Three convolutions whose result weighs itself: attention without parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.third = (nn.Conv2d(WIDTH, WIDTH, 3, padding=1) for _ in range(3))

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """The features for the next block, and those after the first convolution."""
        early = functional.silu(self.first(features))
        late = self.third(functional.silu(self.second(early)))
        return (late + features) * (torch.sigmoid(late) - 0.5), early


class UpscaleNet(nn.Module):
    """Photo and degradation in, enlarged photo out.

    ``photo`` float32 (N, 3, H, W), RGB 0..1; ``degradation`` (N, 1, 1, 1): 0 for a clean photo, 1 for
    one with noise, blur or JPEG damage, which is then taken out on the way. Gives (N, 3, s * H, s * W) for
    scale s.
    """

    def __init__(self, scale: int) -> None:
        super().__init__()
        self.scale = scale
        self.stem = nn.Conv2d(3, WIDTH, 3, padding=1)
        self.condition = nn.Linear(1, WIDTH, bias=False)
        nn.init.zeros_(self.condition.weight)
        self.blocks = nn.ModuleList(Block() for _ in range(BLOCKS))
        self.last = nn.Conv2d(WIDTH, WIDTH, 3, padding=1)
        self.join = nn.Conv2d(4 * WIDTH, WIDTH, 1)
        self.enlarge = nn.Conv2d(WIDTH, 3 * scale * scale, 3, padding=1)
        self.register_buffer("mean", torch.zeros(1, 3, 1, 1))

    def forward(self, photo: Tensor, degradation: Tensor) -> Tensor:
        """The enlarged photo."""
        first = self.stem(photo - self.mean)
        first = first + self.condition(degradation.flatten(1))[:, :, None, None]
        features, parts = first, []
        for block in self.blocks:
            features, early = block(features)
            parts.append((features, early))
        joined = torch.cat([first, self.last(features), parts[0][0], parts[-1][1]], 1)
        return functional.pixel_shuffle(self.enlarge(self.join(joined)), self.scale)


def load_span(net: UpscaleNet, model: bytes) -> None:
    """Begin with the weights of SPAN, converted to ONNX by ``packshot.weights.ncnn``."""
    graph = onnx.load_from_string(model).graph
    numbers = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    convolutions = [net.stem]
    for block in net.blocks:
        convolutions += [block.first, block.second, block.third]
    convolutions += [net.last, net.join, net.enlarge]
    nodes = [node for node in graph.node if node.op_type == "Conv"]
    # SPAN takes a mean off and multiplies by the range of levels first; the range goes into the stem.
    shift, stretch = graph.node[0], graph.node[1]
    net.mean.copy_(torch.from_numpy(np.array(numbers[shift.input[1]])))
    net.stem.weight.data = torch.from_numpy(numbers[nodes[0].input[1]] * numbers[stretch.input[1]])
    net.stem.bias.data = torch.from_numpy(np.array(numbers[nodes[0].input[2]]))
    for layer, node in zip(convolutions[1:], nodes[1:], strict=True):
        layer.weight.data = torch.from_numpy(np.array(numbers[node.input[1]])).view_as(layer.weight)
        layer.bias.data = torch.from_numpy(np.array(numbers[node.input[2]]))
