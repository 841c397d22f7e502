"""Batches from submission to publication, as a shop's system sees them."""

import json
import os
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
from api_pictures import bomb, decoded, encoded, product
from api_receiver import SECRET, verified
from api_service import GOOD, POOR, is_problem, serving

PHOTO, SMALL = encoded(product(GOOD)), encoded(product(POOR))


def key():
    return {"idempotency-key": os.urandom(8).hex()}


def job_in_review(service, **fields):
    fields["merchant"] = os.urandom(4).hex()
    (job,) = service.finished(service.submit(("poor.png", SMALL), **fields)).values()
    assert job["state"] == "needs_review"
    return job["id"]


def test_a_photo_goes_all_the_way(service):
    answer = service.http.post(
        "/v1/batches",
        files=[("files", ("front.png", PHOTO)), ("files", ("back.png", SMALL))],
        data={
            "photos": json.dumps([{"name": "front.png", "product": "SKU-1", "category": "mug"}]),
            "merchant": "acme",
            "attested_by": "Rights desk",
        },
    )
    assert answer.status_code == 202
    batch = answer.json()
    assert (batch["state"], batch["total"], batch["problems"]) == ("accepted", 2, [])
    assert answer.headers["location"] == f"/v1/batches/{batch['id']}"
    jobs = service.finished(batch["id"])
    assert (jobs["front.png"]["state"], jobs["back.png"]["state"]) == ("done", "needs_review")
    seen = service.http.get(answer.headers["location"]).json()
    assert seen["counts"] == dict.fromkeys(("accepted", "processing", "skipped", "failed"), 0) | {
        "done": 1,
        "needs_review": 1,
    }
    assert (seen["merchant"], seen["attested_by"], seen["submitted_by"]) == ("acme", "Rights desk", "local")
    job = service.http.get(f"/v1/jobs/{jobs['front.png']['id']}").json()
    assert (job["product"], job["category"], job["merchant"]) == ("SKU-1", "mug", "acme")
    assert job["published"]["files"]
    assert job["trail"]["attested_by"] == "Rights desk"


def test_the_files_of_a_job(service):
    (job,) = service.finished(service.submit(("a.png", PHOTO), merchant=os.urandom(4).hex())).values()
    place = f"/v1/jobs/{job['id']}"
    assert service.http.get(f"{place}/input").content == PHOTO
    output = service.http.get(f"{place}/output")
    assert output.headers["content-type"] == "image/png"
    assert output.headers["x-content-type-options"] == "nosniff"
    assert decoded(output.content).shape == (200, 200, 3)
    again = service.http.get(f"{place}/output", headers={"if-none-match": output.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert service.http.get(f"{place}/receipt").json()
    is_problem(service.http.get(f"{place}/mask"), 404, "not_found")


def test_progress_comes_as_events(service):
    events = service.events(
        service.submit(*[(f"{number}.png", PHOTO) for number in range(3)], merchant="events")
    )
    kinds = [kind for kind, _ in events]
    assert kinds == ["progress"] * (len(kinds) - 1) + ["finished"]
    assert all(sum(said["counts"].values()) == said["total"] == 3 for _, said in events)
    done = [said["counts"]["done"] for _, said in events]
    assert done == sorted(done)
    assert done[-1] == 3


def test_a_stream_of_events_begins_at_once_and_ends_when_the_service_does(still):
    batch = still.submit(("a.png", PHOTO))
    with still.http.stream("GET", f"/v1/batches/{batch}/events") as stream:
        lines = stream.iter_lines()
        assert next(lines) == "event: progress"
        still.app.state.closing = True
        assert "event: finished" not in list(lines)


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("empty.png", b"", "empty"),
        ("text.png", b"no picture", "not a picture"),
        ("cut.png", PHOTO[:300], "damaged"),
        ("huge.png", bomb(), "megapixels"),
    ],
)
def test_a_photo_that_cannot_be_read_fails_alone(service, name, data, reason):
    batch = service.submit((name, data), ("good.png", PHOTO), merchant=os.urandom(4).hex())
    jobs = service.finished(batch)
    assert jobs["good.png"]["state"] == "done"
    assert jobs[name]["state"] == "failed"
    assert reason in jobs[name]["reason"]


