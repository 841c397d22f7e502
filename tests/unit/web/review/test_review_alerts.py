"""The page of alerts: what is shown, and who may take note."""

import time

from review_pages import Home
from test_review_escaping import read

from packshot.ledger.rollout_tables import Alert

HOSTILE = '<script>alert("1")</script>'
DETAIL = {
    "summary": f"failed checks rose from 5.1 % to 31 % for merchant {HOSTILE}",
    "began_at": 1.0,
    "photos": 124,
    "one_in_photos": 50_000.0,
    "one_in_days": None,
    "suspects": [
        {"what": f"First batch of {HOSTILE}", "actor": HOSTILE, "seconds_before": 200.0},
        {"what": "live switched", "actor": "ann", "seconds_before": -60.0},
    ],
    "examples": ["job_a"],
    "others_count": 3,
    "recovered_at": None,
    "open": [],
}


def alert(home: Home) -> None:
    with home.context.ledger.transaction() as session:
        session.add(
            Alert(id="alt_1", metric="failed_checks", scope={"merchant": "m"}, detail=DETAIL, at=time.time())
        )


def text_of(home: Home, path: str) -> str:
    answer = home.client.get(path)
    assert answer.status_code == 200, answer.text
    assert HOSTILE not in answer.text
    return " ".join(read(answer.text).text.split())


def test_without_an_alert_nothing_got_worse(local: Home) -> None:
    assert "Nothing got worse" in text_of(local, "/alerts")
    assert "no new alert" in text_of(local, "/?span=month")


def test_an_alert_says_what_changed_just_before_until_somebody_takes_note(local: Home) -> None:
    alert(local)
    said = text_of(local, "/alerts")
    assert "31 %" in said
    assert "3.3 min before" in said
    assert "60 s after" in said
    assert "3 further detectors" in said
    assert "1 new alert" in text_of(local, "/")
    answer = local.post("/alerts/alt_1/seen")
    assert answer.status_code == 303, answer.text
    assert "Take note" not in text_of(local, "/alerts")
    assert "no new alert" in text_of(local, "/")
