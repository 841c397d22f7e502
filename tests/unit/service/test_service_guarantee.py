"""The guarantee through the real service: from people's words to what is published without one."""

import json
import math
import shutil
import subprocess
import sys
import time
from hashlib import sha256
from io import BytesIO
from types import SimpleNamespace

import numpy as np
import pytest
from homes import POOR, again, items, picture, rows, send, work
from PIL import Image
from sqlalchemy import update
from typer.testing import CliRunner

from packshot.cli import guarantee as commands
from packshot.ledger.rollout_tables import GuaranteeRow, Label, SelfTestRow
from packshot.ledger.tables import AuditEntry, Delivery, Item, Publication, State, TrailRow
from packshot.rollout.labelling import Part
from packshot.rollout.plan import Plan
from packshot.rollout.progress import Action
from packshot.rollout.risk import TrailError
from packshot.service import browse, guarantee, labels, reviewing, rollouts, selftest
from packshot.service.context import opened
from packshot.service.guarantee import NoTargetError, refit
from packshot.service.options import Options
from packshot.service.settings import Settings
from packshot.service.steward import Steward

# Photos of 200 px have a warning, so that their risk is higher; those of 500 px have none.
RECIPE = "inspect: [low_resolution]\nstages: [inpaint]\nchannels: [google]\n"
PASSED = 45
_NIGHT = """
import sys
from pathlib import Path
from packshot.service import selftest
from packshot.service.context import opened
from packshot.service.settings import Settings
folder, turns = Path(sys.argv[1]), []
def wait():
    print("here", flush=True)
    sys.stdin.readline()
def proceed():
    turns.append(1)
    if len(turns) == 3 and not sys.argv[2]:
        wait()
    return True
said = Settings.from_environment({}, home=folder / "home", recipe=folder / "recipe.yaml", at_most_bad=0.1)
with opened(said) as context:
    assert selftest.run(context, 4, proceed=proceed) is not None
    wait()
"""
TARGET = {"at_most_bad": 0.1, "settle_hours": 0.0}


def again_opened(folder, **said):
    return opened(Settings.from_environment({}, home=folder / "home", recipe=folder / "recipe.yaml", **said))


