"""Rollouts through the real service: lanes, shadows, gates, and back."""

import pytest
from homes import home, items, only, picture, rows, send, work

from packshot.errors import PackshotError, UsageError
from packshot.ledger.rollout_tables import Comparing, Comparison, Rollout, Transition
from packshot.ledger.tables import AuditEntry, Item, Publication, State, TrailRow
from packshot.rollout.errors import NotPossibleError
from packshot.rollout.plan import Plan
from packshot.rollout.progress import Action, Status
from packshot.service import comparing, lanes, rollouts, switches

STRICTER = {"threshold": 0.9}
LOOSE = {"failure_rate": 0.9, "pass_rate": 0.9}


def plan(*phases, **said):
    told = {"rollout": "stricter", "candidate": STRICTER, "guardrails": LOOSE, "interval": 0.05, **said}
    return Plan.from_dict(told | {"phases": list(phases)}, "plan")


def shadow(least=3, **said):
    return {"kind": "shadow", "least": least, **said}


def canary(weight, least=3, **said):
    return {"kind": "canary", "weight": weight, "least": least, **said}


def products(context, count, first=0):
    for number in range(first, first + count):
        send(context, {"front.png": picture(number)}, product=f"p{number}", merchant="shop")
    work(context)


def compare_all(context):
    while comparing.compare_one(context):
        pass


def rollout(context):
    (row,) = rows(context, Rollout)
    return row


def test_a_photo_lost_from_the_storage_says_nothing_about_the_candidate(service):
    rollouts.apply(service, plan(shadow()), "ann")
    products(service, 1)
    for item in rows(service, Item):
        service.artefacts.delete(item.photo)
    compare_all(service)
    assert {row.state for row in rows(service, Comparison)} == {Comparing.DROPPED}
    assert all(row.candidate is None for row in rows(service, Comparison))


def test_a_shadow_changes_nothing_for_anybody(service):
    rollouts.apply(service, plan(shadow()), "ann")
    products(service, 4)
    before = [(row.id, row.item_id) for row in rows(service, Publication)]
    trails = [row.id for row in rows(service, TrailRow)]
    compare_all(service)
    compared = rows(service, Comparison)
    assert {row.state for row in compared} == {Comparing.DONE}
    assert len(compared) == 4
    assert [(row.id, row.item_id) for row in rows(service, Publication)] == before
    assert [row.id for row in rows(service, TrailRow)] == trails
    assert {row.lane for row in rows(service, TrailRow)} == {lanes.LIVE}
    for row in compared:
        assert row.baseline["pass_rate"] == row.candidate["pass_rate"] == 1.0
        assert row.difference == 0.0


def test_a_good_candidate_goes_all_the_way_and_is_live_then(service):
    rollouts.apply(service, plan(shadow(), canary(0.5), canary(1.0)), "ann")
    digest, number = rollout(service).candidate, 0
    while rollout(service).status == Status.RUNNING and number < 200:
        products(service, 4, first=number)
        number += 4
        compare_all(service)
        rollouts.judge_now(service, rollout(service).id)
    assert rollout(service).status == Status.PROMOTED, rollout(service).reason
    assert service.treatments.recipe.threshold == 0.9
    with service.ledger.reading() as session:
        assert lanes.live_digest(session) == digest
    actions = [row.action for row in rows(service, Transition)]
    assert actions == ["start", "advance", "advance", "promote"]
    audited = {row.action for row in rows(service, AuditEntry)}
    assert {"rollout.start", "rollout.advance", "rollout.promote", "live.switched"} <= audited


def test_what_is_live_stays_so_in_another_process(service, tmp_path):
    rollouts.apply(service, plan(canary(0.5)), "ann")
    rollouts.act(service, "stricter", Action.PROMOTE, "ann")
    with home(tmp_path) as again:
        assert again.treatments.recipe.threshold == 0.9
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(recipe.read_text() + "threshold: 0.7\n")
    from packshot.service.context import opened
    from packshot.service.settings import Settings

    with opened(Settings.from_environment({}, home=tmp_path / "home", recipe=recipe)) as edited:
        assert edited.treatments.recipe.threshold == 0.7
        assert rows(edited, AuditEntry)[-1].action == "live.configured"


