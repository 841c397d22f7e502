"""Who may do what, and how often."""

import selectors
import socket

import pytest
from api_pictures import encoded, product
from api_service import is_problem, serving

from packshot.ledger import keys
from packshot.ledger.keys import Scope

PHOTO = encoded(product((64, 48)))
CALLS = {
    ("GET", "/v1/batches"): Scope.READ,
    ("GET", "/v1/batches/x"): Scope.READ,
    ("GET", "/v1/batches/x/jobs"): Scope.READ,
    ("GET", "/v1/batches/x/events"): Scope.READ,
    ("GET", "/v1/jobs"): Scope.READ,
    ("GET", "/v1/jobs/x"): Scope.READ,
    ("GET", "/v1/jobs/x/input"): Scope.READ,
    ("GET", "/metrics"): Scope.READ,
    ("POST", "/upscale"): Scope.SUBMIT,
    ("POST", "/v1/upscale"): Scope.SUBMIT,
    ("POST", "/remove-text"): Scope.SUBMIT,
    ("POST", "/v1/remove-text"): Scope.SUBMIT,
    ("POST", "/crop"): Scope.SUBMIT,
    ("POST", "/v1/crop"): Scope.SUBMIT,
    ("POST", "/validate"): Scope.SUBMIT,
    ("POST", "/v1/validate"): Scope.SUBMIT,
    ("POST", "/inpaint"): Scope.SUBMIT,
    ("POST", "/v1/inpaint"): Scope.SUBMIT,
    ("POST", "/v1/batches"): Scope.SUBMIT,
    ("POST", "/v1/batches/x/cancel"): Scope.SUBMIT,
    ("POST", "/v1/batches/x/unpublish"): Scope.REVIEW,
    ("POST", "/v1/batches/x/restore"): Scope.REVIEW,
    ("POST", "/v1/jobs/x/review"): Scope.REVIEW,
    ("POST", "/v1/jobs/x/review/y/undo"): Scope.REVIEW,
    ("GET", "/v1/live"): Scope.READ,
    ("GET", "/v1/rollouts"): Scope.READ,
    ("GET", "/v1/rollouts/x"): Scope.READ,
    ("GET", "/v1/rollouts/x/differences"): Scope.READ,
    ("GET", "/v1/experiments"): Scope.READ,
    ("GET", "/v1/experiments/x"): Scope.READ,
    ("GET", "/v1/alerts"): Scope.READ,
    ("GET", "/v1/guarantee"): Scope.READ,
    ("POST", "/v1/models/use"): Scope.ADMIN,
    ("POST", "/v1/rollouts"): Scope.ADMIN,
    ("POST", "/v1/rollouts/x/hold"): Scope.ADMIN,
    ("POST", "/v1/experiments"): Scope.ADMIN,
    ("POST", "/v1/experiments/x/stop"): Scope.ADMIN,
    ("POST", "/v1/alerts/x/seen"): Scope.ADMIN,
    ("GET", "/v1/audit"): Scope.ADMIN,
    ("POST", "/v1/audit/verify"): Scope.ADMIN,
}
DECISION = {"action": "approve"}


@pytest.fixture(scope="module")
def holders(guarded):
    """The headers of somebody with each scope alone."""
    return {scope: guarded.key(f"only-{scope}", scope) for scope in Scope}


def test_every_call_is_listed_here(guarded):
    open_to_all = {("GET", "/healthz"), ("GET", "/readyz")}
    names = {"what": "input", "review_id": "y", "action": "hold"}
    names |= dict.fromkeys(("batch_id", "job_id", "rollout_id", "experiment_id", "alert_id"), "x")
    told = {
        (method.upper(), path.format(**names))
        for path, operations in guarded.http.get("/openapi.json").json()["paths"].items()
        for method in operations
    }
    assert told - open_to_all == set(CALLS)


@pytest.mark.parametrize(("method", "path"), list(CALLS))
def test_every_call_needs_a_key_of_its_scope(guarded, holders, method, path):
    def call(headers):
        return guarded.http.request(
            method, path, headers=headers, json=DECISION if "review" in path else None
        )

    answer = call({})
    is_problem(answer, 401, "unauthorized")
    assert answer.headers["www-authenticate"] == "Bearer"
    for scope, headers in holders.items():
        answer = call(headers)
        if scope in (CALLS[method, path], Scope.ADMIN):
            assert answer.status_code not in (401, 403)
        else:
            assert CALLS[method, path].value in is_problem(answer, 403, "forbidden")["detail"]


