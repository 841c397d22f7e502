"""Pages of changes: who may begin and move them, what is said where that fails, and what is shown of them."""

import re

import pytest
from review_pages import GOOD, POOR, Home, picture
from test_review_escaping import NAMES, read

from packshot.ledger.keys import Scope
from packshot.ledger.rollout_tables import Comparison, ExperimentRow, JudgementRow, Rollout, Transition
from packshot.ledger.tables import TrailRow
from packshot.rollout.plan import Plan
from packshot.rollout.progress import Action
from packshot.rollout.trial import Trial
from packshot.service import comparing, experiments, rollouts
from packshot.service.submit import keep
from packshot.web.review.rollout_view import mark_of

ENLARGED = {
    "stages": [{"upscale": {"min_side": 200}}],
    "backends": dict.fromkeys(("upscaler_x4", "upscaler_x4_degraded"), "lanczos-x4"),
}
"""Has photos of 60 px pass that went to review."""
MOVES = ("promote", "advance", "hold", "resume", "roll_back", "abort")
PLAN = "rollout: stricter\ncandidate: {threshold: 0.9}\nphases: [{kind: shadow, least: 3}]\n"
TRIAL = """
experiment: two-thresholds
arms: {now: {}, stricter: {threshold: 0.9}}
control: now
shares: {now: 0.5, stricter: 0.5}
"""
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def begin(home: Home, candidate: object = None, **said: object) -> str:
    plan = {"rollout": "larger", "candidate": candidate or ENLARGED, "interval": 3600.0, **said}
    plan.setdefault(
        "phases", [{"kind": "shadow", "least": 2}, {"kind": "canary", "weight": 0.25, "least": 2}]
    )
    return rollouts.apply(home.context, Plan.from_dict(plan, "plan"), "maria")


def compared(home: Home, *names: str, photos: int = 3, **said: object) -> str:
    """A rollout in its shadow that has seen photos, and was judged once."""
    made = begin(home, **said)
    named = names or [f"photo-{number}.png" for number in range(photos)]
    home.send({name: picture(number, POOR) for number, name in enumerate(named)}, merchant="m", category="c")
    while comparing.compare_one(home.context):
        pass
    rollouts.judge_now(home.context, made)
    return made


def row(home: Home, rollout: str) -> Rollout:
    with home.context.ledger.reading() as session:
        return rollouts.find(session, rollout)


def count(home: Home, table: type) -> int:
    with home.context.ledger.reading() as session:
        return session.query(table).count()


def text_of(home: Home, path: str) -> str:
    answer = home.client.get(path)
    assert answer.status_code == 200, answer.text
    return " ".join(read(answer.text).text.split())


def test_without_any_change_the_page_says_what_is_live(local: Home) -> None:
    said = text_of(local, "/rollouts")
    assert local.context.lanes.snapshot().live.digest()[:12] in said
    assert "by configuration" in said
    assert "No change is under way" in said
    assert "No rollout has ended yet" in said


def test_a_model_is_switched_by_the_form(local: Home) -> None:
    page = local.client.get("/rollouts").text
    offered = re.findall(r'<option value="(\w+ [\w-]+)"', page)
    assert "filler_texture navier-stokes" in offered
    assert "filler_texture patchmatch" not in offered  # it is live
    answer = local.post("/rollouts/use", model="filler_texture navier-stokes", category="")
    assert answer.status_code == 303
    made = row(local, answer.headers["location"].removeprefix("/rollouts/"))
    assert made.plan["candidate"] == {"backends": {"filler_texture": "navier-stokes"}}
    assert made.actor == "local"
    assert "use-filler-texture-navier-stokes" in text_of(local, f"/rollouts/{made.id}")
    listed = text_of(local, "/rollouts")
    assert "Switch a model" not in listed
    assert "another one can begin once use-filler-texture-navier-stokes has ended" in listed