def test_products_are_split_and_a_gallery_never_is(service):
    rollouts.apply(service, plan(canary(0.5, mirror=0)), "ann")
    for number in range(30):
        send(service, {f"{side}.png": picture(number * 2 + side) for side in (0, 1)}, product=f"p{number}")
    work(service)
    lane_of = {}
    for row in rows(service, TrailRow):
        (item,) = [
            one for one in items(service, _batch(service, row.item_id)).values() if one.id == row.item_id
        ]
        lane_of.setdefault(item.product, set()).add(row.lane)
    assert all(len(found) == 1 for found in lane_of.values())
    assert {lane for found in lane_of.values() for lane in found} == {"live", "canary"}


def _batch(context, item_id):
    from packshot.ledger.tables import Item

    (item,) = rows(context, Item, Item.id == item_id)
    return item.batch_id


def test_a_bad_candidate_is_rolled_back_by_itself(service):
    worse = {"threshold": 1.0, "inspect": ["low_resolution", "border", "odd_size", "grayscale", "frame_fill"]}
    worse = {"channels": ["amazon-main"]}
    rollouts.apply(
        service,
        plan(canary(0.5), candidate=worse, guardrails={"pass_rate": 0.05, "failure_rate": 0.2}),
        "ann",
    )
    number = 0
    while rollout(service).status == Status.RUNNING and number < 100:
        products(service, 5, first=number)
        number += 5
        compare_all(service)
        rollouts.judge_now(service, rollout(service).id)
    row = rollout(service)
    assert row.status == Status.ROLLED_BACK, row.judgement
    assert "pass_rate" in row.reason
    assert number <= 60
    products(service, 2, first=500)
    assert {trail.lane for trail in rows(service, TrailRow, TrailRow.created_at > row.ended_at)} == {"live"}


def test_the_live_recipe_steps_in_where_a_candidate_fails(service, monkeypatch):
    rollouts.apply(service, plan(canary(0.5)), "ann")
    from packshot.pipeline import Pipeline

    real = Pipeline.run

    def run(self, *args, **kwargs):
        if self.recipe.threshold == 0.9:
            raise ZeroDivisionError("division by zero")
        return real(self, *args, **kwargs)

    monkeypatch.setattr(Pipeline, "run", run)
    products(service, 12)
    for trail in rows(service, TrailRow):
        failed = trail.lane == "canary"
        assert (trail.fell_back, trail.figures["failure_rate"]) == (failed, float(failed))
    assert {trail.lane for trail in rows(service, TrailRow)} == {"live", "canary"}
    assert len(rows(service, Publication)) == 12
    assert {row.state for row in rows(service, Comparison)} == {Comparing.DONE}
    judgement = rollouts.judge_now(service, rollout(service).id)
    assert judgement.evidence[0].metric == "failure_rate"
    assert judgement.evidence[0].effect == -1.0


def test_a_photo_at_which_a_canary_worker_died_is_treated_by_the_live_recipe(service):
    from packshot.ledger import queue
    from packshot.ledger.queue import Lease
    from packshot.ledger.tables import Item
    from packshot.service import process

    rollouts.apply(service, plan(canary(0.9999)), "ann")
    batch = send(service, {"a.png": picture(1)}, product="p")
    dead = Lease("dead", 60)
    with service.ledger.transaction() as session:
        claimed = queue.claim(session, dead)
    process._begin(service, claimed, dead, service.lanes.turn(claimed))
    with service.ledger.transaction() as session:  # it died: another process starts
        queue.free_all(session)
    work(service)
    item = only(service, batch)
    (trail,) = rows(service, TrailRow)
    assert (item.state, item.begun_in) == (State.DONE, None)
    assert (trail.lane, trail.fell_back, trail.figures) == ("canary", True, {"failure_rate": 1.0})
    assert rows(service, Item)[0].verdict == "publish"


def test_replay_runs_stored_photos_through_the_candidate(service):
    products(service, 5)
    rollouts.apply(service, plan({"kind": "replay", "least": 3}, canary(0.1)), "ann")
    assert len(rows(service, Comparison)) == 5
    rollouts.judge_now(service, rollout(service).id)
    assert rollout(service).phase == 0
    compare_all(service)
    done = rows(service, Comparison)
    assert all(row.baseline["pass_rate"] == row.candidate["pass_rate"] == 1.0 for row in done)
    while rollout(service).phase == 0 and rollout(service).status == Status.RUNNING:
        assert rollouts.judge_now(service, rollout(service).id)
    assert rollout(service).phase == 1 or rollout(service).status == Status.HELD


