"""Train the enlarging network, from SPAN's weights.

python -m training.upscale_net.train --scale 4 --photos ../shared/photos/train --minutes 60 --out DIR

See ``training/loop.py`` for what a run writes.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from packshot.weights import ncnn
from training import loop
from training.upscale_net.data import Pairs
from training.upscale_net.evaluate import figures, held_out
from training.upscale_net.export import export
from training.upscale_net.net import UpscaleNet, load_span

OVERSHOOT = 0.5
"""Weight of what leaves the levels that the truth has nearby: halos."""


def loss_of(net: nn.Module, batch: tuple[Tensor, ...]) -> Tensor:
    """Absolute error, that of horizontal and vertical steps, and overshoot beyond the truth nearby."""
    small, truth, degradation = batch
    truth = truth.float() / 255
    large = net(small.float() / 255, degradation).float()
    reach = 2 * net.scale + 1
    highest = functional.max_pool2d(truth, reach, 1, net.scale)
    lowest = -functional.max_pool2d(-truth, reach, 1, net.scale)
    beyond = functional.relu(large - highest) + functional.relu(lowest - large)
    across = (large.diff(dim=-1) - truth.diff(dim=-1)).abs().mean()
    down = (large.diff(dim=-2) - truth.diff(dim=-2)).abs().mean()
    return (large - truth).abs().mean() + 0.25 * (across + down) + OVERSHOOT * beyond.mean()


def main() -> None:
    """Read the options and run."""
    options = loop.options(__doc__, rate=3e-4, side=48, scales=(2, 4))
    cases = held_out(options.photos, options.scale)
    net = UpscaleNet(options.scale)
    load_span(net, ncnn.onnx_of(f"span-x{options.scale}"))
    task = loop.Task(
        net=net,
        stream=lambda start: Pairs(options.photos, options.side, options.scale, options.seed, start),
        loss=loss_of,
        figures=lambda net, device: figures(net, cases, options.scale, device),
        export=export,
        name=f"upscale_net_x{options.scale}",
        panels=(("loss",), ("gain",), ("halo",)),
    )
    loop.Run(task, options).train()


if __name__ == "__main__":
    main()
