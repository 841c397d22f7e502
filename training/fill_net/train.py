"""Train the filling network on simulated overlays.

python -m training.fill_net.train --photos ../shared/photos/train --minutes 60 --out DIR [--resume CKPT]

See ``training/loop.py`` for what a run writes.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from training import loop
from training.fill_net.data import Holes
from training.fill_net.evaluate import figures, held_out
from training.fill_net.export import export
from training.fill_net.net import FillNet


def loss_of(net: nn.Module, batch: tuple[Tensor, ...]) -> Tensor:
    """Over the hole: absolute error, gradients, texture energy, and the error's own scale.

    The terms: mean absolute difference; that of horizontal and vertical steps, half; that of the root of the
    local energy of the Laplacian, which keeps texture as rough as the truth's without asking for its pixels;
    and the negative log-likelihood of a Laplace distribution, which only the error's scale learns from.
    """
    observed, guess, truth, hole = (part.float() for part in batch)
    observed, guess, truth = observed / 255, guess / 255, truth / 255
    filled, error = net(observed, guess, hole, torch.randn_like(hole))
    filled, error = filled.float(), error.float()
    weight = hole / hole.sum((1, 2, 3), keepdim=True).clamp(min=50)
    difference = (filled - truth).abs()
    pixel = (difference * weight).sum((1, 2, 3)) / 3
    steps = ((_steps(filled) - _steps(truth)).abs() * weight).sum((1, 2, 3)) / 6
    roughness = ((_roughness(filled) - _roughness(truth)).abs() * weight).sum((1, 2, 3))
    missed = difference.detach().mean(1, keepdim=True)
    likelihood = ((missed / error + error.log()) * weight).sum((1, 2, 3))
    return (pixel + 0.5 * steps + TEXTURE * roughness + 0.01 * likelihood).mean()


TEXTURE = 0.1
"""Weight of the texture term."""


def _steps(image: Tensor) -> Tensor:
    """Differences to the right and the lower neighbour, (N, 6, H, W)."""
    right = functional.pad(image[..., 1:] - image[..., :-1], (0, 1))
    down = functional.pad(image[..., 1:, :] - image[..., :-1, :], (0, 0, 0, 1))
    return torch.cat([right, down], 1)


def _roughness(image: Tensor) -> Tensor:
    """Root of the Laplacian's mean square over 7x7 px of luma, (N, 1, H, W)."""
    luma = (image * image.new_tensor([0.299, 0.587, 0.114])[:, None, None]).sum(1, keepdim=True)
    kernel = luma.new_tensor([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]])[None, None]
    laplacian = functional.conv2d(functional.pad(luma, (1, 1, 1, 1), mode="replicate"), kernel)
    return (functional.avg_pool2d(laplacian.square(), 7, 1, 3, count_include_pad=False) + 1e-6).sqrt()


def main() -> None:
    """Read the options and run."""
    options = loop.options(__doc__, rate=8e-4, side=160)
    cases = held_out(options.photos)
    task = loop.Task(
        net=FillNet(),
        stream=lambda start: Holes(options.photos, options.side, options.seed, start),
        loss=loss_of,
        figures=lambda net, device: figures(net, cases, device),
        export=export,
        name="fill_net",
        panels=(("loss",), ("psnr", "start"), ("texture", "calibration")),
    )
    loop.Run(task, options).train()


if __name__ == "__main__":
    main()
