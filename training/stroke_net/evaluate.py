"""The fixed held-out set and the figures that training is watched by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from packshot.photo import Pixels
from packshot.simulate import OverlayKind, stamp
from packshot.simulate.stamp import through_jpeg
from training.stroke_net.data import COVERED, photos, read
from training.stroke_net.net import MULTIPLE, StrokeNet
from training.stroke_net.scenes import with_scene

SIDE = 352
"""Held-out photos are resized to this shorter side and cropped to a multiple of 32."""

MARKED = 0.5
"""A pixel counts as marked from this probability on."""

ALARM = 5e-4
"""A clean photo of which a larger share is marked is a false alarm."""


@dataclass(frozen=True, slots=True)
class Case:
    """A held-out photo with the truth: kind of overlay (or ``clean``, ``scene``) and covered pixels."""

    kind: str
    pixels: Pixels
    covered: NDArray[np.bool_]


def held_out(root: Path, each: int = 6) -> list[Case]:
    """``each`` stamped photos of every kind, half of the held-out photos clean, a quarter with scene text."""
    paths = [path for folder in photos(root, held_out=True).values() for path in folder]
    clean = [_reduced(read(path)) for path in paths]
    nothing = [np.zeros(pixels.shape[:2], bool) for pixels in clean]
    cases = [Case("clean", pixels, none) for pixels, none in zip(clean[::2], nothing[::2], strict=True)]
    for index in range(0, len(clean), 4):
        scene = with_scene(clean[index], np.random.default_rng(index))
        cases.append(Case("scene", scene, nothing[index]))
    for number, kind in enumerate(OverlayKind):
        for index in range(each):
            photo = _reduced(read(paths[(number * each + index) * 7 % len(paths)]), 2)
            cases.append(_stamped(photo, kind, index))
    return cases


def figures(net: StrokeNet, cases: Sequence[Case], device: torch.device) -> dict[str, float]:
    """Mean IoU and precision over stamped photos, recall per kind, share of false alarms on the others."""
    iou, precision, recall, alarms = [], [], {}, {}
    net.eval()
    for case in cases:
        marked = probability(net, case.pixels, device) > MARKED
        if not case.covered.any():
            alarms.setdefault(case.kind, []).append(marked.mean() > ALARM)
            continue
        both = (marked & case.covered).sum()
        iou.append(both / (marked | case.covered).sum())
        near = cv2.dilate(case.covered.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
        precision.append((marked & near).sum() / max(1, marked.sum()))
        recall.setdefault(case.kind, []).append(both / case.covered.sum())
    net.train()
    result = {"iou": float(np.mean(iou)), "precision": float(np.mean(precision))}
    result |= {f"alarms_{kind}": float(np.mean(found)) for kind, found in alarms.items()}
    return result | {f"recall_{kind}": float(np.mean(found)) for kind, found in recall.items()}


@torch.no_grad()
def probability(net: StrokeNet, pixels: Pixels, device: torch.device) -> NDArray[np.float32]:
    """Probability of overlay per pixel, float32 (H, W)."""
    photo = torch.from_numpy(pixels.transpose(2, 0, 1).astype(np.float32) / 255)[None].to(device)
    return torch.sigmoid(net(photo))[0, 0].cpu().numpy()


def _stamped(photo: Pixels, kind: OverlayKind, seed: int) -> Case:
    """A photo of twice the size, stamped, reduced and compressed: photo and overlay share their history."""
    stamped = stamp(photo, kind, seed)
    size = (photo.shape[1] // 2, photo.shape[0] // 2)
    pixels = cv2.resize(stamped.pixels, size, interpolation=cv2.INTER_AREA)
    alpha = cv2.resize(stamped.alpha, size, interpolation=cv2.INTER_AREA)
    return Case(kind.value, through_jpeg(pixels, 85), alpha > COVERED)


def _reduced(photo: Pixels, times: int = 1) -> Pixels:
    """The photo at ``times`` the size of the set, sides multiples of ``times * MULTIPLE``."""
    factor = times * SIDE / min(photo.shape[:2])
    size = (round(photo.shape[1] * factor), round(photo.shape[0] * factor))
    small = cv2.resize(photo, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC)
    step = times * MULTIPLE
    rows, columns = (length // step * step for length in small.shape[:2])
    return np.ascontiguousarray(small[: min(rows, times * 2 * SIDE // step * step), :columns])