@pytest.fixture(scope="module", autouse=True)
def salted():
    """The same photos are asked about, for the same part, in every run: chance is not what is tested here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(labels, "secrets", SimpleNamespace(token_hex=lambda _: "salt"))
        yield


@pytest.fixture
def shop(tmp_path):
    """A service that promises 10 %, with answers due at once."""
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    with again_opened(tmp_path, **TARGET) as context:
        yield context


@pytest.fixture(scope="module")
def grown(tmp_path_factory):
    """The folder of a service in which a person looked at photos and passed all of them."""
    folder = tmp_path_factory.mktemp("grown")
    (folder / "recipe.yaml").write_text(RECIPE)
    with again_opened(folder, **TARGET) as context:
        approve(context, come(context, PASSED))
    return folder


@pytest.fixture
def passed(grown, tmp_path):
    """A service in which all photos so far were passed."""
    shutil.copytree(grown, tmp_path, dirs_exist_ok=True)
    with again_opened(tmp_path, **TARGET) as context:
        yield context


def blocks(seed, side):
    """A picture of few bytes."""
    coarse = np.random.default_rng(seed).integers(0, 255, (5, 5, 3), np.uint8)
    buffer = BytesIO()
    Image.fromarray(coarse).resize((side, side), Image.Resampling.NEAREST).save(buffer, "PNG")
    return buffer.getvalue()


def sound(seed):
    return blocks(seed, 500)


def dull(seed):
    return blocks(seed, 200)


def come(context, count, first=0, made=sound):
    """Photos that come and are treated, as items."""
    batch = send(context, {f"{made.__name__}{n}.png": made(n) for n in range(first, first + count)})
    work(context)
    return list(items(context, batch).values())


def approve(context, found):
    """A person looks at what is in review, and passes it."""
    waiting = [item.id for item in found if again(context, item).state == State.NEEDS_REVIEW]
    reviewing.approve(context, waiting, "ann")
    work(context)


def label_of(context, item):
    (row,) = rows(context, Label, Label.item_id == item.id)
    return row


def seed_of(context, threshold, *, asked, part=None):
    """A picture that a person will be asked about, or not, where its risk is that of the others."""
    sampling, risk = labels.sampling_of(context.ledger), label_of(context, rows(context, Item)[0]).risk
    for seed in range(1000, 20_000):
        digest = sha256(sound(seed)).hexdigest()
        its = sampling.part(digest)
        drawn = sampling.asks(digest, sampling.chance(its, risk, threshold))
        if drawn == asked and part in (None, its):
            return seed
    raise AssertionError


def states(found):
    return {item.state for item in found}


def view(context):
    with context.ledger.reading() as session:
        return guarantee.view(session, context.settings)


def test_without_a_target_nothing_changes(service):
    found = come(service, 3)
    assert states(found) == {State.DONE}
    assert rows(service, Label) == []
    with pytest.raises(NoTargetError, match="PACKSHOT_AT_MOST_BAD"):
        refit(service)
    assert not Steward(service).look()
    assert rows(service, SelfTestRow) == rows(service, GuaranteeRow) == []
    assert "the recipe's own verdict decides" in view(service)["sentence"]


def test_with_too_few_labels_a_person_looks_at_every_photo(shop):
    found = come(shop, 4) + list(items(shop, send(shop, {"poor.png": picture(9, POOR)})).values())
    work(shop)
    for item in found[:4]:
        assert again(shop, item).state == State.NEEDS_REVIEW
        assert "Too few photos are labelled yet to promise that at most 10 % are bad" in item.reason
        kept = label_of(shop, item)
        assert (kept.asked, kept.chance, kept.guarantee_id) == (True, 1.0, None)
        assert 0 < kept.risk < 0.1
        assert kept.figures["gap"] < 0
    poor = label_of(shop, found[4])
    assert (poor.risk, poor.figures, poor.chance) == (None, None, 1.0)
    assert "Too few" not in again(shop, found[4]).reason
    approve(shop, found[:4])
    row = refit(shop)
    assert row.guarantee["threshold"] is None
    assert row.guarantee["enough"] > 4 > row.guarantee["labels"] - 1
    after = come(shop, 2, 100)
    assert states(after) == {State.NEEDS_REVIEW}
    assert label_of(shop, after[0]).guarantee_id == row.id
    said = view(shop)
    assert "A person looks at every photo" in said["sentence"]
    assert said["needed"] == row.guarantee["enough"] - row.guarantee["labels"]
    assert said["to_label"] == 2


def test_with_enough_it_publishes_by_itself_and_still_asks_about_some(passed):
    row = refit(passed)
    assert row.guarantee["threshold"] is not None
    assert row.guarantee["bound"] <= 0.1
    assert row.counts["calibration"] + row.counts["fit"] == row.counts["photos"] == PASSED
    asked, alone = (seed_of(passed, row.guarantee["threshold"], asked=drawn) for drawn in (True, False))
    (one,), (other,) = come(passed, 1, asked), come(passed, 1, alone)
    assert (one.state, other.state) == (State.NEEDS_REVIEW, State.DONE)
    assert "drawn at random for a person's word" in one.reason
    assert (label_of(passed, one).asked, label_of(passed, one).chance < 1) == (True, True)
    silent = label_of(passed, other)
    assert (silent.asked, silent.figures, silent.guarantee_id) == (False, None, row.id)
    assert [item.id for item in rows(passed, Item, Item.state == State.NEEDS_REVIEW)] == [one.id]
    said = view(passed)
    assert "need no person" in said["sentence"]
    assert (said["automation"], said["needed"], said["to_label"]) == (1.0, None, 1)


def test_a_drawn_label_stands_for_those_that_were_not(passed):
    threshold = refit(passed).guarantee["threshold"]
    drawn = seed_of(passed, threshold, asked=True, part=Part.CALIBRATE)
    come(passed, 29, 20_000)
    assert label_of(passed, *come(passed, 1, drawn)).chance == 0.02
    row = refit(passed)
    asked = rows(passed, Label, Label.part == Part.CALIBRATE, Label.asked)
    every = rows(passed, Label, Label.part == Part.CALIBRATE)
    before = sum(label.guarantee_id is None for label in every)
    pooled = (before + (len(every) - before) * 0.02) / len(every)
    with passed.ledger.reading() as session:
        gathered = guarantee._gather(session, passed.settings, row.recipe_digest)
    found = [one for one in gathered.answers.found if one.row.part == Part.CALIBRATE]
    assert len(found) == len(asked) < len(every)
    model = labels.RiskModel.from_dict(row.model)
    sampling = labels.sampling_of(passed.ledger)
    made = guarantee._labels(found, gathered, sampling, Part.CALIBRATE, model)
    assert [label.chance for label in made] == pytest.approx([pooled] * len(asked))
    assert [label.risk for label in made] == pytest.approx([model.risk(one.figures) for one in found])
    assert row.counts["photos"] == PASSED + 30


def test_bad_ones_push_the_threshold(passed):
    for item in come(passed, 30, made=dull):
        if again(passed, item).state == State.NEEDS_REVIEW:
            reviewing.reject(passed, [item.id], "ann", "Too dull.")
    row = refit(passed)
    threshold = row.guarantee["threshold"]
    assert threshold is not None
    good, poor = come(passed, 12, 500), come(passed, 12, 500, made=dull)
    assert State.DONE in states(good)
    assert states(poor) == {State.NEEDS_REVIEW}
    assert "is not below" in poor[0].reason
    assert label_of(passed, poor[0]).risk >= threshold > label_of(passed, good[0]).risk
    assert 0.4 < row.guarantee["automation"] < 0.8
    # What is nearest to the threshold is asked first.
    with passed.ledger.reading() as session:
        wanted = labels.to_label(session, row.recipe_digest, threshold, 50)
        gaps = [abs(label_of(passed, item).risk - threshold) for item in wanted]
    assert gaps == sorted(gaps)
    assert {item.id for item in wanted} >= {item.id for item in poor}


def test_silence_counts_as_bad_and_a_late_answer_counts(passed):
    found = come(passed, 30, 500)
    row = refit(passed)
    assert row.guarantee["threshold"] is None
    assert row.counts["silent"] == 30
    approve(passed, found)
    row = refit(passed)
    assert row.guarantee["threshold"] is not None
    assert row.counts["silent"] == 0


@pytest.mark.usefixtures("passed")
def test_what_is_younger_is_left_out_also_where_it_was_answered(tmp_path):
    with again_opened(tmp_path, at_most_bad=0.1, settle_hours=1.0) as context:
        row = refit(context)
        assert row.guarantee["threshold"] is None
        assert row.counts == dict.fromkeys(row.counts, 0) | {"settling": PASSED}
        with context.ledger.transaction() as session:
            session.execute(update(Label).values(created_at=Label.created_at - 3601))
        row = refit(context)
        assert row.guarantee["threshold"] is not None
        assert row.counts["settling"] == 0


def test_the_first_word_that_stands_is_what_counts(passed):
    found = rows(passed, Item)
    (calibrating, *_rest) = [item for item in found if label_of(passed, item).part == Part.CALIBRATE]
    before = refit(passed).guarantee
    assert before["bad"] == 0
    (review,) = rows(passed, browse.Review, browse.Review.item_id == calibrating.id)
    reviewing.undo(passed, review.id, "ann")
    made = reviewing.redo(passed, calibrating.id, "ann", Options())
    work(passed)
    assert again(passed, calibrating).state == State.NEEDS_REVIEW  # whoever asked for it sees the result
    reviewing.approve(passed, [calibrating.id], "ann")
    work(passed)
    with_bad = refit(passed).guarantee
    assert before["threshold"] is not None
    assert with_bad["threshold"] is None  # one bad one among so few is too many
    assert with_bad["labels"] == before["labels"]
    (label,) = rows(passed, Label, Label.item_id == calibrating.id)
    assert len(rows(passed, TrailRow, TrailRow.item_id == calibrating.id)) == 2
    assert label.trail_id == rows(passed, TrailRow, TrailRow.item_id == calibrating.id, TrailRow.first)[0].id
    approval = rows(passed, browse.Review, browse.Review.item_id == calibrating.id)[-1]
    reviewing.undo(passed, approval.id, "ann")
    reviewing.undo(passed, made, "ann")
    reviewing.approve(passed, [calibrating.id], "ann")
    assert refit(passed).guarantee == before


def test_the_same_file_again_is_no_further_label(shop):
    come(shop, 2)
    batch = send(shop, {"other.png": sound(0)}, product="another")
    work(shop)
    assert states(items(shop, batch).values()) == {State.NEEDS_REVIEW}
    assert len(rows(shop, Label)) == 2


def test_what_came_before_there_was_a_target_is_no_label_when_it_is_treated_again(tmp_path):
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    with again_opened(tmp_path) as without:
        (item,) = items(without, send(without, {"poor.png": picture(9, POOR)})).values()
        work(without)
    with again_opened(tmp_path, **TARGET) as context:
        reviewing.redo(context, item.id, "ann", Options())
        work(context)
        assert again(context, item).state == State.NEEDS_REVIEW
        assert rows(context, Label) == []


def test_another_recipe_begins_anew(passed):
    first = refit(passed)
    assert states(come(passed, 1, 500)) <= {State.DONE, State.NEEDS_REVIEW}
    plan = {
        "rollout": "stricter",
        "candidate": {"threshold": 0.9},
        "phases": [{"kind": "canary", "weight": 0.5}],
    }
    rollouts.apply(passed, Plan.from_dict(plan, "plan"), "ann")
    passed.lanes.refresh()
    found = come(passed, 8, 600)
    canary = [item for item in found if label_of(passed, item).recipe_digest != first.recipe_digest]
    assert 0 < len(canary) < 8
    assert states(canary) == {State.NEEDS_REVIEW}  # the canary's recipe has no labels yet
    assert State.DONE in states(found)
    approve(passed, canary)
    assert refit(passed).recipe_digest == first.recipe_digest
    rollouts.act(passed, "stricter", Action.PROMOTE, "ann")
    row = refit(passed)
    assert row.recipe_digest != first.recipe_digest
    assert row.guarantee["threshold"] is None
    assert row.counts["calibration"] + row.counts["fit"] == len(canary)
    assert states(come(passed, 3, 700)) == {State.NEEDS_REVIEW}
    assert "Labels of other recipes do not count" in view(passed)["sentence"]


def test_what_a_job_asks_for_itself_is_part_of_the_mix(passed):
    refit(passed)
    batch = send(passed, {f"{n}.png": sound(n) for n in range(300, 303)}, options=Options(channels=("web",)))
    work(passed)
    assert len({label_of(passed, item).recipe_digest for item in items(passed, batch).values()}) == 1


def test_chosen_twice_it_is_the_same(passed):
    first, second = refit(passed), refit(passed)
    assert (first.guarantee, first.model, first.counts) == (second.guarantee, second.model, second.counts)
    assert first.id != second.id
    audited = [row for row in rows(passed, AuditEntry) if row.action == "guarantee.chosen"]
    assert [row.subject for row in audited] == [first.id, second.id]
    assert len(view(passed)["history"]) == 2


def test_another_promise_begins_with_review(passed, tmp_path):
    refit(passed)
    with again_opened(tmp_path, at_most_bad=0.2, settle_hours=0.0) as stricter:
        (item,) = come(stricter, 1, 800)
        assert item.state == State.NEEDS_REVIEW
        assert view(stricter)["threshold"] is None
        assert Steward(stricter).look()
        assert view(stricter)["threshold"] is not None
    with again_opened(tmp_path, **TARGET, promise="expected") as mean:
        row = refit(mean)
        assert (row.guarantee["kind"], row.guarantee["confidence"]) == ("expected", None)
        assert row.guarantee["threshold"] is not None
        assert "On average" in view(mean)["sentence"]


def spoil(context, item, **values):
    with context.ledger.transaction() as session:
        session.execute(update(Label).where(Label.item_id == item.id).values(**values))


@pytest.mark.parametrize(
    "told",
    [{"gap": math.nan}, {"gap": "much"}, {"other": 1.0}, {}, None, {"gap": math.inf}, {"gap": None}],
    ids=str,
)
def test_labels_that_cannot_be_read_publish_nothing(passed, told):
    found = rows(passed, Item)
    newest = max(found, key=lambda item: label_of(passed, item).created_at)
    oldest = min(found, key=lambda item: label_of(passed, item).created_at)
    spoil(passed, oldest, figures=told)
    row = refit(passed)
    assert row.counts["unreadable"] == 1
    assert row.guarantee["threshold"] is not None
    spoil(passed, oldest, figures=label_of(passed, newest).figures)
    spoil(passed, newest, figures=told)
    row = refit(passed)
    assert row.counts["unreadable"] >= PASSED - 1  # other names are those of the newest
    assert row.guarantee["threshold"] is None


def test_a_photo_whose_risk_cannot_be_told_goes_to_a_person(passed, monkeypatch):
    refit(passed)

    def hostile(*_, **__):
        raise TrailError(detail="'lines' is 'many'")

    monkeypatch.setattr(labels, "figures", hostile)
    (item,) = come(passed, 1, 900)
    assert item.state == State.NEEDS_REVIEW
    assert "'lines' is 'many'" in item.reason
    assert label_of(passed, item).risk is None


@pytest.mark.parametrize("broken", [{"guarantee": {}}, {"model": {"weights": 3}}, {"model": {}}], ids=str)
def test_a_guarantee_that_cannot_be_read_publishes_nothing(passed, broken):
    row = refit(passed)
    with passed.ledger.transaction() as session:
        for name, value in {"guarantee": row.guarantee, "model": row.model, **broken}.items():
            session.execute(update(GuaranteeRow).values({name: value}))
    (item,) = come(passed, 1, 900)
    assert item.state == State.NEEDS_REVIEW
    assert label_of(passed, item).guarantee_id is None


def test_a_night_teaches_and_changes_no_photo(shop):
    approve(shop, come(shop, 12))
    before = [[row.id for row in rows(shop, kind)] for kind in (Item, TrailRow, Publication)]
    row = selftest.run(shop, photos=12, seed=5)
    after = [[row.id for row in rows(shop, kind)] for kind in (Item, TrailRow, Publication)]
    assert after == before
    assert sum(kind["photos"] for kind in row.kinds) == 12
    assert {"none"} < {kind["kind"] for kind in row.kinds}
    sound = next(kind for kind in row.kinds if kind["kind"] == "none")
    assert (sound["photos"], sound["published"], sound["bad"]) == (3, 3, 0)
    # This recipe sees no overlay: some of them would be published as they came.
    assert sum(kind["bad"] for kind in row.kinds) > 0
    assert len(row.examples) == sum(kind["published"] for kind in row.kinds)
    chosen = refit(shop)
    assert chosen.counts["simulated"] == len(row.examples)
    assert chosen.model["labels"] == chosen.counts["fit"] + len(row.examples)
    assert chosen.counts["calibration"] + chosen.counts["fit"] == 12
    assert view(shop)["self_test"]["kinds"] == row.kinds
    assert [one["kind"] for one in selftest.run(shop, photos=12, seed=5).kinds] == [
        one["kind"] for one in row.kinds
    ]


def test_a_night_without_clean_photos_says_so(shop):
    row = selftest.run(shop)
    assert (row.kinds, row.examples) == ([], [])
    assert "No photo was published untouched yet" in row.note


def test_a_night_without_fonts_says_so(shop, monkeypatch):
    approve(shop, come(shop, 4))
    monkeypatch.setattr(selftest.features, "check", lambda _: False)
    row = selftest.run(shop, photos=4)
    assert "overlays are left out" in row.note
    assert {one["kind"] for one in row.kinds} <= {"none", *selftest.DegradationKind}


def test_each_merchant_has_its_turn(shop):
    for merchant, count in (("large", 9), ("small", 2)):
        send(shop, {f"{merchant}{n}.png": sound(n + count * 50) for n in range(count)}, merchant=merchant)
    work(shop)
    approve(shop, rows(shop, Item))
    with shop.ledger.reading() as session:
        found = selftest.clean_photos(session, 4, 1)
        assert selftest.clean_photos(session, 4, 1) == found
    assert sorted(source.identity.merchant for source in found) == ["large", "large", "small", "small"]


def test_a_drop_is_announced(tmp_path):
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    with again_opened(
        tmp_path, **TARGET, alert_url="https://ops.example.com", webhook_secret="s" * 32
    ) as context:
        approve(context, come(context, 8))
        first = selftest.run(context, photos=8)
        assert rows(context, Delivery) == []
        better = [one | {"photos": 60, "found": 60, "bad": 0} for one in first.kinds]
        with context.ledger.transaction() as session:
            session.execute(update(SelfTestRow).where(SelfTestRow.id == first.id).values(kinds=better))
        row = selftest.run(context, photos=8)  # the same seed, so the same kinds
        (told,) = rows(context, Delivery)
        assert "guarantee.self_test_dropped" in told.body
        assert "All flaws: found on" in row.note


def killed(folder, *, ended):
    """A process that is killed in the middle of a self-test, or, with ``ended``, right after it."""
    said = [sys.executable, "-c", _NIGHT, str(folder), "1" if ended else ""]
    process = subprocess.Popen(said, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    while (line := process.stdout.readline()) not in ("here\n", ""):
        pass
    assert line == "here\n"
    process.kill()
    process.communicate()


@pytest.mark.parametrize("ended", [False, True])
def test_killed_it_goes_on_where_it_was(shop, tmp_path, ended):
    approve(shop, come(shop, 4))
    killed(tmp_path, ended=ended)
    left = [row.id for row in rows(shop, SelfTestRow)]
    assert len(left) == ended
    assert rows(shop, GuaranteeRow) == []
    with again_opened(tmp_path, **TARGET) as later:
        assert Steward(later).look()
        assert len(rows(later, SelfTestRow)) == len(rows(later, GuaranteeRow)) == 1
        assert [row.id for row in rows(later, SelfTestRow)][:ended] == left
        assert not Steward(later).look()
        long_ago = {"at": time.time() - 25 * 3600}
        with later.ledger.transaction() as session:
            session.execute(update(SelfTestRow).values(long_ago))
            session.execute(update(GuaranteeRow).values(long_ago))
        assert Steward(later).look()
        assert len(rows(later, SelfTestRow)) == len(rows(later, GuaranteeRow)) == 2


def test_stopped_half_way_a_night_leaves_nothing_behind(shop):
    approve(shop, come(shop, 6))
    left = iter([True, True, False])
    assert selftest.run(shop, photos=6, proceed=lambda: next(left)) is None
    assert rows(shop, SelfTestRow) == []


def test_a_failed_night_does_not_keep_the_threshold_from_being_chosen(shop, monkeypatch):
    def fail(*_, **__):
        raise NoTargetError

    monkeypatch.setattr(selftest, "run", fail)
    with pytest.raises(NoTargetError):
        Steward(shop).look()
    assert len(rows(shop, GuaranteeRow)) == 1


def test_the_steward_begins_by_itself_and_ends_when_told(shop, monkeypatch):
    monkeypatch.setattr("packshot.service.steward.Steward.rest_seconds", 0.01)
    steward = Steward(shop)
    steward.start()
    end = time.monotonic() + 60
    while not rows(shop, GuaranteeRow) and time.monotonic() < end:
        time.sleep(0.02)
    steward.stop()
    assert len(rows(shop, GuaranteeRow)) == 1


@pytest.mark.usefixtures("passed")
def test_the_commands_say_it(tmp_path, monkeypatch):
    told = {
        "HOME": tmp_path / "home",
        "RECIPE": tmp_path / "recipe.yaml",
        "SETTLE_HOURS": 0,
        "PROMISE": "expected",
    }
    for name, value in told.items():
        monkeypatch.setenv(f"PACKSHOT_{name}", str(value))

    def packshot(*arguments):
        made = CliRunner().invoke(commands.app, arguments)
        return made.output if made.exception is None else made.exception

    assert "No target is set" in packshot("status")
    assert isinstance(packshot("refit"), NoTargetError)
    monkeypatch.setenv("PACKSHOT_AT_MOST_BAD", "0.01")
    assert "No threshold was chosen for this recipe yet" in packshot("status")
    assert "About 99 are enough" in packshot("refit", "--as", "ann")
    assert "further labels are needed" in packshot("status")
    monkeypatch.setenv("PACKSHOT_AT_MOST_BAD", "0.1")
    assert json.loads(packshot("refit", "--json"))["threshold"] == 1.0
    assert "none" in packshot("selftest", "--photos", "4", "--seed", "3")
    said = json.loads(packshot("status", "--json"))
    assert (
        said["self_test"]["kinds"]
        == json.loads(packshot("selftest", "--photos", "4", "--seed", "3", "--json"))["kinds"]
    )
    assert "need no person" in packshot("status")
