"""Train the stroke network on simulated overlays.

    python training/stroke_net/train.py --photos ../shared/photos/train --minutes 90 --out DIR [--resume CKPT]

Every few minutes it writes to DIR: ``checkpoint.pt`` (weights, their running mean, optimiser, step),
``curves.csv``, ``curves.png`` and ``stroke_net.onnx`` of the running mean. Runs on CUDA where there is a
device and on CPU otherwise. ``--resume`` goes on from a checkpoint with a fresh schedule over ``--minutes``.
"""

from __future__ import annotations

import argparse
import csv
import math
import time
from pathlib import Path

import torch
from data import Overlays
from evaluate import figures, held_out
from export import export
from net import StrokeNet
from torch import Tensor
from torch.nn import functional
from torch.utils.data import DataLoader

WARM_UP = 200
"""Steps over which the learning rate rises."""
DECAY = 0.998
"""Of the running mean of the weights, per step."""


def loss_of(logits: Tensor, covered: Tensor, change: Tensor) -> Tensor:
    """Weighted cross-entropy plus Dice (Milletari et al. 2016, V-Net, smoothed by 20 pixels).

    Covered pixels weigh 3; those that the overlay changes by less than 80 levels up to 4 more, strokes
    thinner than 5 px another 2, since both were missed most. Covered pixels that are not changed at all
    (black text on black) weigh nothing: they cannot be seen. On crops without any overlay every pixel weighs
    2 and the hardest hundredth is counted once more, against false alarms.
    """
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


def learning_rate(peak: float, step: int, share: float) -> float:
    """Linear warm-up over ``WARM_UP`` steps, then a cosine over the ``share`` 0..1 of time passed."""
    return peak * min(1.0, (step + 1) / WARM_UP) * (0.5 * (1 + math.cos(math.pi * min(1.0, share))) + 0.01)


class Run:
    """A training run: the network, its running mean, optimiser and files."""

    def __init__(self, options: argparse.Namespace) -> None:
        torch.manual_seed(options.seed)
        self.options = options
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.net = StrokeNet().to(self.device, memory_format=torch.channels_last)
        self.mean = StrokeNet().to(self.device)
        self.optimizer = torch.optim.AdamW(self.net.parameters(), options.rate, weight_decay=1e-4)
        self.step = 0
        self.rows: list[dict[str, float]] = []
        if options.resume:
            state = torch.load(options.resume, map_location=self.device)
            self.net.load_state_dict(state["net"])
            self.mean.load_state_dict(state["mean"])
            if "optimizer" in state:
                self.optimizer.load_state_dict(state["optimizer"])
            self.step, self.rows = state["step"], state["rows"]
        else:
            self.mean.load_state_dict(self.net.state_dict())
        self.cases = held_out(options.photos)
        options.out.mkdir(parents=True, exist_ok=True)

    def train(self) -> None:
        """Train for ``--minutes``; evaluate and save every ``--every`` minutes and at the end."""
        options, began, losses = self.options, time.monotonic(), []
        stream = Overlays(options.photos, options.side, options.seed, self.step)
        # Spawned: a fork of a process that has computed with threads can wait for them for ever.
        loader = DataLoader(
            stream,
            options.batch,
            num_workers=options.workers,
            prefetch_factor=6,
            multiprocessing_context="spawn",
        )
        due, first = options.every, self.step
        self.report(float("nan"), 0.0)
        for photo, covered, change in loader:
            minutes = (time.monotonic() - began) / 60
            if minutes >= options.minutes:
                break
            for group in self.optimizer.param_groups:
                group["lr"] = learning_rate(options.rate, self.step - first, minutes / options.minutes)
            losses.append(self.update(photo, covered, change))
            if minutes >= due:
                self.report(sum(losses) / len(losses), minutes)
                due, losses = due + options.every, []
        self.report(sum(losses) / max(1, len(losses)), options.minutes)

    def update(self, photo: Tensor, covered: Tensor, change: Tensor) -> float:
        """One step; returns its loss."""
        photo = photo.to(self.device, memory_format=torch.channels_last).float() / 255
        with torch.autocast(self.device.type, torch.bfloat16, enabled=not self.options.f32):
            logits = self.net(photo)
        loss = loss_of(logits.float(), covered.to(self.device), change.to(self.device))
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimizer.step()
        self.step += 1
        mean, decay = self.mean.state_dict(), min(DECAY, self.step / (self.step + 20))
        for name, value in self.net.state_dict().items():
            mean[name].lerp_(value, 1 - decay) if value.is_floating_point() else mean[name].copy_(value)
        return loss.item()

    def report(self, loss: float, minutes: float) -> None:
        """Evaluate the running mean and write checkpoint, curves and ONNX file."""
        row = {"step": self.step, "minutes": minutes, "loss": loss}
        row |= figures(self.mean, self.cases, self.device)
        self.rows.append(row)
        print(" ".join(f"{name} {value:.3g}" for name, value in row.items()), flush=True)
        state = {
            "net": self.net.state_dict(),
            "mean": self.mean.state_dict(),
            "step": self.step,
            "rows": self.rows,
        }
        torch.save(state | {"optimizer": self.optimizer.state_dict()}, self.options.out / "checkpoint.pt")
        with (self.options.out / "curves.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, list(row))
            writer.writeheader()
            writer.writerows(self.rows)
        plot(self.rows, self.options.out / "curves.png")
        export(self.mean, self.options.out / "stroke_net.onnx")


def plot(rows: list[dict[str, float]], path: Path) -> None:
    """Loss, IoU and alarms, and recall per kind, over steps."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - only training draws

    figure = Figure((12, 4), layout="constrained")
    panels = figure.subplots(1, 3)
    steps = [row["step"] for row in rows]
    names = (["loss"], ["iou", "precision", "alarms_clean", "alarms_scene"])
    recalls = [name for name in rows[-1] if name.startswith("recall_")]
    for panel, lines in zip(panels, (*names, recalls), strict=True):
        for name in lines:
            panel.plot(steps, [row[name] for row in rows], marker=".", label=name.removeprefix("recall_"))
        panel.set_xlabel("step")
        panel.legend(fontsize=7)
    figure.savefig(path, dpi=90)


def main() -> None:
    """Read the options and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--photos", type=Path, required=True, help="folder with clothing/, grocery/ and studio/"
    )
    parser.add_argument("--minutes", type=float, required=True, help="length of the run")
    parser.add_argument(
        "--out", type=Path, required=True, help="folder for checkpoints, curves and ONNX file"
    )
    parser.add_argument("--resume", type=Path, help="checkpoint to go on from")
    parser.add_argument("--every", type=float, default=10.0, help="minutes between evaluations")
    parser.add_argument("--rate", type=float, default=1.5e-3, help="peak learning rate")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--side", type=int, default=224, help="height and width of a crop, a multiple of 32")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--f32", action="store_true", help="float32 only; bfloat16 otherwise, 1.6 times faster")
    parser.add_argument("--threads", type=int, default=2, help="for training on the CPU")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    Run(options).train()


if __name__ == "__main__":
    main()
