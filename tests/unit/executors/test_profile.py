"""What trails add up to, by figures that can be worked out on paper, and however they are split."""

import math
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from packshot.executors.profile import Profile, Spread
from packshot.finding import Finding, Severity
from packshot.trail import Outcome, Step, Trail
from packshot.verdict import Decision, Verdict

ERROR, WARNING, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO


def found(code: str, severity: Severity = ERROR) -> Finding:
    return Finding(code, severity, 0.5, f"It is {code}.")


def body(
    verdict: Verdict = Verdict.PUBLISH,
    *,
    before: tuple[Finding, ...] = (),
    after: tuple[Finding, ...] = (),
    steps: tuple[Step, ...] = (Step("inspect", Outcome.UNCHANGED, 0.4, 0.2),),
    category: str | None = "knit",
) -> dict[str, Any]:
    return Trail(
        "a.jpg", "d", "r", Decision(verdict), before, after, steps=steps, category=category
    ).as_dict()


def step(stage: str, outcome: Outcome = Outcome.SKIPPED, cpu: float = 0.1, *notes: Finding) -> Step:
    return Step(stage, outcome, 2 * cpu, cpu, findings=notes)


def told(*bodies: dict[str, Any]) -> dict[str, Any]:
    return Profile.total(map(Profile.of, bodies)).as_dict()


def test_failures_are_counted_by_photo_and_not_by_finding() -> None:
    twice = body(before=(found("blurry"), found("blurry"), found("dark", WARNING)))
    profile = told(twice, body(before=(found("blurry"), found("overlay_text"))), body())
    assert [(row["code"], row["photos"]) for row in profile["came_with"]] == [
        ("blurry", 2),
        ("overlay_text", 1),
    ]
    assert profile["came_with"][0]["share"] == pytest.approx(2 / 3)
    assert profile["failing"] == 2


def test_the_reasons_are_errors_and_where_there_are_none_the_warnings() -> None:
    profile = told(
        body(Verdict.REVIEW, after=(found("blurry"), found("dark", WARNING), found("erased", INFO))),
        body(Verdict.REVIEW, after=(found("dark", WARNING), found("noisy", WARNING))),
        body(Verdict.REJECT, after=(found("blurry"), found("too_large"))),
        body(Verdict.PUBLISH, after=(found("dark", WARNING),)),
    )
    rows = {row["code"]: row for row in profile["held_back"]}
    assert set(rows) == {"blurry", "dark", "noisy", "too_large"}
    assert (rows["blurry"]["review"], rows["blurry"]["reject"], rows["blurry"]["alone"]) == (1, 1, 1)
    assert (rows["dark"]["photos"], rows["dark"]["alone"]) == (1, 0)
    assert profile["verdicts"] == {"publish": 1, "review": 2, "reject": 1}


def test_what_was_undone_names_the_check_that_saw_it() -> None:
    profile = told(
        body(steps=(step("erase_text", Outcome.UNDONE, 0.1, found("seam"), found("needs_rights")),)),
        body(steps=(step("erase_text", Outcome.PARTLY_UNDONE, 0.1, found("residue")),)),
        body(steps=(step("erase_text", Outcome.APPLIED, 0.1, found("residue", INFO)),)),
        body(steps=(step("erase_text"), step("upscale", Outcome.APPLIED))),
    )
    assert profile["undone"] == [
        {
            "stage": "erase_text",
            "tried": 3,
            "undone": 1,
            "partly_undone": 1,
            "harm": {"residue": 1, "seam": 1},
        }
    ]


