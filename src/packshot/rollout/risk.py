"""How likely a photo is a bad publication, told from its trail.

A logistic regression with a ridge penalty on figures of the trail, small enough to be fitted every night and
kept as JSON. With few labels it stays near what is known without any, the photo's own score. It only *ranks*
photos: what is promised about them is settled by :mod:`packshot.rollout.conformal`, on other labels.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from packshot.errors import PackshotError

LEAST = 5
"""So many bad and so many good labels are needed before anything is learnt from them."""

_CODES = (
    *("low_resolution", "low_effective_resolution", "pixelated", "blurry", "oversharpened", "noisy"),
    *("jpeg_artifacts", "dark", "light", "clipped", "grayscale", "border", "not_white_background"),
    *("frame_fill", "near_duplicate", "upscale_declined", "crop_unsure", "printed_text"),
)
_METHODS = ("filler_flat", "filler_texture", "filler_structure")
_PENALTY = 10.0  # of the square of a weight; figures are scaled to a deviation of 1
_CERTAIN = 0.02  # a score is never taken for a smaller or a larger probability than this leaves
_UNLIKELY = 0.0025  # a kept line is never taken for less likely an overlay than this
_ROUNDS = 50  # of Newton's method, which needs about ten
_SETTLED = 1e-9


class TrailError(PackshotError):
    """A photo's risk cannot be told from this trail: {detail}. Give the body as the ledger keeps it."""

    code = "invalid_trail"


class ModelError(PackshotError):
    """The risk model cannot be read: {detail}. Fit it anew from the labels."""

    code = "invalid_risk_model"


@dataclass(frozen=True, slots=True)
class Example:
    """What a model learns from: the figures of a trail (see :func:`figures`), and whether it was bad."""

    figures: Mapping[str, float]
    bad: bool


def figures(
    body: Mapping[str, Any], *, edge_fidelity: float | None = None, conservative: bool = False
) -> dict[str, float]:
    """What is told from a trail, by name; most lie between 0 and 1.

    Args:
        body: :meth:`packshot.trail.Trail.as_dict`, with ``size_before`` as the ledger adds it.
        edge_fidelity: of the output, 0..1; None where it is undefined or nothing was changed.
        conservative: whether the photo's category is treated conservatively.

    Raises:
        TrailError: the trail lacks a part or holds something else in its place.
    """
    try:
        made = {
            **_standing(body["findings_after"]),
            **_overlays(body["findings_before"]),
            **_unreported(body["findings_after"]),
            **_treated(body["steps"], body["size_before"]),
            "gap": _log_odds(1.0 - float(body["score_after"])),
            "gap_before": 1.0 - float(body["score_before"]),
            "size": math.log2(max(body["size_before"] or (1000,)) / 1000),
            "edges_lost": 0.0 if edge_fidelity is None else 1.0 - edge_fidelity,
            "conservative": float(conservative),
        }
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        raise TrailError(detail=f"{type(error).__name__} at {error}") from error
    wrong = [name for name, value in made.items() if not math.isfinite(value)]
    if wrong:
        raise TrailError(detail=f"{wrong[0]} is not a finite number")
    return made


