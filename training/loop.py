"""The training loop that all networks share: schedule, running mean, checkpoints, curves.

A run goes on for a given time. Every few minutes it writes to its folder ``checkpoint.pt`` (weights, their
running mean, optimiser, step), ``curves.csv``, ``curves.png`` and the ONNX file of the running mean. It uses
CUDA where there is a device and the CPU otherwise, in bfloat16 unless told not to.
"""

from __future__ import annotations

import argparse
import copy
import csv
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset

WARM_UP = 200
"""Steps over which the learning rate rises."""
DECAY = 0.998
"""Of the running mean of the weights, per step."""


@dataclass(frozen=True, slots=True)
class Task:
    """What is trained.

    Attributes:
        net: the network.
        stream: ``stream(start)`` gives endless samples for a run that begins at step ``start``.
        loss: ``loss(net, batch)`` of a batch of the stream, on the run's device.
        figures: ``figures(net, device)`` on the fixed held-out set, by name.
        export: ``export(net, path)`` writes the ONNX file.
        name: of the ONNX file, without suffix.
        panels: beginnings of the figures' names that share a panel of the plot.
        weight_decay: of the optimiser.
    """

    net: nn.Module
    stream: Callable[[int], IterableDataset[tuple[Tensor, ...]]]
    loss: Callable[[nn.Module, tuple[Tensor, ...]], Tensor]
    figures: Callable[[nn.Module, torch.device], dict[str, float]]
    export: Callable[[nn.Module, Path], None]
    name: str
    panels: tuple[tuple[str, ...], ...]
    weight_decay: float = 1e-4


def options(
    description: str,
    *,
    rate: float,
    side: int | None = None,
    batch: int = 8,
    scales: tuple[int, ...] = (),
    held_out: bool = False,
) -> argparse.Namespace:
    """The command line of a run.

    ``rate``, ``side`` and ``batch`` are the network's defaults; one that comes in several ``scales`` must be
    told which, and one whose samples were collected before is told the folder of those ``held_out``.
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    source = "folder of collected samples" if held_out else "folder with clothing/, grocery/ and studio/"
    parser.add_argument("--photos", type=Path, required=True, help=source)
    if held_out:
        parser.add_argument("--held-out", type=Path, required=True, help="folder of those to evaluate on")
    parser.add_argument("--minutes", type=float, required=True, help="length of the run")
    parser.add_argument("--out", type=Path, required=True, help="folder for what the run writes")
    parser.add_argument("--resume", type=Path, help="checkpoint to go on from")
    parser.add_argument("--every", type=float, default=10.0, help="minutes between evaluations")
    parser.add_argument("--rate", type=float, default=rate, help="peak learning rate")
    parser.add_argument("--batch", type=int, default=batch)
    if side is not None:
        parser.add_argument("--side", type=int, default=side, help="height and width of a crop")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2, help="for training on the CPU")
    parser.add_argument("--f32", action="store_true", help="float32 only; bfloat16 is 1.6 times faster")
    if scales:
        parser.add_argument("--scale", type=int, choices=scales, required=True)
    return parser.parse_args()


def learning_rate(peak: float, step: int, share: float) -> float:
    """Linear warm-up over ``WARM_UP`` steps, then a cosine over the ``share`` 0..1 of time passed."""
    return peak * min(1.0, (step + 1) / WARM_UP) * (0.5 * (1 + math.cos(math.pi * min(1.0, share))) + 0.01)


class Run:
    """A training run: the network, its running mean, optimiser and files."""

    def __init__(self, task: Task, options: argparse.Namespace) -> None:
        torch.manual_seed(options.seed)
        torch.set_num_threads(options.threads)
        self.task, self.options = task, options
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.net = task.net.to(self.device, memory_format=torch.channels_last)
        self.mean = copy.deepcopy(self.net)
        self.optimizer = torch.optim.AdamW(
            self.net.parameters(), options.rate, weight_decay=task.weight_decay
        )
        self.step = 0
        self.rows: list[dict[str, float]] = []
        if options.resume:
            state = torch.load(options.resume, map_location=self.device)
            self.net.load_state_dict(state["net"])
            self.mean.load_state_dict(state["mean"])
            if "optimizer" in state:
                self.optimizer.load_state_dict(state["optimizer"])
            self.step, self.rows = state["step"], state["rows"]
        options.out.mkdir(parents=True, exist_ok=True)

    def train(self) -> None:
        """Train for ``--minutes``; evaluate and save every ``--every`` minutes and at the end."""
        options, began, losses = self.options, time.monotonic(), []
        # Spawned: a fork of a process that has computed with threads can wait for them for ever.
        loader = DataLoader(
            self.task.stream(self.step),
            options.batch,
            num_workers=options.workers,
            prefetch_factor=6,
            multiprocessing_context="spawn",
        )
        due, first = options.every, self.step
        self.report(float("nan"), 0.0)
        for batch in loader:
            minutes = (time.monotonic() - began) / 60
            if minutes >= options.minutes:
                break
            for group in self.optimizer.param_groups:
                group["lr"] = learning_rate(options.rate, self.step - first, minutes / options.minutes)
            losses.append(self.update(tuple(part.to(self.device) for part in batch)))
            if minutes >= due:
                self.report(sum(losses) / len(losses), minutes)
                due, losses = due + options.every, []
        self.report(sum(losses) / max(1, len(losses)), options.minutes)

    def update(self, batch: tuple[Tensor, ...]) -> float:
        """One step; returns its loss."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=not self.options.f32):
            loss = self.task.loss(self.net, batch)
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
        row |= self.task.figures(self.mean, self.device)
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
        plot(self.rows, self.task.panels, self.options.out / "curves.png")
        self.task.export(self.mean, self.options.out / f"{self.task.name}.onnx")


def plot(rows: list[dict[str, float]], panels: tuple[tuple[str, ...], ...], path: Path) -> None:
    """The figures over steps, one panel for each group of names."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - only training draws

    figure = Figure((4 * len(panels), 4), layout="constrained")
    steps = [row["step"] for row in rows]
    for panel, beginnings in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        for name in (name for name in rows[-1] if name.startswith(beginnings)):
            panel.plot(steps, [row[name] for row in rows], marker=".", label=name)
        panel.set_xlabel("step")
        panel.legend(fontsize=7)
    figure.savefig(path, dpi=90)