def test_a_model_is_switched_for_one_category(local: Home) -> None:
    answer = local.post("/rollouts/use", model="filler_flat fsr", category=" knit ")
    made = row(local, answer.headers["location"].removeprefix("/rollouts/"))
    assert made.plan["categories"] == ["knit"]
    assert made.plan["candidate"] == {"categories": {"knit": {"backends": {"filler_flat": "fsr"}}}}


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("", "Choose a model"),
        ("filler_flat", "Choose a model"),
        ("nothing fsr", "role"),
        ("filler_flat none", "none"),
    ],
)
def test_a_switch_that_cannot_be_is_told_beside_its_form(local: Home, model: str, said: str) -> None:
    answer = local.post("/rollouts/use", {"hx-request": "true"}, model=model, category="<b>")
    assert answer.status_code == 422
    page = read(answer.text)
    (notice,) = [attrs for tag, attrs in page.tags if attrs.get("id") == "wrong-model"]
    assert notice["role"] == "alert"
    assert said in page.text
    assert "<html" not in answer.text
    assert [attrs["value"] for tag, attrs in page.tags if attrs.get("name") == "category"] == ["<b>"]
    assert count(local, Rollout) == 0


def test_a_plan_begins_a_rollout_and_an_experiment(local: Home) -> None:
    answer = local.post("/rollouts", plan=PLAN)
    assert re.fullmatch(r"/rollouts/rol_\w+", answer.headers["location"])
    rollouts.act(local.context, "stricter", Action.ABORT, "maria")
    answer = local.post("/rollouts", {"hx-request": "true"}, plan=TRIAL)
    assert re.fullmatch(r"/experiments/exp_\w+", answer.headers["hx-redirect"])
    assert count(local, ExperimentRow) == 1


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ("rollout: [", "expected"),
        ("just words", "valid dictionary"),
        ("rollout: a\ncandidate: {thresold: 0.9}", "thresold"),
        ("rollout: a\ncandidate: {threshold: 0.9}\nguardrails: {beauty: 1}", "beauty"),
        ("rollout: <script>\ncandidate: {}", "rollout"),
        ("a: &x [1]\nb: [*x, *x]", "alias"),
        ("!!python/object/apply:os.system ['true']", "could not determine a constructor"),
        ("rollout: 2027-02-30", "cannot be"),
        ("[" * 20_000, "nested"),
        ("experiment: e\narms: {a: {}}", "arms"),
    ],
)
def test_what_is_wrong_with_a_plan_is_told_beside_it(local: Home, plan: str, said: str) -> None:
    answer = local.post("/rollouts", plan=plan)
    assert answer.status_code == 422
    page = read(answer.text)
    assert said in page.text
    assert plan[:1000] in page.text  # what was written is still there
    assert [attrs for tag, attrs in page.tags if attrs.get("id") == "wrong-plan"]
    assert count(local, Rollout) == count(local, ExperimentRow) == 0


def test_too_long_a_plan_is_refused(local: Home) -> None:
    assert local.post("/rollouts", plan="rollout: " + "x" * 70_000).status_code == 400


def test_a_second_change_is_refused_with_its_reason(local: Home) -> None:
    begin(local)
    answer = local.post("/rollouts", plan=PLAN)
    assert answer.status_code == 422
    assert "Rollout larger is under way" in read(answer.text).text
    assert count(local, Rollout) == 1


def test_the_page_of_a_rollout_shows_all_of_it(local: Home) -> None:
    made = compared(local)
    answer = local.client.get(f"/rollouts/{made}")
    page = read(answer.text)
    said = " ".join(page.text.split())
    for words in ("canary 25 %", "Pass rate", "points better", "It stays in this phase", "maria began it"):
        assert words in said, words
    plots = [attrs for tag, attrs in page.tags if tag == "svg" and attrs["class"].startswith("interval")]
    assert len(plots) == len(
        [
            one
            for one in row(local, made).judgement["evidence"]
            if one["effect"] is not None and one["kind"] != "check"
        ]
    )
    assert all(attrs["role"] == "img" and attrs["aria-label"] for attrs in plots)
    assert [attrs for _, attrs in page.tags if attrs.get("aria-current") == "step"]
    buttons = {
        attrs["data-open"]: attrs["data-key"]
        for tag, attrs in page.tags
        if tag == "button" and "data-does" in attrs
    }
    assert buttons == {"advance": "a", "promote": "p", "hold": "h", "roll_back": "b", "abort": "x"}