@pytest.mark.parametrize(
    "given", [b"", b"Bearer", b"Basic YTpi", b"Bearer pk_live_wrong", b"Bearer \xff\xfe", b"pk_live_a"]
)
def test_what_is_no_key(guarded, given):
    is_problem(guarded.http.get("/v1/batches", headers=[(b"authorization", given)]), 401)


def test_nothing_is_read_of_whoever_has_no_key(guarded):
    head = "POST /upscale HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n"
    with socket.create_connection(("127.0.0.1", guarded.port), timeout=60) as connection:
        connection.sendall(head.encode())
        assert b" 401 " in connection.recv(100)


def test_a_revoked_key_is_worthless_at_once(guarded):
    headers = guarded.key("leaver", Scope.READ)
    assert guarded.http.get("/v1/batches", headers=headers).status_code == 200
    with guarded.context.ledger.transaction() as session:
        keys.revoke(session, "leaver")
    is_problem(guarded.http.get("/v1/batches", headers=headers), 401)


def test_a_rotated_key_works_and_the_old_one_does_not(guarded):
    old = guarded.key("rotator", Scope.READ)
    with guarded.context.ledger.transaction() as session:
        new = {"authorization": f"bearer {keys.rotate(session, 'rotator', 0.0)}"}
    is_problem(guarded.http.get("/v1/batches", headers=old), 401)
    assert guarded.http.get("/v1/batches", headers=new).status_code == 200


def test_a_key_has_its_rate(guarded):
    headers, others = guarded.key("slow", Scope.READ, per_minute=3), guarded.key("other", Scope.READ)
    answers = [guarded.http.get("/v1/batches", headers=headers) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert {answer.headers["ratelimit-limit"] for answer in answers} == {"3"}
    assert is_problem(answers[3], 429, "rate_limited")["retryable"] is True
    assert 1 <= int(answers[3].headers["retry-after"]) <= 20
    assert 1 <= int(answers[3].headers["ratelimit-reset"]) <= 60
    assert guarded.http.get("/v1/batches", headers=others).status_code == 200


def test_batches_are_the_work_of_their_submitter(guarded):
    batch = guarded.submit(("a.png", PHOTO), headers=guarded.key("shop"))
    seen = guarded.http.get(f"/v1/batches/{batch}", headers=guarded.key("reader", Scope.READ)).json()
    assert seen["submitted_by"] == "shop"


def test_idempotency_keys_are_each_callers_own(guarded):
    same = {"idempotency-key": "order-1"}
    made = [guarded.submit(("a.png", PHOTO), headers=guarded.key(name) | same) for name in ("left", "right")]
    assert len(set(made)) == 2


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": "localhost.evil.example"},
        {"host": "127.0.0.1.nip.io"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost:1"},
    ],
)
def test_without_keys_other_sites_pages_get_nothing(service, headers):
    for method, path in CALLS:
        is_problem(service.http.request(method, path, headers=headers, json=DECISION), 403, "forbidden")


def test_there_is_no_cors(service, guarded):
    asking = {"origin": "https://evil.example", "access-control-request-method": "POST"}
    for one in (service, guarded):
        for method in ("OPTIONS", "GET", "POST"):
            answer = one.http.request(method, "/v1/batches", headers=asking)
            assert not [name for name in answer.headers if name.startswith("access-control")]
            assert answer.status_code >= 400


def test_who_comes_when_all_workers_are_taken_waits_or_is_sent_away(tmp_path):
    seats, more = 17, 8
    head = b"POST /upscale HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n"
    head += b"Content-Type: application/json\r\n\r\n"
    with serving(tmp_path, work=False) as made, selectors.DefaultSelector() as ready:
        connections = [
            socket.create_connection(("127.0.0.1", made.port), timeout=60) for _ in range(seats + more)
        ]
        for connection in connections:
            connection.sendall(head)  # and never the body
            ready.register(connection, selectors.EVENT_READ)
        refused = 0
        while refused < more:
            for chosen, _ in ready.select(60):
                answer = chosen.fileobj.recv(2000)
                assert b" 429 " in answer
                assert b"retry-after: 2" in answer
                ready.unregister(chosen.fileobj)
                refused += 1
        assert made.http.get("/healthz").status_code == 200
        for connection in connections:
            connection.close()
        assert made.http.post("/upscale", files={"file": ("a.png", b"")}).status_code in (422, 429)