def test_a_photo_may_lie_at_an_allowed_address(service, receiver):
    receiver.pictures["/shoe.png"] = PHOTO
    photos = [
        {"url": f"{receiver.url}/shoe.png", "product": "SKU-9"},
        {"url": f"{receiver.url}/gone.png", "name": "gone.png"},
        {"url": "http://169.254.169.254/latest/meta-data", "name": "metadata"},
        {"url": f"{receiver.url.replace('127.0.0.1', 'localhost')}/shoe.png", "name": "localhost"},
    ]
    answer = service.http.post("/v1/batches", json={"photos": photos, "merchant": os.urandom(4).hex()})
    jobs = service.finished(answer.json()["id"])
    assert jobs["1-shoe.png"]["state"] == "done"
    assert "404" in jobs["gone.png"]["reason"]
    for refused in ("metadata", "localhost"):
        assert jobs[refused]["state"] == "failed"
        assert "not among the allowed hosts" in jobs[refused]["reason"]


def test_a_feed_tells_of_the_lines_that_it_left_out(service, receiver):
    receiver.pictures["/a.png"] = PHOTO
    feed = f"id\timage_link\nSKU-1\t{receiver.url}/a.png\nSKU-2\t\n"
    answer = service.http.post("/v1/batches", files={"feed": ("feed.tsv", feed)}, data={"merchant": "feeds"})
    assert answer.status_code == 202, answer.text
    assert [problem["line"] for problem in answer.json()["problems"]] == [3]
    (job,) = service.finished(answer.json()["id"]).values()
    assert (job["product"], job["state"]) == ("SKU-1", "done")
    receiver.pictures["/feed.tsv"] = feed.encode()
    answer = service.http.post("/v1/batches", json={"feed_url": f"{receiver.url}/feed.tsv"})
    assert (answer.status_code, answer.json()["total"]) == (202, 1)
    is_problem(
        service.http.post("/v1/batches", json={"feed_url": "http://10.0.0.1/feed"}), 422, "url_refused"
    )
    with socket.socket() as nobody:  # bound, and not listening
        nobody.bind(("127.0.0.1", 0))
        is_problem(
            service.http.post("/v1/batches", json={"feed_url": f"{receiver.url}/none"}), 422, "fetch_failed"
        )


@pytest.mark.parametrize(
    "order",
    [
        {},
        {"photos": []},
        {"photos": [{"product": "SKU-1"}]},
        {"photos": [{"name": "a.png"}]},
        {"photos": [{"url": "file:///etc/passwd"}]},
        {"photos": [{"url": "http://a.example/\0"}]},
        {
            "photos": [
                {"url": "http://a.example/a", "name": "twice"},
                {"url": "http://a.example/b", "name": "twice"},
            ]
        },
        {"photos": [{"url": "http://a.example/a", "merchant": "a\0b"}]},
        {"photos": [{"url": "http://a.example/a"}], "channels": ["nowhere"]},
        {"photos": [{"url": "http://a.example/a"}], "hint": "remove-everything"},
        {"photos": [{"url": "http://a.example/a"}], "callback_url": "javascript:alert(1)"},
        {"photos": [{"url": "http://a.example/a"}], "priority": 1},
    ],
)
def test_orders_that_cannot_be(service, order):
    is_problem(service.http.post("/v1/batches", json=order), 422)


def test_the_same_request_twice_is_one_batch(service):
    mine, files = key(), {"files": ("a.png", PHOTO)}
    first = service.http.post("/v1/batches", files=files, headers=mine)
    again = service.http.post("/v1/batches", files=files, headers=mine)
    assert (again.status_code, again.json()) == (202, first.json())
    other = service.http.post("/v1/batches", files={"files": ("b.png", PHOTO)}, headers=mine)
    is_problem(other, 409, "idempotency_conflict")
    new = service.http.post("/v1/batches", files=files, headers=key())
    assert new.json()["id"] != first.json()["id"]


def test_the_same_request_at_once_is_one_batch(service):
    mine, before = (
        key(),
        {batch["id"] for batch in service.http.get("/v1/batches?limit=500").json()["batches"]},
    )
    with ThreadPoolExecutor(8) as pool:
        send = [
            pool.submit(service.http.post, "/v1/batches", files={"files": ("a.png", PHOTO)}, headers=mine)
            for _ in range(8)
        ]
        answers = [one.result() for one in send]
    assert {answer.status_code for answer in answers} == {202}
    (made,) = {answer.json()["id"] for answer in answers}
    after = {batch["id"] for batch in service.http.get("/v1/batches?limit=500").json()["batches"]}
    assert after - before == {made}


