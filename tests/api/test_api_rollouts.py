"""Rollouts, experiments and switches through HTTP, in a service that works."""

import time

import pytest
from api_pictures import encoded, product
from api_service import GOOD, is_problem, serving

from packshot.ledger.keys import Scope

PLAN = {
    "rollout": "stricter",
    "candidate": {"threshold": 0.9},
    "phases": [{"kind": "shadow", "least": 3}, {"kind": "canary", "weight": 0.5, "least": 2}],
    "guardrails": {"failure_rate": 0.9, "pass_rate": 0.9},
    "interval": 0.05,
}
TRIAL = {
    "experiment": "thresholds",
    "arms": {"now": {}, "stricter": {"threshold": 0.9}},
    "control": "now",
    "shares": {"now": 0.5, "stricter": 0.5},
}


@pytest.fixture
def service(tmp_path):
    with serving(tmp_path, shadow_share=1.0) as made:
        yield made


def photos(first, count):
    return [
        (f"{number}.png", encoded(product((GOOD[0] + number, GOOD[1]))))
        for number in range(first, first + count)
    ]


def until(service, rollout, wanted, seconds=120):
    """Send photos until the rollout is in one of these states; how it is then."""
    number, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        view = service.http.get(f"/v1/rollouts/{rollout}").json()
        if view["status"] in wanted:
            return view
        service.finished(service.submit(*photos(number, 4)))
        number += 4
    raise AssertionError(f"still {view['status']} in {view['phase']}: {view['reason']}, {view['judgement']}")


def test_a_rollout_goes_through_its_phases_by_itself(service):
    made = service.http.post("/v1/rollouts", json=PLAN)
    assert made.status_code == 201, made.text
    assert (made.json()["phase"], made.json()["weight"]) == ("shadow", 0.0)
    view = until(service, made.json()["id"], {"promoted", "rolled_back", "held"})
    assert view["status"] == "promoted", view["reason"]
    assert [step["action"] for step in view["transitions"]] == ["start", "advance", "promote"]
    assert all(step["judgement"] for step in view["transitions"][1:])
    live = service.http.get("/v1/live").json()
    assert (live["recipe"], live["rollout"]) == (view["candidate"], view["id"])
    assert live["content"]["threshold"] == 0.9
    text = service.http.get("/metrics").text
    assert "shadow_divergence_count" in text
    assert "canary_weight" in text
    found = service.http.get(f"/v1/rollouts/{view['id']}/differences").json()["differences"]
    assert found == []  # nothing differs


def test_what_is_wrong_is_a_problem(service):
    for plan in (
        PLAN | {"candidate": {"threshold": 7}},
        PLAN | {"candidate": {}},
        PLAN | {"guardrails": {"beauty": 1}},
        PLAN | {"rollout": "No Name"},
        {"rollout": "x"},
    ):
        is_problem(service.http.post("/v1/rollouts", json=plan), 422)
    is_problem(service.http.get("/v1/rollouts/rol_none"), 404, "not_found")
    is_problem(service.http.post("/v1/rollouts/rol_none/hold"), 404, "not_found")
    is_problem(service.http.post("/v1/models/use", json={"role": "nonsense", "backend": "fsr"}), 422)
    assert service.http.get("/v1/rollouts").json() == {"rollouts": []}


def test_a_rollout_is_moved_by_hand_and_only_as_its_state_allows(service):
    made = service.http.post("/v1/rollouts", json=PLAN).json()["id"]
    assert service.http.post("/v1/rollouts", json=PLAN).json()["id"] == made
    is_problem(service.http.post("/v1/rollouts", json=PLAN | {"rollout": "other"}), 422, "usage")
    is_problem(service.http.post(f"/v1/rollouts/{made}/resume"), 409, "not_possible")
    held = service.http.post(f"/v1/rollouts/{made}/hold", json={"reason": "lunch"}).json()
    assert (held["status"], held["reason"]) == ("held", "lunch")
    assert service.http.post(f"/v1/rollouts/{made}/resume").json()["status"] == "running"
    ended = service.http.post(f"/v1/rollouts/{made}/rollback").json()
    assert (ended["status"], ended["weight"]) == ("rolled_back", 0.0)
    is_problem(service.http.post(f"/v1/rollouts/{made}/promote"), 409, "not_possible")


def test_a_model_is_switched_without_restart_or_a_dropped_request(service):
    made = service.http.post(
        "/v1/models/use", json={"role": "filler_flat", "backend": "patchmatch", "category": "lamps"}
    )
    assert made.status_code == 201, made.text
    batch = service.submit(*photos(0, 6), category="lamps")
    promoted = service.http.post(f"/v1/rollouts/{made.json()['id']}/promote").json()
    assert promoted["status"] == "promoted"
    jobs = service.finished(batch)
    assert {job["state"] for job in jobs.values()} == {"done"}
    live = service.http.get("/v1/live").json()["content"]
    assert live["categories"]["lamps"]["backends"] == {"filler_flat": "patchmatch"}


def test_an_experiment_splits_products_and_says_what_it_saw(service):
    made = service.http.post("/v1/experiments", json=TRIAL)
    assert made.status_code == 201, made.text
    name = made.json()["id"]
    service.finished(service.submit(*photos(0, 12)))
    found = service.http.get(f"/v1/experiments/{name}").json()
    assert sum(found["photos"].values()) == 12
    assert found["means"]["pass_rate"] == {"now": 1.0, "stricter": 1.0}
    assert {one["metric"] for one in found["analysis"]["overall"]} >= {"pass_rate", "latency"}
    is_problem(service.http.post("/v1/rollouts", json=PLAN), 422, "usage")
    assert (
        service.http.post(f"/v1/experiments/{name}/stop", json={"reason": "over"}).json()["running"] is False
    )
    is_problem(service.http.post(f"/v1/experiments/{name}/stop"), 422, "usage")
    assert service.http.get("/v1/experiments").json()["experiments"][0]["reason"] == "over"


def test_only_admins_change_anything(tmp_path):
    with serving(tmp_path, require_keys=True, work=False) as service:
        reader, admin = service.key("r", Scope.READ), service.key("a", Scope.ADMIN)
        is_problem(service.http.post("/v1/rollouts", json=PLAN, headers=reader), 403)
        is_problem(service.http.post("/v1/experiments", json=TRIAL, headers=reader), 403)
        is_problem(service.http.post("/v1/rollouts", json=PLAN), 401)
        made = service.http.post("/v1/rollouts", json=PLAN, headers=admin).json()
        assert made["started_by"] == "a"
        is_problem(service.http.post(f"/v1/rollouts/{made['id']}/promote", headers=reader), 403)
        assert service.http.get(f"/v1/rollouts/{made['id']}", headers=reader).status_code == 200
