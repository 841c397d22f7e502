"""Overlay or printed on the product? A logistic judge of one line of text.

The weights were fitted on simulated overlays and on text that is printed on groceries and clothes;
training/overlay_judge/README.md is the card. Priors that no simulation teaches stand below, in plain sight.
When unsure, the answer is 'printed': flagging or erasing what belongs to the product is the mistake that
sellers complain about most.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from importlib.resources import files
from typing import Literal

import numpy as np

from packshot.backend import Line
from packshot.inspection.overlay.traits import Traits
from packshot.inspection.overlay.words import Purpose, purpose, tells_overlay

THRESHOLDS: Mapping[Literal["normal", "conservative"], float] = {"normal": 0.94, "conservative": 0.97}
"""Probability from which a line counts as overlay; docs/benchmarks.md has what each finds and mistakes."""

# Priors, added to the log-odds; chosen on dev photos.
_ON_SUBJECT = -6.0  # times Traits.on_subject: who stamps a packshot finds room beside the product
_BESIDE_SUBJECT = 5.0  # legible text that stands on the plain backdrop cannot be printed on anything
_TELLING_WORDS = 5.0  # 'top reviewed', 'shot on ...', '© ...'
_DATE_AT_EDGE = 5.0  # cameras stamp the date beside an edge; expiry dates stand on the product
_HARDLY_LEGIBLE = -2.0  # what is hard to read is mostly ornament

_LEGIBLE = 0.5  # the reader's certainty below which 'text' is mostly texture
_SHORTEST = 2  # characters: single letters are buttons, dials and ornaments
_HARD, _CLEAR = 0.7, 0.75  # the reader's certainty below and above which the two priors on legibility hold
_AT_EDGE = 0.3  # Traits.edge_distance of a line beside the photo's edge
_BESIDE = 0.8  # share of the ring on the plain backdrop from which a line stands beside the product


def legible(line: Line) -> bool:
    """Whether a detected line is text at all."""
    return line.score > _LEGIBLE and len(line.text.strip()) >= _SHORTEST


def features(traits: Traits, line: Line) -> dict[str, float]:
    """What the weights are for: the traits by name, and how they combine."""
    return {
        **asdict(traits),
        "legibility": line.score,
        "length": min(1.0, len(line.text) / 20),
        "off_centre_x": abs(traits.centre_x - 0.5) * 2,
        "off_centre_y": abs(traits.centre_y - 0.5) * 2,
        "certainty_on_backdrop": traits.certainty * traits.ring_backdrop,
        "certainty_without_leak": traits.certainty * (1.0 - traits.leak),
    }


def overlay_probability(traits: Traits, line: Line, phrase: str) -> float:
    """Probability that the line was laid over the photo, 0..1; ``phrase`` is the line with its neighbours."""
    weights = _weights()
    log_odds = weights["bias"] + sum(weights[name] * value for name, value in features(traits, line).items())
    log_odds += _prior(traits, line, phrase)
    return float(1.0 / (1.0 + np.exp(-np.clip(log_odds, -30.0, 30.0))))


def _prior(traits: Traits, line: Line, phrase: str) -> float:
    prior = _ON_SUBJECT * traits.on_subject
    if line.score < _HARD:
        prior += _HARDLY_LEGIBLE
    if line.score > _CLEAR and traits.ring_backdrop > _BESIDE:
        prior += _BESIDE_SUBJECT
    if tells_overlay(phrase):
        prior += _TELLING_WORDS
    if purpose(line.text) is Purpose.DATE and traits.edge_distance < _AT_EDGE:
        prior += _DATE_AT_EDGE
    return prior


@cache
def _weights() -> Mapping[str, float]:
    text = files("packshot.inspection.overlay").joinpath("judge.json").read_text(encoding="utf-8")
    weights: Mapping[str, float] = json.loads(text)
    return weights
