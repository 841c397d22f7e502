"""Write the overlay judge as ONNX and check it against torch.

python -m training.overlay_judge.export CHECKPOINT OUT.onnx [--mix CHECKPOINT --share 0.3]

Inputs ``letters``, ``around`` and ``photo`` float32 0..255 (N, side, side, 5) and ``traits`` float32 (N, T),
by name in alphabetical order; output ``log_odds`` float32 (N,).
"""

from __future__ import annotations

import argparse
import copy
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from packshot.inspection.overlay.crops import AROUND, CHANNELS, LETTERS, PHOTO
from training import onnx_file
from training.overlay_judge.net import OverlayJudge

INPUTS = ("letters", "around", "photo", "traits")


class LogOdds(nn.Module):
    """The network without its second output."""

    def __init__(self, net: OverlayJudge) -> None:
        super().__init__()
        self.net = copy.deepcopy(net).cpu().eval()

    def forward(self, letters: Tensor, around: Tensor, photo: Tensor, traits: Tensor) -> Tensor:
        """Log-odds (N,)."""
        odds: Tensor = self.net(letters, around, photo, traits)[0]
        return odds


def inputs(net: OverlayJudge, places: int) -> tuple[Tensor, ...]:
    """Random inputs of the right shapes."""
    generator = torch.Generator().manual_seed(places)
    crops = (
        torch.rand(places, side, side, CHANNELS, generator=generator) * 255
        for side in (LETTERS, AROUND, PHOTO)
    )
    return (*crops, torch.rand(places, len(net.mean), generator=generator))


def export(net: OverlayJudge, path: Path) -> None:
    """Write ``net`` to ``path``, replacing the file only when it is whole."""
    examples = dict(zip(INPUTS, inputs(net, 2), strict=True))
    axes = {name: {0: "places"} for name in (*INPUTS, "log_odds")}
    onnx_file.write(LogOdds(net), path, examples, ["log_odds"], axes)


def parity(net: OverlayJudge, path: Path) -> float:
    """Largest difference of the log-odds between OpenVINO in float32 and torch."""
    compiled = onnx_file.in_float32(path)
    given = inputs(net, 7)
    with torch.no_grad():
        expected = LogOdds(net)(*given).numpy()
    return float(np.abs(compiled([part.numpy() for part in given])["log_odds"] - expected).max())


def mixed(first: dict[str, Tensor], second: dict[str, Tensor], share: float) -> dict[str, Tensor]:
    """The weighted mean of two states (Wortsman et al. 2022, Model soups)."""
    return {
        name: value.lerp(second[name], share) if value.is_floating_point() else value
        for name, value in first.items()
    }


def main() -> None:
    """Export the running mean of a checkpoint."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--mix", type=Path, help="checkpoint of a run that went on from this one")
    parser.add_argument("--share", type=float, default=0.3, help="of its weights in the mean")
    options = parser.parse_args()
    state = torch.load(options.checkpoint, map_location="cpu")["mean"]
    if options.mix:
        state = mixed(state, torch.load(options.mix, map_location="cpu")["mean"], options.share)
    net = OverlayJudge(len(state["mean"]))
    net.load_state_dict(state)
    export(net, options.out)
    size, difference = options.out.stat().st_size, parity(net, options.out)
    print(f"{options.out}: {size} bytes, largest difference to torch {difference:.2g}")


if __name__ == "__main__":
    main()