@pytest.mark.parametrize("value", ["", "a b", "a" * 201, "ö"])
def test_keys_that_cannot_be(service, value):
    headers = [(b"idempotency-key", value.encode())]
    is_problem(service.http.post("/v1/batches", files={"files": ("a.png", PHOTO)}, headers=headers), 422)


def test_pages_hold_everything_once(tmp_path):
    with serving(tmp_path, work=False) as still:
        made = [still.submit(*[(f"{number}.png", SMALL) for number in range(5)]) for _ in range(5)]
        shown, place = [], "/v1/batches?limit=2"
        while place:
            page = still.http.get(place).json()
            shown += [batch["id"] for batch in page["batches"]]
            place = page["next"] and f"/v1/batches?limit=2&before={page['next']}"
        assert shown == made[::-1]
        jobs, place = [], f"/v1/batches/{made[0]}/jobs?limit=2"
        while place:
            page = still.http.get(place).json()
            jobs += [job["name"] for job in page["jobs"]]
            place = page["next"] and f"/v1/batches/{made[0]}/jobs?limit=2&after={page['next']}"
        assert jobs == [f"{number}.png" for number in range(5)]
        assert len(still.http.get("/v1/jobs?state=accepted").json()["jobs"]) == 25
        assert still.http.get("/v1/jobs?state=done").json() == {"jobs": [], "next": None}


def test_a_full_queue_says_when_to_come_again(still):
    still.submit(("a.png", SMALL), ("b.png", SMALL))
    refused = still.http.post("/v1/batches", files=[("files", (name, SMALL)) for name in "cd"])
    assert is_problem(refused, 429, "queue_full")["retryable"] is True
    assert int(refused.headers["retry-after"]) >= 1
    batch = still.submit(("c.png", SMALL))
    # Now it is refused before anything is read.
    head = "POST /v1/batches HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    with socket.create_connection(("127.0.0.1", still.port), timeout=60) as connection:
        connection.sendall(f"{head}Content-Length: 1000\r\n\r\n".encode())
        assert b" 429 " in connection.recv(100)
    assert still.http.post(f"/v1/batches/{batch}/cancel").json() == {"id": batch, "skipped": 1}
    still.submit(("d.png", SMALL))


def test_a_batch_larger_than_the_queue_is_told_so_once_and_for_all(still):
    refused = still.http.post("/v1/batches", files=[("files", (name, SMALL)) for name in "abcd"])
    assert is_problem(refused, 413, "too_large")["retryable"] is False


def test_cancelling_skips_what_nobody_has_begun(still):
    batch = still.submit(("a.png", PHOTO), ("b.png", PHOTO))
    assert still.http.post(f"/v1/batches/{batch}/cancel").json() == {"id": batch, "skipped": 2}
    assert still.http.post(f"/v1/batches/{batch}/cancel").json()["skipped"] == 0
    jobs = still.finished(batch)
    assert {(job["state"], job["reason"]) for job in jobs.values()} == {("skipped", "cancelled")}
    assert still.http.get(f"/v1/batches/{batch}").json()["cancelled_at"] is not None


def test_a_person_approves_and_takes_it_back(service):
    job = job_in_review(service)
    place = f"/v1/jobs/{job}"
    batch = service.http.get(place).json()["batch"]
    made = service.http.post(f"{place}/review", json={"action": "approve"}).json()
    assert made["id"] == job
    is_problem(service.http.post(f"{place}/review", json={"action": "approve"}), 422, "usage")
    published = wait_for(service, job, "done")
    assert published["published"]["files"]
    other = job_in_review(service)
    is_problem(service.http.post(f"/v1/jobs/{other}/review/{made['review']}/undo"), 404)
    undone = service.http.post(f"{place}/review/{made['review']}/undo")
    assert undone.json() == {"id": job, "undone": made["review"]}
    back = service.http.get(place).json()
    assert (back["state"], back["published"]) == ("needs_review", None)
    assert [review["undone_at"] is None for review in back["reviews"]] == [False]
    is_problem(service.http.post(f"{place}/review/{made['review']}/undo"), 422)
    actions = [entry["action"] for entry in service.http.get(f"/v1/audit?subject={job}").json()["entries"]]
    assert actions[0] == "job.review"
    assert "review.approve" in actions
    assert "review.undone" in actions
    assert service.http.post("/v1/audit/verify").json()["entries"] > len(actions)
    assert service.http.get(f"/v1/batches/{batch}").json()["finished_at"]