def test_pictures_of_a_comparison_are_shown_and_no_other_file(local: Home) -> None:
    made = compared(local)
    page = read(local.client.get(f"/rollouts/{made}").text)
    shown = [attrs["src"] for tag, attrs in page.tags if tag == "img" and "/rollouts/" in attrs["src"]]
    assert shown
    for source in shown:
        answer = local.client.get(source)
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"].startswith("private")
        assert (
            local.client.get(source.replace("/small/", "/full/")).headers["content-type"].startswith("image/")
        )
    head, _, digest = shown[0].rpartition("/")
    other = keep(local.context, picture(99), "image/png")
    assert local.client.get(f"{head}/{other}.image").status_code == 404
    assert local.client.get(f"{head.replace(made, 'rol_0')}/{digest}").status_code == 404
    assert local.client.get(f"{head.replace('/small', '/mark')}/{digest}").status_code == 422


def test_what_is_no_raster_picture_is_never_sent(local: Home) -> None:
    made = compared(local)
    digest = keep(local.context, SVG, "image/svg+xml")
    with local.context.ledger.transaction() as session:
        one = session.query(Comparison).first()
        one.pictures = {"baseline": digest, "candidate": digest}
        name = one.id
    for kind in ("small", "full"):
        answer = local.client.get(f"/rollouts/{made}/{name}/{kind}/{digest}.image")
        assert answer.status_code >= 400
        assert "<script>alert" not in answer.text


def test_a_rollout_is_moved_by_its_buttons(local: Home) -> None:
    made = compared(local)
    for action, status, phase in (("hold", "held", 0), ("resume", "running", 0), ("advance", "running", 1)):
        answer = local.post(f"/rollouts/{made}/{action}", reason=f"because {action}")
        assert answer.headers["location"] == f"/rollouts/{made}"
        assert (row(local, made).status, row(local, made).phase) == (status, phase)
        assert f"because {action}" in text_of(local, f"/rollouts/{made}")
    local.post(f"/rollouts/{made}/roll_back", reason="")
    page = local.client.get(f"/rollouts/{made}").text
    assert "All products have the live recipe again" in page
    assert "hx-get" not in page
    assert "<button" not in page.partition('id="actions"')[2].partition("</div>")[0]
    assert "rolled back" in text_of(local, "/rollouts")


def test_a_promoted_candidate_is_what_is_live(local: Home) -> None:
    made = begin(local)
    local.post(f"/rollouts/{made}/promote", reason="sure")
    said = text_of(local, "/rollouts")
    assert row(local, made).candidate[:12] in said
    assert "through larger" in said
    assert "The candidate is the live recipe now" in text_of(local, f"/rollouts/{made}")


def test_what_cannot_be_done_is_told(local: Home) -> None:
    made = begin(local)
    assert local.post(f"/rollouts/{made}/resume").status_code == 409
    assert local.post(f"/rollouts/{made}/explode").status_code == 422
    assert local.post(f"/rollouts/{made}/hold", reason="x" * 501).status_code == 422
    assert local.post("/rollouts/rol_0/hold").status_code == 404
    assert row(local, made).status == "running"
    assert local.client.get("/rollouts/rol_0").status_code == 404
    assert local.client.get("/experiments/exp_0").status_code == 404


def test_the_part_that_changes_comes_only_when_it_has(local: Home) -> None:
    made = begin(local)
    path, asked = f"/rollouts/{made}/state", {"hx-request": "true"}
    seen = mark_of(row(local, made))
    assert f'value="{seen}"' in local.client.get(f"/rollouts/{made}").text
    assert local.client.get(path, params={"seen": seen}, headers=asked).status_code == 204
    rollouts.act(local.context, made, Action.HOLD, "conductor")
    answer = local.client.get(path, params={"seen": seen}, headers=asked)
    assert "<html" not in answer.text
    assert 'hx-swap-oob="true"' in answer.text
    assert 'data-open="resume"' in answer.text
    rollouts.act(local.context, made, Action.ABORT, "maria")
    assert local.client.get(path, params={"seen": seen}, headers=asked).headers["hx-refresh"] == "true"


