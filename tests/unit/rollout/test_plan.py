"""Plans are checked where they are read; progress follows verdicts and people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packshot.errors import PackshotError
from packshot.rollout.errors import NotPossibleError
from packshot.rollout.gate import Verdict
from packshot.rollout.plan import Kind, Plan
from packshot.rollout.progress import OPEN, Action, Progress, Status, judged, told
from packshot.rollout.summary import Paired, Summary
from packshot.rollout.trial import Trial

PLAN = {"rollout": "new-upscaler", "candidate": {"backends": {"upscaler_x2": "lanczos-x2"}}}


def plan(**said):
    return Plan.from_dict(PLAN | said, "plan.yaml")


def test_a_plan_needs_little():
    made = plan()
    assert [phase.title for phase in made.phases] == [
        "replay", "shadow", "canary 10 %", "canary 25 %", "canary 50 %", "canary 100 %",
    ]  # fmt: skip
    assert [phase.share for phase in made.phases] == [0, 0, 0.1, 0.25, 0.5, 1.0]
    assert {guard.metric for guard in made.guards({"pass_rate": Paired(Summary())})} == {"pass_rate"}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"rollout": "Mit Leerzeichen"}, "rollout"),
        ({"unknown": 1}, "unknown"),
        ({"guardrails": {"beauty": 0.1}}, "beauty"),
        ({"guardrails": {"pass_rate": 0.0}}, "pass_rate"),
        ({"goals": {"pass_rate": -1.0}}, "pass_rate"),
        ({"phases": []}, "phases"),
        ({"phases": [{"kind": "canary", "weight": 0.5}, {"kind": "canary", "weight": 0.1}]}, "phases"),
        ({"phases": [{"kind": "canary", "weight": 1.5}]}, "weight"),
        ({"phases": [{"kind": "canary", "weight": 1.0}]}, "leave products"),
        ({"phases": [{"kind": "shadow", "mirror": 0}]}, "mirror"),
        ({"phases": [{"kind": "shadow", "least": 10, "most": 5}]}, "most"),
        ({"interval": float("nan")}, "interval"),
    ],
)
def test_what_is_wrong_is_named(said, words):
    with pytest.raises(PackshotError, match=words):
        plan(**said)


def test_what_only_some_photos_tell_guards_nothing_without_them():
    made = plan(guardrails={"edge_fidelity": 0.02, "pass_rate": 0.03})
    seen = {"edge_fidelity": Paired(Summary()), "pass_rate": Paired(Summary())}
    assert [guard.metric for guard in made.guards(seen)] == ["pass_rate"]


def test_categories_are_found_by_their_last_part_too():
    made = plan(categories=["lamps"])
    assert [made.concerns(name) for name in ("lamps", "home/lamps", "home > lamps", "shoes", None)] == [
        True, True, True, False, False,
    ]  # fmt: skip


def test_advancing_through_all_phases_ends_in_promotion():
    made, now, seen = plan(), Progress(), []
    while now.status is Status.RUNNING:
        step = judged(made, now, Verdict.ADVANCE)
        seen.append(step.action)
        now = step.progress
    assert seen == [Action.ADVANCE] * 5 + [Action.PROMOTE]
    assert now.status is Status.PROMOTED


def test_errors_roll_back_at_the_threshold_and_not_before():
    made, now = plan(threshold=2), Progress()
    now = judged(made, now, Verdict.ERROR).progress
    assert (now.status, now.errors) == (Status.RUNNING, 1)
    assert judged(made, now, Verdict.HOLD).progress.errors == 0
    assert judged(made, now, Verdict.ERROR).action is Action.ROLL_BACK


def test_an_open_question_waits_for_a_person_and_still_rolls_back():
    made = plan()
    held = judged(made, Progress(phase=2), Verdict.INCONCLUSIVE)
    assert (held.action, held.progress.status) == (Action.HOLD, Status.HELD)
    assert held.progress.share(made) == 0.1
    assert judged(made, held.progress, Verdict.ADVANCE).action is None
    assert judged(made, held.progress, Verdict.ROLL_BACK).action is Action.ROLL_BACK


@given(st.lists(st.sampled_from([*Verdict]), max_size=30), st.lists(st.sampled_from([*Action]), max_size=5))
def test_whatever_happens_a_rollout_that_ended_stays_ended(verdicts, actions):
    made, now = plan(), Progress()
    for number, verdict in enumerate(verdicts):
        before = now
        now = judged(made, now, verdict).progress
        if before.status not in OPEN:
            assert now == before
        assert 0 <= now.phase < len(made.phases)
        assert now.phase in (before.phase, before.phase + 1)
        if number < len(actions) and now.status in OPEN:
            try:
                now = told(made, now, actions[number]).progress
            except NotPossibleError:
                continue
    if now.status not in OPEN:
        with pytest.raises(NotPossibleError):
            told(made, now, Action.PROMOTE)


def test_the_share_is_the_phase_while_it_is_open_and_nothing_after():
    made = plan()
    for number, phase in enumerate(made.phases):
        assert Progress(phase=number).share(made) == phase.share
        assert (phase.kind is Kind.CANARY) == (phase.share > 0)
        assert Progress(Status.ROLLED_BACK, number).share(made) == 0


TRIAL = {
    "experiment": "upscalers",
    "arms": {"now": {}, "other": {"backends": {"upscaler_x2": "lanczos-x2"}}},
    "control": "now",
    "shares": {"now": 0.5, "other": 0.5},
}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"control": "none"}, "none of the arms"),
        ({"shares": {"now": 0.5}}, "each arm once"),
        ({"shares": {"now": 0.9, "other": 0.5}}, "more than 1"),
        ({"arms": {"now": {}}}, "arms"),
        ({"metrics": ["beauty"]}, "beauty"),
        ({"design": {"kind": "guess"}}, "design"),
    ],
)
def test_what_is_wrong_with_an_experiment_is_named(said, words):
    with pytest.raises(PackshotError, match=words):
        Trial.from_dict(TRIAL | said, "trial.yaml")


def test_planned_looks_come_with_the_photos():
    trial = Trial.from_dict(TRIAL | {"design": {"kind": "group_sequential", "photos": 100, "looks": 4}}, "x")
    assert [None if (d := trial.designed(n)) is None else d.look for n in (0, 24, 25, 60, 99, 100, 500)] == [
        None, None, 1, 2, 3, 4, 4,
    ]  # fmt: skip
