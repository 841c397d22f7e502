"""How likely a photo is a bad publication."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import expit, logit

from packshot.finding import Box, Finding, Region, Severity
from packshot.photo import Photo
from packshot.pipeline import Pipeline
from packshot.recipe import Recipe
from packshot.rollout.risk import LEAST, Example, ModelError, RiskModel, TrailError, figures, fit
from packshot.trail import Outcome, Step, Trail
from packshot.verdict import Decision, Verdict, quality_score

OVERLAY = Finding(
    "overlay_text", Severity.ERROR, 0.97, "A caption.", Region(Box(5, 5, 50, 20)), {"plate": True}
)
PRINTED = Finding("printed_text", Severity.INFO, 0.0, "3 lines.", evidence={"lines": 3, "text": "BREW"})
KEPT = Finding("printed_text", Severity.INFO, 0.0, "1 line.", evidence={"lines": 1, "overlay_odds": 0.5})
UNREAD = Finding("unread_text", Severity.INFO, 0.8, "1 place.", evidence={"lines": 1, "overlay_odds": 0.8})
FAINT = Finding(
    "faint_strokes",
    Severity.INFO,
    0.5,
    "Strokes.",
    Region(Box(5, 5, 50, 20)),
    {"strongest": 0.5, "beside_edge": 0.1, "share": 0.01},
)
ERASED = Finding(
    "erased",
    Severity.INFO,
    0.97,
    "Erased.",
    evidence={"method": "filler_texture", "expected_improvement": 5.0},
)
UPSCALED = Finding(
    "upscaled", Severity.INFO, 0.4, "Enlarged.", evidence={"factor": 2.0, "network_share": 0.4}
)


def body(*after: Finding, before: tuple[Finding, ...] = (), steps: tuple[Step, ...] = ()) -> dict[str, Any]:
    """What the ledger keeps of a photo of 400 x 300 px."""
    trail = Trail(
        "a.jpg",
        "0" * 64,
        "1" * 64,
        Decision(Verdict.PUBLISH),
        findings_before=before,
        findings_after=after,
        score_before=quality_score(before),
        score_after=quality_score(after),
        steps=steps,
    )
    return json.loads(json.dumps(trail.as_dict() | {"size_before": [400, 300], "changed": trail.changed}))


def warning(code: str, score: float) -> Finding:
    return Finding(code, Severity.WARNING, score, f"{code}.")


def examples(count: int, seed: int = 0) -> list[Example]:
    """Photos that are bad the more, the noisier they are; the size says nothing."""
    rng, made = np.random.default_rng(seed), []
    for _ in range(count):
        strength = float(rng.random())
        told = figures(body(warning("noisy", strength))) | {"size": float(rng.normal())}
        made.append(Example(told, bad=bool(rng.random() < expit(8 * strength - 6))))
    return made


def test_a_photo_without_findings_has_figures_of_nought() -> None:
    told = figures(body())
    assert {name for name, value in told.items() if value} == {"gap", "size"}


def test_figures_tell_what_was_found_and_done() -> None:
    steps = (
        Step("erase_text", Outcome.PARTLY_UNDONE, 1, 1, changed_pixels=1200, findings=(ERASED, ERASED)),
        Step("upscale", Outcome.APPLIED, 1, 1, changed_pixels=None, findings=(UPSCALED,)),
    )
    trail = body(PRINTED, warning("dark", 0.5), warning("brand_new", 1.0), before=(OVERLAY,), steps=steps)
    told = figures(trail, edge_fidelity=0.9, conservative=True)
    expected = {
        "dark": 0.75,
        "other": 1.0,
        "printed_text": 0.5,
        "printed_lines": np.log(4),
        "overlays": np.log(2),
        "overlay_doubt": 0.03,
        "plates": np.log(2),
        "erased": np.log(3),
        "small_gain": np.exp(-1),
        "filler_texture": 1.0,
        "filler_flat": 0.0,
        "changed": 0.1,
        "undone": 1.0,
        "enlarged": 1.0,
        "network": 0.4,
        "edges_lost": 0.1,
        "conservative": 1.0,
        "size": np.log2(0.4),
    }
    assert {name: told[name] for name in expected} == pytest.approx(expected)


def test_what_was_kept_or_not_read_is_told_in_log_odds() -> None:
    told = figures(body(KEPT, UNREAD, FAINT))
    least = logit(0.0025)
    assert told["kept_odds"] == pytest.approx(logit(0.8) - least)
    assert figures(body(KEPT))["kept_odds"] == pytest.approx(-least)
    assert told["strokes"] == pytest.approx(-logit(0.02))
    assert told["strokes_beside_edge"] == pytest.approx(logit(0.1) - logit(0.02))
    assert told["other"] == 0
    assert told["gap"] == figures(body())["gap"]


def test_older_trails_and_unlikely_lines_tell_nothing() -> None:
    unlikely = replace(KEPT, evidence={"lines": 1, "overlay_odds": 0.001})
    for trail in (body(PRINTED), body(unlikely)):
        told = figures(trail)
        assert told["printed_text"] == 0.5
        assert {told[name] for name in ("kept_odds", "strokes", "strokes_beside_edge")} == {0.0}


@pytest.mark.parametrize("likely", [0.0, 1.0])
def test_certainties_stay_finite(likely: float) -> None:
    strokes = {"strongest": likely, "beside_edge": likely, "share": likely}
    sure = replace(UNREAD, evidence={"lines": 1, "overlay_odds": likely})
    told = figures(body(sure, replace(FAINT, evidence=strokes)))
    for name in ("kept_odds", "strokes", "strokes_beside_edge"):
        assert 0.0 <= told[name] < 12.0


@pytest.mark.parametrize(
    "wrong",
    [
        replace(UNREAD, evidence={"overlay_odds": "likely"}),
        replace(UNREAD, evidence={"overlay_odds": float("nan")}),
        replace(KEPT, evidence={"overlay_odds": None}),
        replace(FAINT, evidence={"strongest": 0.5}),
    ],
)
def test_notes_that_are_none_are_refused(wrong: Finding) -> None:
    with pytest.raises(TrailError, match="body as the ledger keeps it"):
        figures(body(wrong))


def test_figures_can_be_told_of_what_the_pipeline_writes() -> None:
    recipe = Recipe.from_dict({"inspect": ["noise", "exposure", "low_resolution"], "stages": []})
    rng = np.random.default_rng(0)
    noisy = np.clip(rng.normal(128, 40, (200, 300, 3)), 0, 255).astype(np.uint8)
    trail = Pipeline.from_recipe(recipe).run(Photo.from_array(noisy))
    told = figures(trail.as_dict() | {"size_before": [300, 200]})
    assert told["low_resolution"] > 0.5
    assert told["gap"] > figures(body())["gap"]


def test_every_body_has_the_same_figures() -> None:
    whole = body(PRINTED, before=(OVERLAY,), steps=(Step("x", Outcome.APPLIED, 1, 1, findings=(ERASED,)),))
    unreadable = body() | {"size_before": None}
    assert set(figures(body())) == set(figures(whole)) == set(figures(unreadable))


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"findings_after": None},
        {"findings_after": [{"code": "dark"}]},
        {"score_after": "good"},
        {"score_after": float("nan")},
        {"score_before": float("inf")},
        {"steps": [{"outcome": "applied"}]},
        {"size_before": ["wide", "high"]},
        {"size_before": [0, 0]},
        {"size_before": 7},
    ],
)
def test_what_is_no_trail_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(TrailError, match="body as the ledger keeps it"):
        figures(body() | wrong if wrong else {})


def test_few_labels_leave_the_score_and_say_so() -> None:
    for few in ([], examples(LEAST), [replace(one, bad=False) for one in examples(500)]):
        model = fit(few)
        assert model.basis.startswith("one minus the photo's score: ")
        assert model.risk(figures(body(warning("dark", 1.0)))) == pytest.approx(0.1)
        assert model.risk(figures(body())) == pytest.approx(0.02)


def test_it_learns_what_makes_a_photo_bad() -> None:
    learnt = fit(examples(600))
    assert learnt.basis == f"600 labels, {learnt.bad} of them bad, and the photo's score"
    low, high = (learnt.risk(figures(body(warning("noisy", strength)))) for strength in (0.1, 0.95))
    assert low < 0.1
    assert high > 0.6
    unseen = examples(2000, seed=1)
    assert np.mean([learnt.risk(one.figures) for one in unseen]) == pytest.approx(
        np.mean([one.bad for one in unseen]), abs=0.05
    )


def test_the_penalised_likelihood_is_the_best_there_is() -> None:
    made = examples(200)
    model = fit(made)
    table = np.array([[one.figures["noisy"], one.figures["gap"], one.figures["size"]] for one in made])
    bad = np.array([one.bad for one in made], float)
    spread, middle = table.std(0), table.mean(0)
    scaled = (table - middle) / spread
    prior = np.array([0.0, spread[1], 0.0])

    def cost(weights: np.ndarray) -> float:
        odds = scaled @ weights[:3] + weights[3]
        return float(np.logaddexp(0, odds).sum() - bad @ odds + 5 * ((weights[:3] - prior) ** 2).sum())

    best = minimize(cost, np.zeros(4), method="BFGS", options={"gtol": 1e-6}).x
    found = np.array([model.weights[name] for name in ("noisy", "gap", "size")]) * spread
    assert found == pytest.approx(best[:3], abs=1e-3)


def test_separable_labels_stay_finite() -> None:
    made = [replace(one, bad=one.figures["noisy"] > 0.8) for one in examples(300)]
    model = fit(made)
    assert all(np.isfinite(list(model.weights.values())))
    risks = [model.risk(one.figures) for one in made]
    assert max(r for r, one in zip(risks, made, strict=True) if not one.bad) < 0.7


def test_equal_labels_give_an_equal_model_that_survives_json() -> None:
    model = fit(examples(100))
    assert model == fit(examples(100))
    assert RiskModel.from_dict(json.loads(json.dumps(model.as_dict()))) == model


@given(st.dictionaries(st.sampled_from(sorted(figures(body()))), st.floats(-1e6, 1e6)))
def test_a_risk_is_a_probability(changed: dict[str, float]) -> None:
    model = RiskModel("test", 1, 1, -1.0, dict.fromkeys(figures(body()), 3.0))
    assert 0.0 <= model.risk(figures(body()) | changed) <= 1.0


def test_a_missing_figure_is_said() -> None:
    model = fit(examples(100))
    with pytest.raises(TrailError, match="figure noisy is missing"):
        model.risk({name: value for name, value in examples(1)[0].figures.items() if name != "noisy"})
    with pytest.raises(TrailError, match="same figures"):
        fit([*examples(100), Example({"noisy": 1.0}, bad=True)])


@pytest.mark.parametrize(
    "kept",
    [
        {},
        {"weights": None},
        {"weights": {"noisy": "much"}},
        {"weights": {"noisy": float("nan")}},
        {"intercept": float("inf")},
        {"labels": "many"},
    ],
)
def test_what_is_no_model_is_refused(kept: dict[str, Any]) -> None:
    whole = RiskModel("test", 1, 1, 0.0, {"noisy": 1.0}).as_dict()
    with pytest.raises(ModelError, match="Fit it anew"):
        RiskModel.from_dict(whole | kept if kept else {})
