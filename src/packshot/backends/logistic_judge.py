"""Overlay or printed on the product, from measurements alone: logistic regression."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from packshot.backend import Card, Places


class LogisticJudge:
    """One weight a trait, fitted on simulated overlays and on text printed on groceries and clothes.

    An ``OverlayJudge`` that needs no pixels; training/overlay_judge/README.md is its card.
    """

    card = Card(name="overlay-judge-logistic", version="1", licence="Apache-2.0", precision="f32")

    def log_odds(self, places: Places) -> NDArray[np.float32]:
        """Log-odds of an overlay for each of N places, float32 (N,)."""
        weights = _weights()
        odds = np.full(len(places), weights["bias"], np.float32)
        for name, values in places.traits.items():
            odds += np.float32(weights[name]) * values
        return odds


@cache
def _weights() -> Mapping[str, float]:
    text = files("packshot.backends").joinpath("logistic_judge.json").read_text(encoding="utf-8")
    weights: Mapping[str, float] = json.loads(text)
    return weights
