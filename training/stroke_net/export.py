"""Write the stroke network as ONNX and check it against torch.

python -m training.stroke_net.export CHECKPOINT OUT.onnx

Input ``photo`` float32 (1, 3, H, W), RGB 0..1; output ``strokes`` float32 (1, 1, H, W), probability that an
overlay covers the pixel; H and W multiples of 32. Batch norm is folded into the convolutions.
"""

from __future__ import annotations

import argparse
import copy
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from training import onnx_file
from training.stroke_net.net import StrokeNet


class Strokes(nn.Module):
    """The network with batch norm folded and the logit turned into a probability."""

    def __init__(self, net: StrokeNet) -> None:
        super().__init__()
        self.net = copy.deepcopy(net).cpu().eval()
        for module in self.net.modules():
            if (
                isinstance(module, nn.Sequential)
                and len(module) == 3
                and isinstance(module[1], nn.BatchNorm2d)
            ):
                module[0], module[1] = fuse_conv_bn_eval(module[0], module[1]), nn.Identity()

    def forward(self, photo: Tensor) -> Tensor:
        """Probability (1, 1, H, W) for a photo (1, 3, H, W)."""
        return torch.sigmoid(self.net(photo))


def export(net: StrokeNet, path: Path) -> None:
    """Write ``net`` to ``path``, replacing the file only when it is whole."""
    sizes = {2: "height", 3: "width"}
    axes = {"photo": sizes, "strokes": sizes}
    onnx_file.write(Strokes(net), path, {"photo": torch.zeros(1, 3, 64, 96)}, ["strokes"], axes)


def parity(net: StrokeNet, path: Path) -> float:
    """Largest difference of a probability between OpenVINO in float32 and torch, over three sizes."""
    compiled = onnx_file.in_float32(path)
    rng = np.random.default_rng(0)
    worst = 0.0
    for height, width in ((64, 64), (224, 320), (512, 480)):
        photo = rng.random((1, 3, height, width), np.float32)
        with torch.no_grad():
            expected = torch.sigmoid(copy.deepcopy(net).cpu().eval()(torch.from_numpy(photo))).numpy()
        worst = max(worst, float(np.abs(compiled(photo)["strokes"] - expected).max()))
    return worst


def main() -> None:
    """Export the running mean of a checkpoint."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    net = StrokeNet()
    net.load_state_dict(torch.load(options.checkpoint, map_location="cpu")["mean"])
    export(net, options.out)
    size, difference = options.out.stat().st_size, parity(net, options.out)
    print(f"{options.out}: {size} bytes, largest difference to torch {difference:.2g}")


if __name__ == "__main__":
    main()
