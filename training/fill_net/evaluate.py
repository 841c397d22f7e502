"""The fixed held-out set of holes and the figures that training is watched by."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn

from training.fill_net.data import Sample, samples, tensors
from training.stroke_net.data import photos

CASES = 160
SIDE = 192


def held_out(root: Path) -> list[Sample]:
    """``CASES`` holes in photos that are never trained on."""
    split, rng, cases = photos(root, held_out=True), np.random.default_rng(7), []
    while len(cases) < CASES:
        cases.extend(list(samples(split, SIDE, rng))[:1])
    return cases


@torch.no_grad()
def figures(net: nn.Module, cases: Sequence[Sample], device: torch.device) -> dict[str, float]:
    """Mean PSNR in the hole of what was seen, of the smooth start and of the filling; texture; calibration.

    ``texture`` is the median ratio of the Laplacian's energy in the hole to the truth's (1 is right),
    ``calibration`` that of the expected to the true squared error.
    """
    net.eval()
    rows = []
    for number, case in enumerate(cases):
        observed, guess, _, hole = (part[None].to(device).float() for part in tensors(case))
        noise = torch.randn(hole.shape, generator=torch.Generator().manual_seed(number)).to(device)
        filled, error = net(observed / 255, guess / 255, hole, noise)
        result = (filled[0].cpu().numpy().transpose(1, 2, 0) * 255).round().clip(0, 255).astype(np.uint8)
        expected = float((2 * error[0, 0].cpu().numpy()[case.hole] ** 2).mean()) * 255**2
        missed = squared(result, case)
        rows.append(
            (
                decibel(squared(case.observed, case)),
                decibel(squared(case.guess, case)),
                decibel(missed),
                (energy(result, case) + 1) / (energy(case.truth, case) + 1),
                expected / max(missed, 1.0),
            )
        )
    net.train()
    seen, start, filled, _, _ = np.mean(rows, 0)
    texture, calibration = np.median(rows, 0)[3:]
    return {
        "start_seen": float(seen), "start_smooth": float(start), "psnr": float(filled),
        "texture": float(texture), "calibration": float(calibration),
    }  # fmt: skip


def squared(pixels: np.ndarray, case: Sample) -> float:
    """Mean squared difference to the truth in the hole, grey levels squared."""
    return float(((pixels[case.hole].astype(np.float32) - case.truth[case.hole]) ** 2).mean())


def decibel(error: float) -> float:
    """PSNR of a mean squared error, at most 60 dB."""
    return float(10 * np.log10(255**2 / max(error, 0.065)))


def energy(pixels: np.ndarray, case: Sample) -> float:
    """Mean squared Laplacian of luma in the hole."""
    detail = cv2.Laplacian(cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY), cv2.CV_32F)
    return float((detail[case.hole] ** 2).mean())
