"""Overlay or printed on the product? What a judge is shown of each place, and what is added to its word.

The judges are backends; training/overlay_judge/README.md is their card. Priors that no simulation teaches
stand below, in plain sight. When unsure, the answer is 'printed': flagging or erasing what belongs to the
product is the mistake that sellers complain about most.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Literal

import numpy as np
from scipy.special import expit

from packshot.backend import Line, OverlayJudge, Places
from packshot.inspection.overlay.crops import crops
from packshot.inspection.overlay.places import Place
from packshot.inspection.overlay.sight import Sight
from packshot.inspection.overlay.traits import Traits, measure
from packshot.inspection.overlay.words import Purpose, purpose, tells_overlay
from packshot.inspection.view import View

THRESHOLDS: Mapping[Literal["normal", "conservative"], float] = {"normal": 0.9, "conservative": 0.96}
"""Probability from which a line counts as overlay; docs/benchmarks.md has what each finds and mistakes."""

# Priors, added to the log-odds; chosen on dev photos.
_ON_SUBJECT = -6.0  # times Traits.on_subject: who stamps a packshot finds room beside the product
_BESIDE_SUBJECT = 5.0  # legible text that stands on the plain backdrop cannot be printed on anything
_TELLING_WORDS = 5.0  # 'top reviewed', 'shot on ...', '© ...'
_DATE_AT_EDGE = 5.0  # cameras stamp the date beside an edge; expiry dates stand on the product
_SIGN = -6.0  # what has no letters is texture more often than an emblem
_HARDLY_LEGIBLE = -2.0  # what is hard to read is mostly ornament

_HARD, _CLEAR = 0.7, 0.75  # the reader's certainty below and above which the two priors on legibility hold
_AT_EDGE = 0.3  # Traits.edge_distance of a line beside the photo's edge
_BESIDE = 0.8  # share of the ring on the plain backdrop from which a line stands beside the product


def features(traits: Traits, line: Line) -> dict[str, float]:
    """The traits of :class:`packshot.backend.Places`: what was measured and read, and how it combines."""
    return {
        **asdict(traits),
        "legibility": line.score,
        "length": min(1.0, len(line.text) / 20),
        "off_centre_x": abs(traits.centre_x - 0.5) * 2,
        "off_centre_y": abs(traits.centre_y - 0.5) * 2,
        "certainty_on_backdrop": traits.certainty * traits.ring_backdrop,
        "certainty_without_leak": traits.certainty * (1.0 - traits.leak),
    }


def measured(view: View, sight: Sight, found: Sequence[Place]) -> list[Traits]:
    """The traits of every place; a sign counts as one more line."""
    lines = [place.box for place in found if not place.sign]
    return [
        measure(view, place.box, sight.afar, [*lines, place.box] if place.sign else lines) for place in found
    ]


def shown(view: View, sight: Sight, found: Sequence[Place], traits: Sequence[Traits]) -> Places:
    """What a judge is shown of at least one place."""
    rows = [features(one, place.line) for one, place in zip(traits, found, strict=True)]
    columns = {name: np.array([row[name] for row in rows], np.float32) for name in rows[0]}
    return Places(*crops(view.pixels, sight, [place.box for place in found]), columns)


def overlay_probabilities(
    judges: Sequence[OverlayJudge], view: View, sight: Sight, found: Sequence[Place]
) -> list[list[float]]:
    """For each judge the probability of each place to have been laid over the photo, 0..1."""
    if not found:
        return [[] for _ in judges]
    traits = measured(view, sight, found)
    places = shown(view, sight, found, traits)
    priors = np.array([prior(one, place) for one, place in zip(traits, found, strict=True)])
    return [expit(judge.log_odds(places) + priors).tolist() for judge in judges]


def prior(traits: Traits, place: Place) -> float:
    """What is added to a judge's log-odds."""
    added = _ON_SUBJECT * traits.on_subject
    if place.sign:
        added += _SIGN
    if place.line.score < _HARD:
        added += _HARDLY_LEGIBLE
    if place.line.score > _CLEAR and traits.ring_backdrop > _BESIDE:
        added += _BESIDE_SUBJECT
    if tells_overlay(place.phrase):
        added += _TELLING_WORDS
    if purpose(place.line.text) is Purpose.DATE and traits.edge_distance < _AT_EDGE:
        added += _DATE_AT_EDGE
    return added
