"""The fixed held-out set of photos and the figures that training is watched by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image
from torch import nn

from packshot.fidelity.halo import overshoot_percent
from packshot.photo import Pixels
from training.stroke_net.data import photos, read
from training.upscale_net.data import FINEST, a_crop, spoilt

SIDE = 288
BEST = 60.0
"""PSNR, dB, from which two pictures are the same; an empty crop is enlarged without any error."""


@dataclass(frozen=True, slots=True)
class Case:
    """A truth, how it was reduced, and the small photo."""

    kind: str
    truth: Pixels
    small: Pixels


def held_out(root: Path, scale: int) -> list[Case]:
    """Photos that are never trained on, each reduced by bicubic and area average, and spoilt."""
    cases, rng = [], np.random.default_rng(3)
    for folder, paths in photos(root, held_out=True).items():
        for path in paths[:8]:
            truth = np.ascontiguousarray(a_crop(read(path), FINEST[folder], SIDE, rng))
            size = (SIDE // scale, SIDE // scale)
            bicubic = np.asarray(Image.fromarray(truth).resize(size, Image.Resampling.BICUBIC))
            area = cv2.resize(truth, size, interpolation=cv2.INTER_AREA)
            cases += [Case("bicubic", truth, bicubic), Case("area", truth, area)]
            cases.append(Case("degraded", truth, spoilt(truth, scale, rng)))
    return cases


@torch.no_grad()
def figures(net: nn.Module, cases: Sequence[Case], scale: int, device: torch.device) -> dict[str, float]:
    """PSNR over Lanczos in dB, and halo over Lanczos in per cent, for each kind of reduction."""
    net.eval()
    gains: dict[str, list[tuple[float, float]]] = {}
    for case in cases:
        photo = torch.from_numpy(case.small.transpose(2, 0, 1).astype(np.float32) / 255)[None].to(device)
        degradation = torch.full((1, 1, 1, 1), float(case.kind == "degraded"), device=device)
        large = net(photo, degradation)[0].cpu().numpy().transpose(1, 2, 0)
        result = (large * 255).round().clip(0, 255).astype(np.uint8)
        plain = np.asarray(Image.fromarray(case.small).resize((SIDE, SIDE), Image.Resampling.LANCZOS))
        halos = [overshoot_percent(p, case.truth, scale) or 0.0 for p in (result, plain)]
        signals = [min(cv2.PSNR(case.truth, p), BEST) for p in (result, plain)]
        gains.setdefault(case.kind, []).append((signals[0] - signals[1], halos[0] - halos[1]))
    net.train()
    means = {kind: np.mean(rows, 0) for kind, rows in gains.items()}
    return {f"gain_{kind}": float(mean[0]) for kind, mean in means.items()} | {
        f"halo_{kind}": float(mean[1]) for kind, mean in means.items()
    }
