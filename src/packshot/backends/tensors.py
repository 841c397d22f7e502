"""Pixels as the tensors that image networks read, and back."""

from __future__ import annotations

import numpy as np

from packshot.backends.openvino_runtime import Tensor
from packshot.photo import Pixels


def as_tensor(pixels: Pixels) -> Tensor:
    """RGB uint8 (H, W, 3) as float32 (1, 3, H, W), 0..1."""
    return np.ascontiguousarray(pixels.transpose(2, 0, 1)[None], np.float32) / np.float32(255)


def as_pixels(tensor: Tensor) -> Pixels:
    """Float32 (1, 3, H, W), nominally 0..1, as RGB uint8 (H, W, 3): clipped and rounded."""
    levels = np.clip(tensor[0] * np.float32(255) + np.float32(0.5), 0, 255)
    return np.ascontiguousarray(levels.astype(np.uint8).transpose(1, 2, 0))