def test_a_replay_of_too_little_is_passed_over(service):
    products(service, 1)
    rollouts.apply(service, plan({"kind": "replay", "least": 3}, shadow()), "ann")
    row = rollout(service)
    assert (row.phase, row.status) == (1, Status.RUNNING)
    assert "1 stored photos" in row.reason


def test_one_change_at_a_time_and_the_same_again_is_none(service):
    first = rollouts.apply(service, plan(shadow()), "ann")
    assert rollouts.apply(service, plan(shadow()), "bob") == first
    with pytest.raises(UsageError, match="stricter is under way"):
        rollouts.apply(service, plan(shadow(), rollout="other"), "ann")
    with pytest.raises(UsageError, match="under way"):
        switches.use(service, "filler_flat", "patchmatch", None, "ann")


def test_a_candidate_like_the_live_recipe_is_refused(service):
    with pytest.raises(UsageError, match="changes nothing"):
        rollouts.apply(service, plan(shadow(), candidate={}), "ann")
    assert rows(service, Rollout) == []


@pytest.mark.parametrize(
    "candidate", [{"stages": ["upscale", "erase_text"]}, {"nonsense": 1}, {"threshold": 7}]
)
def test_an_unsound_candidate_is_refused_before_anything_begins(service, candidate):
    with pytest.raises(PackshotError):
        rollouts.apply(service, plan(shadow(), candidate=candidate), "ann")
    assert rows(service, Rollout) == []


def test_people_may_hold_resume_and_roll_back(service):
    rollouts.apply(service, plan(canary(0.5), canary(1.0)), "ann")
    with pytest.raises(NotPossibleError):
        rollouts.act(service, "stricter", Action.RESUME, "ann")
    assert rollouts.act(service, "stricter", Action.HOLD, "ann", "lunch") == Status.HELD
    assert rollouts.act(service, "stricter", Action.RESUME, "bob") == Status.RUNNING
    assert rollouts.act(service, "stricter", Action.ADVANCE, "bob") == Status.RUNNING
    assert rollout(service).phase == 1
    assert rollouts.act(service, "stricter", Action.ROLL_BACK, "bob") == Status.ROLLED_BACK
    with pytest.raises(NotPossibleError):
        rollouts.act(service, "stricter", Action.PROMOTE, "bob")
    assert rollouts.again(service, "stricter", "ann") != rows(service, Rollout)[0].id


def test_a_model_is_switched_for_one_category_only(service):
    made = switches.use(service, "filler_flat", "patchmatch", "lamps", "ann")
    with service.ledger.reading() as session:
        change = lanes.change_of(session, rollouts.find(session, made))
    assert change.plan.categories == ("lamps",)
    assert change.candidate.backend_of("filler_flat", "navier-stokes", "lamps") == "patchmatch"
    assert change.candidate.backend_of("filler_flat", "navier-stokes", None) == "navier-stokes"
    with pytest.raises(PackshotError, match="nonsense"):
        switches.use(service, "nonsense", "patchmatch", None, "ann")


def test_checks_that_need_no_truth_are_tried_and_judged(service, monkeypatch):
    from packshot.service import checking

    monkeypatch.setattr(checking, "SHARE", 1.0)
    rollouts.apply(service, plan(shadow()), "ann")
    products(service, 3)
    compare_all(service)
    for row in rows(service, Comparison):
        assert row.checks == {"flip": True, "clean_unchanged": True}
    judgement = rollouts.judge_now(service, rollout(service).id)
    checked = {one.metric: (one.n, one.effect) for one in judgement.evidence if one.kind == "check"}
    assert checked == {"flip": (3, 0.0), "clean_unchanged": (3, 0.0)}


def test_a_check_that_the_live_recipe_fails_as_well_is_not_held_against_the_candidate(service, monkeypatch):
    from packshot.executors.invariants import Held, Invariant
    from packshot.service import checking

    asked = []

    def check_all(treatment, *_):
        asked.append(treatment.pipeline.recipe.threshold)
        return (Invariant("flip", Held.FAILED, 9.0, "It differs."),)

    monkeypatch.setattr(checking, "SHARE", 1.0)
    monkeypatch.setattr(checking, "check_all", check_all)
    rollouts.apply(service, plan(shadow()), "ann")
    products(service, 1)
    compare_all(service)
    assert asked == [0.9, 0.8]
    assert rows(service, Comparison)[0].checks == {"flip": True}