def test_stages_stand_in_their_order_even_when_the_first_photo_was_broken() -> None:
    broken = body(Verdict.REJECT, steps=(step("decode", cpu=0.3), step("encode", cpu=0.0)))
    whole = body(steps=tuple(step(name, cpu=0.1) for name in ("decode", "inspect", "crop", "encode")))
    stages = told(broken, whole)["stages"]
    assert [stage["stage"] for stage in stages] == ["decode", "inspect", "crop", "encode"]
    assert stages[0]["cpu_seconds"] == pytest.approx(0.4)
    assert stages[0]["seconds"] == pytest.approx(0.8)
    assert stages[0]["share"] == pytest.approx(0.4 / 0.7)
    assert stages[0]["cpu_p50"] == pytest.approx(0.1, rel=0.01)
    assert stages[0]["cpu_p95"] == pytest.approx(0.1, rel=0.01)
    assert sum(stage["share"] for stage in stages) == pytest.approx(1)


def test_groups_are_ordered_by_how_many_photos_a_person_has_to_see() -> None:
    many = [body(before=(found("blurry"),), category="lamps")] * 5
    few = [body(Verdict.REVIEW, after=(found("dark"),), category="knit")] * 2
    profile = told(*many, *few, body(category=None))
    assert [row["category"] for row in profile["categories"]] == ["knit", "lamps", None]
    assert profile["categories"][0]["review_share"] == 1.0
    assert profile["categories"][1]["failing_share"] == 1.0
    assert profile["categories"][1]["cpu_seconds_per_image"] == pytest.approx(0.2)
    assert [row["merchant"] for row in profile["merchants"]] == [None]


def test_merchants_are_told_apart() -> None:
    profile = Profile.of(body(), "acme") + Profile.of(body(), "other") + Profile.of(body(), "acme")
    assert {name: group.photos for name, group in profile.merchants.items()} == {"acme": 2, "other": 1}


def test_nothing_is_not_zero() -> None:
    profile = Profile().as_dict()
    assert profile["photos"] == 0
    assert profile["failing_share"] is None
    assert profile["cpu_seconds_per_image"] is None
    assert Spread().quantile(0.5) is None


def _bodies(seed: int, count: int) -> list[dict[str, Any]]:
    dice = random.Random(seed)
    made = []
    for _ in range(count):
        codes = dice.sample(["blurry", "dark", "noisy"], dice.randrange(4))
        findings = tuple(found(code, dice.choice(list(Severity))) for code in codes)
        steps = [step(n, dice.choice(list(Outcome)), dice.random(), *findings) for n in ("a", "b", "c")]
        made.append(
            body(
                dice.choice(list(Verdict)),
                before=findings,
                after=findings,
                steps=tuple(steps[: dice.randrange(1, 4)]),
                category=dice.choice(["knit", None, "lamps"]),
            )
        )
    return made


def _near(one: object, other: object) -> bool:
    """Equal but for the last digits of floats, which depend on the order in which they were added."""
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(_near(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_near, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-6, abs_tol=2e-4)
    return one == other


@given(seed=st.integers(0, 10_000), cut=st.integers(0, 30))
def test_shards_add_up_to_the_whole_in_any_order(seed: int, cut: int) -> None:
    bodies = _bodies(seed, 30)
    one, other = (Profile.total(map(Profile.of, part)) for part in (bodies[:cut], bodies[cut:]))
    whole = told(*bodies)
    assert _near((one + other).as_dict(), whole)
    assert _near((other + one).as_dict(), whole)


@given(
    times=st.lists(st.floats(1e-4, 1e5), min_size=1, max_size=60),
    share=st.sampled_from([0.0, 0.5, 0.95, 1.0]),
)
def test_quantiles_are_within_a_hundredth(times: list[float], share: float) -> None:
    spread = sum((Spread.of(time) for time in times), Spread())
    exact = float(np.quantile(times, share, method="lower"))
    assert spread.quantile(share) == pytest.approx(exact, rel=0.0101)


def test_times_too_short_to_be_written_down_count_as_none_at_all() -> None:
    spread = Spread.of(0.0) + Spread.of(0.0) + Spread.of(1.0)
    assert spread.quantile(0.5) == 0.0
    assert spread.quantile(1.0) == pytest.approx(1.0, rel=0.01)
