"""Write the filling network as ONNX and check it against torch.

python -m training.fill_net.export CHECKPOINT OUT.onnx
"""

from __future__ import annotations

import argparse
import copy
from pathlib import Path

import numpy as np
import torch
from torch import nn

from training import onnx_file
from training.fill_net.net import FillNet

INPUTS = {"observed": 3, "guess": 3, "hole": 1, "noise": 1}


def export(net: nn.Module, path: Path) -> None:
    """Write ``net`` to ``path``, replacing the file only when it is whole."""
    sizes = {2: "height", 3: "width"}
    examples = {name: torch.zeros(1, channels, 64, 96) for name, channels in INPUTS.items()}
    outputs = ["filled", "error"]
    onnx_file.write(net, path, examples, outputs, dict.fromkeys([*INPUTS, *outputs], sizes))


def parity(net: nn.Module, path: Path) -> float:
    """Largest difference of a level 0..1 between OpenVINO in float32 and torch, over three sizes."""
    compiled = onnx_file.in_float32(path)
    rng = np.random.default_rng(0)
    worst = 0.0
    for height, width in ((64, 64), (96, 160), (256, 240)):
        inputs = [rng.random((1, n, height, width), np.float32).round(n == 1) for n in INPUTS.values()]
        with torch.no_grad():
            expected = copy.deepcopy(net).cpu().eval()(*(torch.from_numpy(part) for part in inputs))
        for name, value in zip(("filled", "error"), expected, strict=True):
            worst = max(worst, float(np.abs(compiled(inputs)[name] - value.numpy()).max()))
    return worst


def main() -> None:
    """Export the running mean of a checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    net = FillNet()
    net.load_state_dict(torch.load(options.checkpoint, map_location="cpu")["mean"])
    export(net, options.out)
    size, difference = options.out.stat().st_size, parity(net, options.out)
    print(f"{options.out}: {size} bytes, largest difference to torch {difference:.2g}")


if __name__ == "__main__":
    main()
