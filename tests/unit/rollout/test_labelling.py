"""Which photos a person is asked about."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from packshot.rollout.conformal import Kind, Label, SettingError, control
from packshot.rollout.labelling import Part, Sampling, pooled

SAMPLING = Sampling("shop", floor=0.02, edge=0.3)
DIGESTS = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(20_000)]


@given(st.sampled_from(Part), st.floats(0, 1), st.floats(0.001, 1))
def test_every_photo_has_a_chance(part: Part, risk: float, threshold: float) -> None:
    chance = SAMPLING.chance(part, risk, threshold)
    assert 0.02 <= chance <= 1
    if risk < threshold:
        assert chance <= 0.3


@given(st.sampled_from(Part), st.floats(0, 1), st.floats(0, 1), st.floats(0.001, 1))
def test_more_risk_is_never_asked_about_less(part: Part, one: float, other: float, threshold: float) -> None:
    low, high = sorted((one, other))
    assert SAMPLING.chance(part, low, threshold) <= SAMPLING.chance(part, high, threshold)


@pytest.mark.parametrize("part", Part)
def test_what_goes_to_a_person_anyway_is_labelled(part: Part) -> None:
    for risk, threshold in ((None, 0.5), (0.0, None), (0.5, 0.5), (0.9, 0.5), (None, None)):
        assert SAMPLING.chance(part, risk, threshold) == 1.0
        assert SAMPLING.asks(DIGESTS[0], 1.0)


def test_only_what_the_model_learns_from_is_drawn_more_near_the_threshold() -> None:
    assert SAMPLING.chance(Part.CALIBRATE, 0.49, 0.5) == 0.02
    assert SAMPLING.chance(Part.FIT, 0.125, 0.5) == pytest.approx(0.15)
    assert SAMPLING.chance(Part.FIT, 0.0, 0.5) == 0.02


@pytest.mark.parametrize("chance", [0.02, 0.3, 0.8])
def test_as_many_are_asked_about_as_the_chance_says(chance: float) -> None:
    share = np.mean([SAMPLING.asks(digest, chance) for digest in DIGESTS])
    assert share == pytest.approx(chance, abs=4 * (chance * (1 - chance) / len(DIGESTS)) ** 0.5)


def test_a_larger_chance_only_adds_photos() -> None:
    asked = [{d for d in DIGESTS if SAMPLING.asks(d, chance)} for chance in (0.02, 0.1, 0.5)]
    assert asked[0] < asked[1] < asked[2]


def test_part_and_draw_do_not_depend_on_each_other() -> None:
    fitted = [digest for digest in DIGESTS if SAMPLING.part(digest) is Part.FIT]
    assert len(fitted) / len(DIGESTS) == pytest.approx(0.3, abs=0.015)
    assert np.mean([SAMPLING.asks(digest, 0.1) for digest in fitted]) == pytest.approx(0.1, abs=0.02)


def test_the_answer_is_the_same_on_every_machine_and_another_with_another_salt() -> None:
    answers = "".join("01"[SAMPLING.asks(digest, 0.5)] for digest in DIGESTS[:32])
    assert answers == "11111000000011011110010111001100"
    other = Sampling("other", floor=0.02, edge=0.3)
    assert any(other.asks(d, 0.5) != SAMPLING.asks(d, 0.5) for d in DIGESTS[:32])


def test_photos_of_one_risk_are_told_from_their_labels_however_they_were_drawn() -> None:
    """A first period in which a person saw all photos, then one in which few were asked about."""
    rng = np.random.default_rng(0)
    shares = []
    for _ in range(60):
        risk = rng.uniform(0, 0.2, 6000)
        bad = rng.random(6000) < risk
        chances = [1.0] * 1000 + [SAMPLING.chance(Part.CALIBRATE, float(r), 0.1) for r in risk[1000:]]
        labels = []
        for place in np.flatnonzero(rng.random(6000) < chances):
            later = SAMPLING.chance(Part.CALIBRATE, float(risk[place]), 0.1)
            chance = pooled([(1000, 1.0), (5000, later)])
            labels.append(Label(float(risk[place]), bad=bool(bad[place]), chance=chance))
        found = control(labels, 0.05, Kind.EXPECTED, floor=pooled([(1000, 1.0), (5000, 0.02)]))
        assert found.threshold is not None
        shares.append(found.threshold**2 / 0.4)
    assert np.mean(shares) <= 0.05 + 3 * np.std(shares) / 60**0.5
    assert np.mean(shares) >= 0.04


def test_pooling_one_period_changes_nothing() -> None:
    assert pooled([(7, 0.3)]) == pytest.approx(0.3)
    assert pooled([(0, 1.0), (10, 0.02)]) == pytest.approx(0.02)


def test_undefined_input_is_refused() -> None:
    for floor, edge, fit in (
        (0.0, 0.5, 0.5),
        (0.5, 0.2, 0.5),
        (0.1, 1.5, 0.5),
        (0.1, 0.5, 0.0),
        (0.1, 0.5, 1.0),
    ):
        with pytest.raises(SettingError):
            Sampling("x", floor, edge, fit)
    for risk in (-0.1, 1.1, float("nan")):
        with pytest.raises(SettingError, match="risk"):
            SAMPLING.chance(Part.FIT, risk, 0.5)
    with pytest.raises(SettingError, match="photos"):
        pooled([])
    with pytest.raises(SettingError, match="photos"):
        pooled([(0, 1.0)])