def test_a_person_rejects_with_a_reason(service):
    job = job_in_review(service)
    service.http.post(f"/v1/jobs/{job}/review", json={"action": "reject", "reason": "The strap is cut off."})
    seen = service.http.get(f"/v1/jobs/{job}").json()
    assert (seen["state"], seen["verdict"], seen["reason"]) == ("failed", "reject", "The strap is cut off.")
    assert seen["reviews"][0]["action"] == "reject"


def test_a_person_has_it_done_again_in_another_way(service):
    job = job_in_review(service)
    order = {"action": "redo", "hint": "remove-caption", "backends": {"filler_texture": "fsr"}}
    bad = service.http.post(f"/v1/jobs/{job}/review", json=order | {"backends": {"filler_texture": "wishes"}})
    assert "fsr" in is_problem(bad, 422, "unknown_name")["detail"]
    assert service.http.post(f"/v1/jobs/{job}/review", json=order).status_code == 200
    seen = wait_for(service, job, "needs_review")
    assert seen["options"]["hint"] == "remove-caption"
    assert seen["options"]["backends"] == {"filler_texture": "fsr"}


def wait_for(service, job, state):
    """A job once nothing of its batch is in work."""
    batch = service.http.get(f"/v1/jobs/{job}").json()["batch"]
    while True:
        counts = service.http.get(f"/v1/batches/{batch}").json()["counts"]
        if not counts["accepted"] + counts["processing"]:
            seen = service.http.get(f"/v1/jobs/{job}").json()
            assert seen["state"] == state
            return seen
        rung = service.context.bell.count()
        service.context.bell.wait(rung, 0.05)


def test_a_batch_is_taken_back_and_published_again(service):
    batch = service.submit(("a.png", PHOTO), ("b.png", PHOTO), merchant=os.urandom(4).hex())
    (first, _) = service.finished(batch).values()
    assert service.http.post(f"/v1/batches/{batch}/unpublish").json() == {"id": batch, "photos": 2}
    assert service.http.get(f"/v1/batches/{batch}").json()["unpublished_at"]
    assert service.http.get(f"/v1/jobs/{first['id']}").json()["published"] is None
    assert service.http.post(f"/v1/batches/{batch}/unpublish").json()["photos"] == 0
    assert service.http.post(f"/v1/batches/{batch}/restore").json() == {"id": batch, "photos": 2}
    assert service.http.get(f"/v1/jobs/{first['id']}").json()["published"]["files"]


def test_the_owner_is_told_signed(service, receiver):
    batch = service.submit(
        ("poor.png", SMALL), callback_url=f"{receiver.url}/hook", merchant=os.urandom(4).hex()
    )
    told = receiver.next()
    assert (told["type"], told["batch"], told["counts"]["needs_review"]) == ("batch.finished", batch, 1)
    (job,) = service.finished(batch).values()
    service.http.post(f"/v1/jobs/{job['id']}/review", json={"action": "reject", "reason": "No."})
    headers, body = receiver.messages.get(timeout=60)
    told = json.loads(body)
    assert (told["type"], told["job"], told["state"]) == ("job.decided", job["id"], "failed")
    assert headers["packshot-event"] == told["id"]
    signature = headers["packshot-signature"]
    assert verified(signature, body, SECRET)
    assert not verified(signature, body + b" ", SECRET)
    assert not verified(signature, body, "another secret")
    assert not verified(signature, body, SECRET, now=told["created_at"] + 3600)


def test_what_the_owner_did_not_take_comes_again(service, receiver, monkeypatch):
    monkeypatch.setattr("packshot.service.webhooks._WAITS", (0,))
    receiver.answers[:] = [503]
    service.submit(("poor.png", SMALL), callback_url=f"{receiver.url}/hook", merchant=os.urandom(4).hex())
    assert receiver.next() == receiver.next()


def test_without_a_secret_nothing_can_be_called_back(still):
    answer = still.http.post(
        "/v1/batches", files={"files": ("a.png", SMALL)}, data={"callback_url": "http://shop.example/hook"}
    )
    assert "PACKSHOT_WEBHOOK_SECRET" in is_problem(answer, 422, "usage")["detail"]
