"""Train the stroke network on simulated overlays.

python -m training.stroke_net.train --photos ../shared/photos/train --minutes 90 --out DIR [--resume CKPT]

See ``training/loop.py`` for what a run writes.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from training import loop
from training.stroke_net.data import Overlays
from training.stroke_net.evaluate import figures, held_out
from training.stroke_net.export import export
from training.stroke_net.net import StrokeNet


def loss_of(net: nn.Module, batch: tuple[Tensor, ...]) -> Tensor:
    """Weighted cross-entropy plus Dice (Milletari et al. 2016, V-Net, smoothed by 20 pixels).

    Covered pixels weigh 3; those that the overlay changes by less than 80 levels up to 4 more, strokes
    thinner than 5 px another 2, since both were missed most. Covered pixels that are not changed at all
    (black text on black) weigh nothing: they cannot be seen. On crops without any overlay every pixel weighs
    2 and the hardest hundredth is counted once more, against false alarms.
    """
    photo, covered, change = batch
    logits = net(photo.float() / 255).float()
    target = covered.float()
    faint = 1 - (change.float() / 80).clamp(max=1)
    thick = -functional.max_pool2d(-target, 5, 1, 2)
    thick = functional.max_pool2d(thick, 5, 1, 2)
    weight = 1 + target * (2 + 4 * faint + 2 * (1 - thick)) * (change > 2) - target * (change <= 2).float()
    clean = (target.sum((1, 2, 3)) == 0).float()
    weight = weight * (1 + clean[:, None, None, None])
    each = functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
    hardest = each.flatten(1).topk(each[0].numel() // 100).values.mean(1)
    seen = (weight > 0).float()
    marked = torch.sigmoid(logits) * seen
    overlap = 2 * (marked * target).sum((1, 2, 3)) + 20
    dice = 1 - overlap / (marked.sum((1, 2, 3)) + (target * seen).sum((1, 2, 3)) + 20)
    return (each * weight).mean() + 0.5 * dice.mean() + 0.1 * (hardest * clean).mean()


def main() -> None:
    """Read the options and run."""
    options = loop.options(__doc__, rate=1.5e-3, side=224)
    cases = held_out(options.photos)
    task = loop.Task(
        net=StrokeNet(),
        stream=lambda start: Overlays(options.photos, options.side, options.seed, start),
        loss=loss_of,
        figures=lambda net, device: figures(net, cases, device),
        export=export,
        name="stroke_net",
        panels=(("loss",), ("iou", "precision", "alarms"), ("recall",)),
    )
    loop.Run(task, options).train()


if __name__ == "__main__":
    main()
