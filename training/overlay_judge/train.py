"""Train the overlay judge on collected places.

python -m training.overlay_judge.train --photos PLACES --held-out PLACES --minutes 30 --out DIR

``--photos`` is a folder that ``training.overlay_judge.collect`` filled, ``--held-out`` one that it filled
with ``--held-out``. See ``training/loop.py`` for what a run writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import rankdata
from torch import Tensor, nn
from torch.nn import functional

from training import loop
from training.overlay_judge.data import CROPS, PlacesSet, collected
from training.overlay_judge.export import export
from training.overlay_judge.net import OverlayJudge

KIND_WEIGHT = 0.2
ALARMS = 0.01
"""Share of prints that may be taken for overlays, at which the share of found overlays is told."""


def loss_of(net: nn.Module, batch: tuple[Tensor, ...]) -> Tensor:
    """Cross-entropy of 'laid over', and of the kind where there is one."""
    *inputs, overlay, kind = batch
    odds, kinds = net(*(part.float() for part in inputs))
    each = functional.cross_entropy(kinds.float(), kind, ignore_index=-100, reduction="sum")
    kind_loss = each / (kind >= 0).sum().clamp(min=1)
    return functional.binary_cross_entropy_with_logits(odds.float(), overlay) + KIND_WEIGHT * kind_loss


def figures(
    net: OverlayJudge, cases: Mapping[str, NDArray[np.generic]], device: torch.device
) -> dict[str, float]:
    """Area under the curve, overlays and signs found at ``ALARMS``, and how often the kind is right."""
    odds, kinds = predicted(net, cases, device)
    overlay, kind = cases["overlay"].astype(bool), cases["kind"]
    ranks, count = rankdata(odds), int(overlay.sum())
    area = (ranks[overlay].sum() - count * (count + 1) / 2) / (count * (len(odds) - count))
    level = np.quantile(odds[~overlay], 1 - ALARMS)
    known = kind >= 0
    return {
        "auc": float(area),
        "found": float((odds[overlay] > level).mean()),
        "found_signs": float((odds[overlay & cases["sign"].astype(bool)] > level).mean()),
        "kind_right": float((kinds[known].argmax(1) == kind[known]).mean()),
    }


@torch.no_grad()
def predicted(
    net: OverlayJudge, cases: Mapping[str, NDArray[np.generic]], device: torch.device
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Log-odds (N,) and logits of kinds (N, K)."""
    net.eval()
    parts = []
    for start in range(0, len(cases["traits"]), 256):
        some = slice(start, start + 256)
        inputs = (torch.from_numpy(cases[name][some]).float().to(device) for name in (*CROPS, "traits"))
        parts.append([part.cpu().numpy() for part in net(*inputs)])
    net.train()
    odds, kinds = zip(*parts, strict=True)
    return np.concatenate(odds), np.concatenate(kinds)


def network(folder: Path) -> OverlayJudge:
    """A new network that knows how traits are spread."""
    traits = collected(folder, ("traits",))["traits"]
    net = OverlayJudge(traits.shape[1])
    net.mean.copy_(torch.from_numpy(traits.mean(0)))
    net.spread.copy_(torch.from_numpy(traits.std(0) + 0.05))
    return net


def main() -> None:
    """Read the options and run."""
    options = loop.options(__doc__, rate=2e-3, batch=64, held_out=True)
    cases = collected(options.held_out)
    task = loop.Task(
        net=network(options.photos),
        stream=lambda start: PlacesSet(options.photos, options.seed, start),
        loss=loss_of,
        figures=lambda net, device: figures(net, cases, device),
        export=export,
        name="overlay_judge",
        panels=(("loss",), ("auc", "found"), ("kind_right",)),
        weight_decay=5e-2,
    )
    loop.Run(task, options).train()


if __name__ == "__main__":
    main()