def test_many_judgements_are_thinned_and_the_last_one_is_shown(local: Home) -> None:
    made = compared(local)
    with local.context.ledger.transaction() as session:
        first = session.query(JudgementRow).one()
        kept = {name: getattr(first, name) for name in ("rollout_id", "phase", "verdict", "evidence")}
        for number in range(500):
            session.add(JudgementRow(id=f"jdg_x{number}", at=first.at + number, photos=1000 + number, **kept))
    page = local.client.get(f"/rollouts/{made}").text
    lines = page.partition('id="history"')[2].partition("</table>")[0].count("<tr data-at")
    assert lines == 120
    assert "1,499" in page


def test_who_has_not_the_scope_admin_looks_only(guarded: Home) -> None:
    made = compared(guarded)
    guarded.sign_in(guarded.key("maria", Scope.READ, Scope.REVIEW, Scope.SUBMIT).secret)
    page = guarded.client.get(f"/rollouts/{made}").text
    assert "It stays in this phase" in page
    assert 'data-open="promote"' not in page
    assert "<textarea" not in page
    listed = guarded.client.get("/rollouts").text
    assert "lacks the scope" in listed
    assert "<select" not in listed
    assert guarded.client.get(f"/rollouts/{made}/state").status_code == 200
    assert 'data-open="hold"' not in guarded.client.get(f"/rollouts/{made}/state").text
    for path in ("/rollouts", "/rollouts/use", *(f"/rollouts/{made}/{action}" for action in MOVES)):
        assert guarded.post(path, plan=PLAN, model="filler_flat fsr").status_code == 403, path
    assert row(guarded, made).status == "running"
    assert count(guarded, Rollout) == 1
    assert count(guarded, Transition) == 1


def test_an_admin_of_a_service_with_keys_moves_under_their_name(guarded: Home) -> None:
    made = begin(guarded)
    guarded.sign_in(guarded.key("boss", Scope.ADMIN).secret)
    guarded.post(f"/rollouts/{made}/hold", reason="lunch")
    assert "boss held it" in text_of(guarded, f"/rollouts/{made}")


def test_who_is_unknown_sees_nothing_of_it(guarded: Home) -> None:
    made = compared(guarded)
    for path in ("/rollouts", f"/rollouts/{made}", f"/rollouts/{made}/state"):
        assert guarded.client.get(path).headers["location"].startswith("/login"), path
    with guarded.context.ledger.reading() as session:
        one = session.query(Comparison).filter(Comparison.pictures.is_not(None)).first()
    digest = one.pictures["candidate"]
    answer = guarded.client.get(f"/rollouts/{made}/{one.id}/small/{digest}.image")
    assert answer.headers["location"].startswith("/login")


@pytest.mark.parametrize("token", [None, "", "0" * 64])
def test_a_form_without_its_token_moves_nothing(local: Home, token: str | None) -> None:
    made = begin(local)
    fields = {} if token is None else {"token": token}
    for path in ("/rollouts", "/rollouts/use", *(f"/rollouts/{made}/{action}" for action in MOVES)):
        assert local.client.post(path, data=fields).status_code == 403, path
    assert row(local, made).status == "running"


@pytest.mark.parametrize("name", NAMES)
def test_hostile_names_and_reasons_stay_text(local: Home, name: str) -> None:
    made = compared(local, name, f"{name}.png", candidate=ENLARGED)
    local.post(f"/rollouts/{made}/hold", reason=name)
    shown = 0
    for path in ("/rollouts", f"/rollouts/{made}"):
        page = read(local.client.get(path).text)
        shown += page.text.replace("\N{ZERO WIDTH SPACE}", "").count(name)
        check_tags(page)
    assert shown >= 3


