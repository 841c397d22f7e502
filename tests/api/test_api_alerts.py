"""Alerts over HTTP."""

import pytest
from api_service import is_problem

from packshot.ledger.keys import Scope
from packshot.ledger.rollout_tables import Alert

DETAIL = {
    "summary": "validation failures of merchant acme: 31 % since about 2026-11-24 20:40:00 UTC, 4.8 % before",
    "before": 0.048,
    "before_of": {"merchant": "acme"},
    "after": 0.31,
    "photos": 120,
    "began_at": 1_000.0,
    "examples": ["job_1"],
    "unit": "share of photos",
    "noticed_in": {"merchant": "acme"},
    "tolerance": 0.02,
    "level_from": "the first 400 photos of merchant acme that were not on trial",
    "one_in_photos": 50_000,
    "one_in_days": None,
    "suspects": [
        {
            "kind": "live.switched",
            "at": 990.0,
            "seconds_before": 10.0,
            "subject": "a" * 64,
            "actor": "ann",
            "what": "recipe aaaaaaaaaaaa became the live one",
        }
    ],
    "others": [],
    "others_count": 0,
    "open": [],
    "recovered_at": None,
}


@pytest.fixture
def noticed(still):
    """A service with two alerts."""
    with still.context.ledger.transaction() as session:
        for number in (1, 2):
            session.add(
                Alert(
                    id=f"alr_{number}",
                    metric="validation_failures",
                    scope={"merchant": "acme"},
                    detail=DETAIL,
                    at=1_000.0 + number,
                )
            )
    return still


def test_the_newest_alert_comes_first_and_says_what_had_changed(noticed):
    found = noticed.http.get("/v1/alerts").json()["alerts"]
    assert [alert["id"] for alert in found] == ["alr_2", "alr_1"]
    assert found[0]["suspects"] == DETAIL["suspects"]
    assert "open" not in found[0]
    assert [a["id"] for a in noticed.http.get("/v1/alerts", params={"limit": 1}).json()["alerts"]] == [
        "alr_2"
    ]


def test_an_alert_that_was_seen_is_not_shown_as_new(noticed):
    answer = noticed.http.post("/v1/alerts/alr_1/seen")
    assert answer.status_code == 200, answer.text
    assert answer.json()["seen_by"] == "local"
    unseen = noticed.http.get("/v1/alerts", params={"unseen": True}).json()["alerts"]
    assert [alert["id"] for alert in unseen] == ["alr_2"]
    assert noticed.http.post("/v1/alerts/alr_1/seen").json()["seen_at"] == answer.json()["seen_at"]


def test_what_there_is_not_cannot_be_seen(noticed):
    is_problem(noticed.http.post("/v1/alerts/alr_9/seen"), 404, "not_found")
    is_problem(noticed.http.get("/v1/alerts", params={"limit": 0}), 422)


def test_to_take_note_needs_a_key_that_may(guarded):
    reader = guarded.key("reader", Scope.READ)
    assert guarded.http.get("/v1/alerts", headers=reader).status_code == 200
    is_problem(guarded.http.post("/v1/alerts/alr_1/seen", headers=reader), 403)
    is_problem(guarded.http.get("/v1/alerts"), 401)
