"""Write the enlarging network as ONNX and check it against torch.

python -m training.upscale_net.export CHECKPOINT OUT.onnx --scale 4
"""

from __future__ import annotations

import argparse
import copy
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn

from training import onnx_file
from training.upscale_net.net import UpscaleNet


def export(net: nn.Module, path: Path) -> None:
    """Write ``net`` to ``path``, replacing the file only when it is whole."""
    examples = {"photo": torch.zeros(1, 3, 48, 64), "degradation": torch.zeros(1, 1, 1, 1)}
    axes = {"photo": {2: "height", 3: "width"}, "enlarged": {2: "out_height", 3: "out_width"}}
    onnx_file.write(net, path, examples, ["enlarged"], axes)


def parity(net: nn.Module, path: Path) -> float:
    """Largest difference of a level 0..1 between OpenVINO in float32 and torch, over three sizes."""
    compiled = onnx_file.in_float32(path)
    rng = np.random.default_rng(0)
    worst = 0.0
    for number, (height, width) in enumerate(((32, 32), (45, 70), (96, 81))):
        # Smooth, as photos are: on white noise the network's levels run into the hundreds.
        photo = cv2.GaussianBlur(rng.random((height, width, 3), np.float32), (0, 0), 2).transpose(2, 0, 1)
        inputs = [np.ascontiguousarray(photo[None]), np.full((1, 1, 1, 1), number / 2, np.float32)]
        with torch.no_grad():
            expected = copy.deepcopy(net).cpu().eval()(*(torch.from_numpy(part) for part in inputs)).numpy()
        worst = max(worst, float(np.abs(compiled(inputs)["enlarged"] - expected).max()))
    return worst


def main() -> None:
    """Export the running mean of a checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--scale", type=int, choices=(2, 4), required=True)
    options = parser.parse_args()
    net = UpscaleNet(options.scale)
    net.load_state_dict(torch.load(options.checkpoint, map_location="cpu")["mean"])
    export(net, options.out)
    size, difference = options.out.stat().st_size, parity(net, options.out)
    print(f"{options.out}: {size} bytes, largest difference to torch {difference:.2g}")


if __name__ == "__main__":
    main()