def test_a_hostile_category_stays_text(local: Home) -> None:
    answer = local.post("/rollouts/use", model="filler_flat fsr", category=NAMES[1])
    page = read(local.client.get(answer.headers["location"]).text)
    assert NAMES[1] in page.text
    check_tags(page)


def check_tags(page) -> None:
    for tag, attrs in page.tags:
        assert not [one for one in attrs if one.startswith("on") or one == "style"], (tag, attrs)
        assert tag != "script" or set(attrs) == {"src", "defer"}, attrs
        assert tag != "img" or re.match(r"/(review|static|rollouts)/", attrs["src"]), attrs


def run_trial(home: Home, **said: object) -> str:
    trial = {
        "experiment": "larger-or-not",
        "arms": {"now": {}, "larger": ENLARGED},
        "control": "now",
        "shares": {"now": 0.5, "larger": 0.5},
        **said,
    }
    made = experiments.start(home.context, Trial.from_dict(trial, "trial"), "maria")
    for number in range(16):
        category = ("knit", "lamps<b>")[number % 2]
        home.send({f"{number}.png": picture(number, POOR)}, product=f"p{number}", category=category)
    return made


def test_an_experiment_shows_arms_effects_and_categories(local: Home) -> None:
    made = run_trial(local)
    answer = local.client.get(f"/experiments/{made}")
    page = read(answer.text)
    said = " ".join(page.text.split())
    for words in ("Always valid", "larger", "Pass rate", "lamps<b>", "16 products", "points better"):
        assert words in said, words
    assert [attrs for tag, attrs in page.tags if tag == "svg" and attrs["class"].startswith("interval")]
    assert "one arm has no photos with this metric" in said  # nobody reviewed anything
    check_tags(page)
    assert "larger-or-not" in text_of(local, "/rollouts")


def test_planned_looks_are_told_in_words(local: Home) -> None:
    made = run_trial(local, design={"kind": "group_sequential", "photos": 1000, "looks": 5})
    said = text_of(local, f"/experiments/{made}")
    assert "5 looks planned, none reached yet; the next one is at 200 photos in each arm" in said
    assert "There is no interval before the first planned look" in said


def test_an_experiment_is_stopped_with_a_reason(local: Home) -> None:
    made = run_trial(local)
    answer = local.post(f"/experiments/{made}/stop", reason="<i>enough</i>")
    assert answer.headers["location"] == f"/experiments/{made}"
    page = local.client.get(f"/experiments/{made}").text
    assert "<i>enough</i>" in read(page).text
    assert 'data-open="stop"' not in page
    assert local.post(f"/experiments/{made}/stop").status_code == 422


def test_an_experiment_is_stopped_by_admins_only(guarded: Home) -> None:
    made = run_trial(guarded)
    guarded.sign_in(guarded.key("maria", Scope.REVIEW, Scope.SUBMIT).secret)
    assert 'data-open="stop"' not in guarded.client.get(f"/experiments/{made}").text
    assert guarded.post(f"/experiments/{made}/stop").status_code == 403
    with guarded.context.ledger.reading() as session:
        assert experiments.find(session, made).running


def test_a_mismatch_of_the_assignment_is_said_and_leaves_no_interval(local: Home) -> None:
    made = run_trial(local)
    with local.context.ledger.transaction() as session:
        found = experiments.find(session, made)
        found.spec = {**found.spec, "shares": {"now": 0.9999, "larger": 0.0001}}
        for number, trail in enumerate(session.query(TrailRow).filter_by(rollout_id=made)):
            trail.lane = "larger" if number < 10 else "now"
    said = text_of(local, f"/experiments/{made}")
    assert "Products are not spread over the arms as planned" in said
    assert "so the arms don't compare" in said


def test_photos_that_were_good_already_have_no_difference(local: Home) -> None:
    made = begin(local, {"threshold": 0.9})
    local.send({"good.png": picture(1, GOOD)})
    while comparing.compare_one(local.context):
        pass
    rollouts.judge_now(local.context, made)
    assert "No photo came out different" in text_of(local, f"/rollouts/{made}")