@dataclass(frozen=True, slots=True)
class RiskModel:
    """Gives a photo's risk.

    Attributes:
        basis: in plain words, what the risk rests on.
        labels, bad: how many labels it was fitted on, and how many of them were bad.
        intercept: log-odds that are added.
        weights: log-odds a unit, by the name of the figure; a figure without one counts nothing.
    """

    basis: str
    labels: int
    bad: int
    intercept: float
    weights: Mapping[str, float]

    def risk(self, told: Mapping[str, float]) -> float:
        """Estimated probability, 0..1, that the photo with these :func:`figures` is a bad publication.

        Raises:
            TrailError: a figure that the model weighs is missing.
        """
        missing = sorted(set(self.weights) - set(told))
        if missing:
            raise TrailError(detail=f"figure {missing[0]} is missing")
        odds = self.intercept + math.fsum(weight * told[name] for name, weight in self.weights.items())
        return float(expit(odds))

    def as_dict(self) -> dict[str, Any]:
        """JSON-compatible form; the inverse of :meth:`from_dict`."""
        return {
            "basis": self.basis,
            "labels": self.labels,
            "bad": self.bad,
            "intercept": self.intercept,
            "weights": dict(self.weights),
        }

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Self:
        """The model that :meth:`as_dict` gave.

        Raises:
            ModelError: it is something else.
        """
        try:
            weights = {str(name): float(weight) for name, weight in kept["weights"].items()}
            model = cls(
                str(kept["basis"]), int(kept["labels"]), int(kept["bad"]), float(kept["intercept"]), weights
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ModelError(detail=f"{type(error).__name__} at {error}") from error
        if not all(map(math.isfinite, (model.intercept, *weights.values()))):
            raise ModelError(detail="a weight is not a finite number")
        return model


def fit(examples: Sequence[Example]) -> RiskModel:
    """The model with the best penalised likelihood; equal examples give an equal model.

    The penalty draws it towards the odds that the score gives, so that few labels change little. With fewer
    than ``LEAST`` bad or good ones it *is* the score, and its basis says so.

    Raises:
        TrailError: the examples do not all have the same figures.
    """
    bad = sum(example.bad for example in examples)
    if min(bad, len(examples) - bad) < LEAST:
        count = f"{len(examples)} labels, {bad} of them bad"
        basis = f"one minus the photo's score: {count}, are too few to learn from"
        return RiskModel(basis, len(examples), bad, 0.0, {"gap": 1.0})
    names = sorted(examples[0].figures)
    if any(sorted(example.figures) != names for example in examples):
        raise TrailError(detail="the examples do not all have the same figures")
    table = np.array([[example.figures[name] for name in names] for example in examples], np.float64)
    outcome = np.array([example.bad for example in examples], np.float64)
    spread = table.std(0)
    varying = spread > 0
    scaled = (table[:, varying] - table[:, varying].mean(0)) / spread[varying]
    known = np.array([name == "gap" for name in names])
    start = np.where(known, spread, 0.0)[varying]  # the score's own odds, in scaled units
    inner, offset = _newton(scaled, outcome, start)
    unscaled = inner / spread[varying]
    intercept = offset - float(unscaled @ table[:, varying].mean(0))
    kept = [name for name, moves in zip(names, varying, strict=True) if moves]
    weights = {name: float(weight) for name, weight in zip(kept, unscaled, strict=True)}
    basis = f"{len(examples)} labels, {bad} of them bad, and the photo's score"
    return RiskModel(basis, len(examples), bad, intercept, weights)


def _newton(
    table: NDArray[np.float64], outcome: NDArray[np.float64], prior: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """Weights and intercept that maximise the likelihood less half the penalty of ``weights - prior``."""
    design = np.column_stack([table, np.ones(len(table))])
    centre = np.append(prior, 0.0)
    penalty = np.append(np.full(table.shape[1], _PENALTY), 0.0)
    weights = np.append(prior, logit(outcome.mean()))
    for _ in range(_ROUNDS):
        likely = expit(design @ weights)
        gradient = design.T @ (outcome - likely) - penalty * (weights - centre)
        curvature = (design * (likely * (1.0 - likely))[:, None]).T @ design + np.diag(penalty + _SETTLED)
        step = np.linalg.solve(curvature, gradient)
        # A full step can overshoot where the odds are far out; half a unit of log-odds a photo cannot.
        reach = float(np.abs(design @ step).max())
        weights = weights + step * min(1.0, 5.0 / max(reach, _SETTLED))
        if reach < _SETTLED:
            break
    return weights[:-1], float(weights[-1])


def _standing(findings: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """What stands on the output: a half for a code that is there, and up to 1 with its score."""
    seen = dict.fromkeys(_CODES, 0.0)
    other = 0.0
    for finding in findings:
        strength = 0.5 + 0.5 * float(finding["score"])
        if finding["code"] in seen:
            seen[finding["code"]] = max(seen[finding["code"]], strength)
        elif finding["severity"] != "info":
            other = max(other, strength)
    lines = sum(float(f["evidence"].get("lines", 0)) for f in findings if f["code"] == "printed_text")
    return {**seen, "other": other, "printed_lines": math.log1p(lines)}


def _overlays(findings: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """What lay over the input."""
    overlays = [finding for finding in findings if finding["code"] == "overlay_text"]
    doubts = [1.0 - float(finding["score"]) for finding in overlays]
    plates = [finding for finding in overlays if finding["evidence"].get("plate")]
    return {
        "overlays": math.log1p(len(overlays)),
        "overlay_doubt": max(doubts, default=0.0),
        "plates": math.log1p(len(plates)),
    }


def _unreported(findings: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """What may lie over the output although no finding says so; 0 where the trail does not tell."""
    kept = [f["evidence"] for f in findings if f["code"] in ("printed_text", "unread_text")]
    strokes = [f["evidence"] for f in findings if f["code"] == "faint_strokes"]
    odds = [float(evidence.get("overlay_odds", 0.0)) for evidence in kept]
    return {
        "kept_odds": _above(max(odds, default=0.0), _UNLIKELY),
        "strokes": _above(max((float(one["strongest"]) for one in strokes), default=0.0), _CERTAIN),
        "strokes_beside_edge": _above(
            max((float(one["beside_edge"]) for one in strokes), default=0.0), _CERTAIN
        ),
    }


def _treated(steps: Sequence[Mapping[str, Any]], size: Sequence[int] | None) -> dict[str, float]:
    """What was done, and how sure the treatments were."""
    notes = [finding for step in steps for finding in step["findings"]]
    erased = [note["evidence"] for note in notes if note["code"] == "erased"]
    gains = [float(evidence["expected_improvement"]) for evidence in erased]
    enlarged = [note["evidence"] for note in notes if note["code"] == "upscaled"]
    changed = max((step["changed_pixels"] or 0 for step in steps), default=0)
    outcomes = [step["outcome"] for step in steps]
    return {
        "erased": math.log1p(len(erased)),
        "small_gain": max((math.exp(-max(gain, 0.0) / 5.0) for gain in gains), default=0.0),
        **{name: float(any(one["method"] == name for one in erased)) for name in _METHODS},
        "changed": math.sqrt(changed / (size[0] * size[1])) if size else 0.0,
        "undone": float(any(outcome in ("undone", "partly_undone") for outcome in outcomes)),
        "enlarged": max((math.log2(float(one["factor"])) for one in enlarged), default=0.0),
        "network": max((float(one["network_share"]) for one in enlarged), default=0.0),
    }


def _above(probability: float, least: float) -> float:
    """By how much the log-odds of a probability exceed those of ``least``; 0 below it."""
    return float(logit(min(max(probability, least), 1.0 - least)) - logit(least))


def _log_odds(probability: float) -> float:
    return float(logit(min(max(probability, _CERTAIN), 1.0 - _CERTAIN)))
