"""What may be published without a person, and whether the promises hold."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from packshot.rollout.conformal import Guarantee, Kind, Label, SettingError, control
from packshot.rollout.ladder import ladder

RISKS = st.one_of(st.none(), st.floats(0, 1))
LABELS = st.lists(st.builds(Label, RISKS, st.booleans(), st.floats(0.1, 1)), max_size=60)


def good(count: int, risk: float = 0.1) -> list[Label]:
    return [Label(risk, bad=False)] * count


def published_and_bad(labels: list[Label], threshold: float) -> float:
    return sum(1 / one.chance for one in labels if one.bad and one.risk is not None and one.risk < threshold)


def test_expected_needs_99_labels_for_one_per_cent() -> None:
    few, enough = control(good(98), 0.01, Kind.EXPECTED), control(good(99), 0.01, Kind.EXPECTED)
    assert (few.threshold, few.enough) == (None, 99)
    assert (enough.threshold, enough.enough, enough.automation) == (1.0, None, 1.0)
    assert enough.bound == pytest.approx(0.01)


def test_confident_needs_230_labels_for_one_per_cent() -> None:
    few, enough = control(good(229), 0.01, Kind.CONFIDENT), control(good(230), 0.01, Kind.CONFIDENT)
    assert (few.threshold, few.enough) == (None, 230)
    assert enough.threshold == 1.0
    assert enough.bound == pytest.approx(1 - 0.1 ** (1 / 230))


def test_no_labels_publish_nothing() -> None:
    for kind, enough in ((Kind.EXPECTED, 99), (Kind.CONFIDENT, 230)):
        found = control([], 0.01, kind)
        assert (found.threshold, found.enough, found.automation) == (None, enough, 0.0)
        assert not found.publishes(0.0)


def test_the_threshold_is_the_risk_of_the_first_bad_photo_that_is_too_much() -> None:
    labels = [*good(150), Label(0.3, bad=True), Label(0.5, bad=True), *good(50, 0.7)]
    found = control(labels, 0.01, Kind.EXPECTED)
    assert found.threshold == 0.5
    assert (found.publishes(0.4999), found.publishes(0.5)) == (True, False)
    assert found.bad == 1
    assert found.automation == pytest.approx(151 / 202)


def test_bad_photos_of_equal_risk_go_together() -> None:
    labels = [*good(150), Label(0.3, bad=True), Label(0.3, bad=True), *good(50, 0.3)]
    assert control(labels, 0.01, Kind.EXPECTED).threshold == 0.3


def test_when_the_safest_photo_is_bad_more_labels_are_asked_for() -> None:
    found = control([Label(0.0, bad=True), *good(120)], 0.01, Kind.EXPECTED)
    assert found.threshold is None
    assert found.enough == 199
    assert control([Label(0.0, bad=True), *good(198)], 0.01, Kind.EXPECTED).threshold == 1.0


def test_enough_counts_what_is_known_to_be_bad() -> None:
    found = control([Label(0.1, bad=True), *good(120)], 0.01, Kind.CONFIDENT)
    assert found.enough == 388  # a tail probability of 0.1 for one bad of 388 at 1 %
    assert control([Label(0.1, bad=True), *good(387)], 0.01, Kind.CONFIDENT).threshold == 1.0
    assert control([Label(0.1, bad=True), *good(386)], 0.01, Kind.CONFIDENT).threshold is None


def test_photos_that_go_to_review_count_but_are_never_published() -> None:
    labels = [*good(100), *[Label(None, bad=True)] * 100]
    found = control(labels, 0.01, Kind.EXPECTED)
    assert (found.threshold, found.automation, found.bad) == (1.0, 0.5, 0)


@pytest.mark.parametrize("risk", [None, 1.0])
@pytest.mark.parametrize("kind", Kind)
def test_only_unpublishable_photos_give_no_threshold(risk: float | None, kind: Kind) -> None:
    found = control([Label(risk, bad=False)] * 500, 0.01, kind)
    assert (found.threshold, found.enough, found.publishes(1.0)) == (None, None, False)
    assert found.sentence.endswith("None of those photos could have been published.")


def test_the_unseen_photo_weighs_as_much_as_the_rarest() -> None:
    drawn = [Label(0.1, bad=False, chance=0.5)] * 99
    assert control(drawn, 0.01, Kind.EXPECTED, floor=0.5).threshold == 1.0
    assert control(drawn, 0.01, Kind.EXPECTED, floor=0.25).threshold is None


@given(LABELS, st.floats(0.01, 0.5))
def test_expected_is_the_largest_threshold_that_fits(labels: list[Label], target: float) -> None:
    found = control(labels, target, Kind.EXPECTED, floor=0.1)
    heaviest, total = 10.0, sum(1 / label.chance for label in labels)

    def fits(threshold: float) -> bool:
        lost = published_and_bad(labels, threshold)
        return (lost + heaviest) / (total + heaviest) <= target + 1e-7

    if found.threshold is None:
        risks = [one.risk for one in labels if one.risk is not None]
        above = math.nextafter(min(risks, default=1.0), 2)
        assert not risks or min(risks) == 1.0 or not fits(above)
    else:
        assert fits(found.threshold)
        assert found.threshold == 1.0 or not fits(math.nextafter(found.threshold, 2))
        assert found.bound is not None
        assert found.bound <= target + 1e-7


@given(LABELS, st.floats(0.05, 0.5), st.floats(0.5, 0.99))
def test_confident_never_promises_less_than_it_saw(
    labels: list[Label], target: float, confidence: float
) -> None:
    found = control(
        labels, target, Kind.CONFIDENT, floor=0.1, confidence=confidence, rungs=(0.2, 0.5, 0.8, 1.0)
    )
    if found.threshold is not None:
        assert found.bound is not None
        below = [one for one in labels if one.risk is not None and one.risk < found.threshold]
        seen = sum(one.bad / one.chance for one in below) / sum(1 / one.chance for one in below)
        assert seen < found.bound <= target
        assert 0 < found.automation <= 1


def drawn(rng: np.random.Generator, count: int, floor: float) -> list[Label]:
    """Labels of photos whose risk is uniform on 0..0.2 and true; the riskier have twice the chance."""
    risk = rng.uniform(0, 0.2, count)
    bad = rng.random(count) < risk
    chance = np.where(risk < 0.04, floor, min(1.0, 2 * floor))
    asked = rng.random(count) < chance
    return [
        Label(float(r), bad=bool(b), chance=float(c))
        for r, b, c, a in zip(risk, bad, chance, asked, strict=True)
        if a
    ]


def truth(found: Guarantee) -> tuple[float, float]:
    """Share of all photos that are published and bad, and of the published ones that are bad."""
    threshold = min(found.threshold or 0.0, 0.2)
    return threshold**2 / 0.4, threshold / 2


@pytest.mark.parametrize("floor", [1.0, 0.25])
def test_expected_holds_on_average_and_wastes_little(floor: float) -> None:
    rng, count = np.random.default_rng(1), round(1000 / floor)
    lost = [truth(control(drawn(rng, count, floor), 0.02, Kind.EXPECTED, floor=floor))[0] for _ in range(200)]
    assert np.mean(lost) <= 0.02 + 3 * np.std(lost) / math.sqrt(len(lost))
    assert np.mean(lost) >= 0.018  # within twice what one unseen photo weighs


@pytest.mark.parametrize("floor", [1.0, 0.25])
def test_confident_holds_as_often_as_it_says(floor: float) -> None:
    rng, count = np.random.default_rng(2), round(1200 / floor)
    found = []
    for _ in range(100):
        labels = drawn(rng, count, floor)
        rungs = ladder(drawn(rng, count, floor), len(labels), 0.05, floor=floor)
        found.append(control(labels, 0.05, Kind.CONFIDENT, floor=floor, rungs=rungs))
    broken = np.mean([truth(one)[1] > 0.05 for one in found])
    assert broken <= 0.1 + 3 * math.sqrt(0.1 * 0.9 / len(found))
    assert np.mean([one.threshold is not None for one in found]) > 0.7
    assert np.mean([one.automation for one in found]) > 0.15  # half of the photos would hold exactly


def test_the_automation_rate_is_that_of_all_photos_however_they_were_drawn() -> None:
    rng, errors = np.random.default_rng(3), []
    for _ in range(50):
        found = control(drawn(rng, 4000, 0.25), 0.02, Kind.EXPECTED, floor=0.25)
        errors.append(found.automation - (found.threshold or 0.0) / 0.2)
    assert abs(np.mean(errors)) < 0.01


def test_a_ladder_begins_where_the_reference_makes_success_likely() -> None:
    reference = [*good(500, 0.1), *[Label(0.6, bad=number % 5 == 0) for number in range(500)]]
    rungs = ladder(reference, 1000, 0.02)
    assert rungs[0] == 0.6
    assert rungs[-1] == 1.0
    found = control(reference, 0.02, Kind.CONFIDENT, rungs=rungs)
    assert (found.threshold, found.automation) == (0.6, 0.5)


@given(LABELS, st.integers(0, 5000), st.floats(0.001, 0.5))
def test_a_ladder_can_always_be_climbed(reference: list[Label], labels: int, target: float) -> None:
    rungs = ladder(reference, labels, target, floor=0.1)
    assert list(rungs) == sorted(set(rungs))
    assert rungs[-1] == 1.0
    control(reference, target, Kind.CONFIDENT, floor=0.1, rungs=rungs)


def test_sentences_say_what_is_promised() -> None:
    labels = [*good(400), *[Label(0.5, bad=True)] * 10]
    expected = control(labels, 0.02, Kind.EXPECTED)
    confident = control(labels, 0.02, Kind.CONFIDENT, confidence=0.95, rungs=(0.3, 1.0))
    assert expected.sentence == (
        "On average at most 2 % of all photos are published and bad: shown by 410 labels, 0 of them bad "
        "below the threshold. 97.6 % of the photos need no person."
    )
    assert confident.sentence.startswith(
        "With 95 % confidence at most 2 % of the photos that are published without a person are bad: shown by"
    )
    assert control(good(40), 0.01, Kind.EXPECTED).sentence == (
        "A person looks at every photo: 40 labels do not show that at most 1 % would be bad. About 99 are "
        "enough if no further bad one is among the safest."
    )


@pytest.mark.parametrize("target", [0.0, 1.0, -0.1, math.nan])
def test_targets_out_of_range_are_refused(target: float) -> None:
    for call in (
        lambda: control(good(5), target, Kind.EXPECTED),
        lambda: ladder(good(5), 5, target),
    ):
        with pytest.raises(SettingError, match="above 0 and below 1"):
            call()


def test_undefined_input_is_refused() -> None:
    for risk in (-0.1, 1.1, math.nan):
        with pytest.raises(SettingError, match="risk"):
            Label(risk, bad=False)
    for chance in (0.0, 1.1, math.nan):
        with pytest.raises(SettingError, match="chance"):
            Label(0.5, bad=False, chance=chance)
    with pytest.raises(SettingError, match="confidence"):
        control(good(5), 0.01, Kind.CONFIDENT, confidence=1.0)
    for rungs in ((), (0.5, 0.5), (0.5, 0.2), (0.0, 1.0), (0.5, 1.5)):
        with pytest.raises(SettingError, match="rungs"):
            control(good(5), 0.01, Kind.CONFIDENT, rungs=rungs)
    for floor in (0.0, 1.5, math.nan):
        with pytest.raises(SettingError, match="floor"):
            control(good(5), 0.01, Kind.EXPECTED, floor=floor)
    with pytest.raises(SettingError, match="the chance of one label"):
        control([Label(0.5, bad=False, chance=0.01)], 0.01, Kind.EXPECTED, floor=0.02)


def test_guarantees_are_values() -> None:
    found = control(good(99), 0.01, Kind.EXPECTED)
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.threshold = 0.5  # type: ignore[misc]
    assert dataclasses.asdict(found)["kind"] == "expected"
