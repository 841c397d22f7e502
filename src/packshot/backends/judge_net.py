"""Our own overlay judge: a small network that looks at a place, its surroundings and the photo."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from packshot.backend import Card, Places
from packshot.backends.openvino_runtime import OpenVinoNetwork
from packshot.weights import digests, path

_AT_ONCE = 16  # places: bounds what their crops need as float32


class JudgeNet:
    """Three convolutional encoders and the traits, trained on simulated overlays: an ``OverlayJudge``."""

    card = Card(
        name="overlay-judge-net",
        version="1",
        licence="Apache-2.0",
        weights=digests("overlay-judge"),
        precision="bf16",
    )

    def __init__(self) -> None:
        self._network = OpenVinoNetwork(lambda: path("overlay-judge"), "bf16")

    def log_odds(self, places: Places) -> NDArray[np.float32]:
        """Log-odds of an overlay for each of N places, float32 (N,)."""
        traits = np.column_stack([places.traits[name] for name in sorted(places.traits)])
        parts = []
        for start in range(0, len(places), _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            crops = (crop[some].astype(np.float32) for crop in (places.letters, places.around, places.photo))
            parts.append(self._network(*crops, traits[some]))
        return np.concatenate(parts) if parts else np.empty(0, np.float32)
