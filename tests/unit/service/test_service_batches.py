import json
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from homes import POOR, deliveries, due_now, home, in_review, items, picture, rows, send, work

from packshot.ledger import queue
from packshot.ledger.errors import NotFoundError
from packshot.ledger.queue import Lease
from packshot.ledger.tables import AuditEntry, Batch, Delivery, Item, State
from packshot.service import process, reviewing
from packshot.service.cancel import cancel
from packshot.service.options import Options
from packshot.service.webhooks import Messenger, signature
from packshot.service.work import Workers

HOOK = "https://shop.example/hook"


@pytest.fixture
def calling(tmp_path):
    with home(tmp_path, webhook_secret="s3cret", workers=4) as context:
        yield context


def _told(service) -> list[dict]:
    return [json.loads(row.body) for row in sorted(deliveries(service), key=lambda row: row.created_at)]


def test_the_owner_is_told_once_that_a_batch_is_finished(calling):
    photos = {f"{n}.png": picture(n, POOR if n % 3 == 0 else 200) for n in range(9)}
    batch = send(calling, photos, callback_url=HOOK)
    leases = [Lease(f"worker-{n}", 60) for n in range(4)]
    workers = Workers(calling)

    def until_done(lease):
        while workers.move_one(lease):
            pass

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(until_done, leases))
    (message,) = _told(calling)
    assert (message["type"], message["batch"]) == ("batch.finished", batch)
    counts = {"accepted": 0, "processing": 0, "done": 6, "needs_review": 3, "skipped": 0, "failed": 0}
    assert message["counts"] == counts


def test_each_later_decision_is_told_also_while_another_is_carried_out(calling):
    batch = send(calling, {"a.png": picture(1, POOR), "b.png": picture(2, POOR)}, callback_url=HOOK)
    work(calling)
    first, second = items(calling, batch).values()
    reviewing.redo(calling, second.id, "anna", Options())  # waits for a worker
    reviewing.reject(calling, [first.id], "anna", "too small")
    work(calling)
    finished, rejected, redone = _told(calling)
    assert finished["type"] == "batch.finished"
    assert (rejected["type"], rejected["job"], rejected["state"]) == ("job.decided", first.id, "failed")
    assert (redone["type"], redone["job"], redone["state"]) == ("job.decided", second.id, "needs_review")


def test_many_rejected_at_once_are_told_each(calling):
    batch = send(calling, {f"{n}.png": picture(n, POOR) for n in range(3)}, callback_url=HOOK)
    work(calling)
    reviewing.reject(calling, [item.id for item in items(calling, batch).values()], "anna", "no")
    assert [message["type"] for message in _told(calling)] == ["batch.finished"] + ["job.decided"] * 3


def test_a_batch_without_callback_tells_nobody(service):
    in_review(service)
    assert not deliveries(service)


def test_cancelling_skips_what_nobody_has_begun(service):
    batch = send(service, {f"{n}.png": picture(n) for n in range(3)})
    lease = Lease("busy", 60)
    with service.ledger.transaction() as session:
        begun = queue.claim(session, lease)
    assert cancel(service, batch, "anna") == 2
    states = {item.id: item.state for item in items(service, batch).values()}
    assert states.pop(begun.id) == State.PROCESSING
    assert set(states.values()) == {State.SKIPPED}
    assert rows(service, Batch)[0].finished_at is None
    process.process(service, begun, lease)
    due_now(service)
    work(service)
    done = items(service, batch)[begun.name]
    assert done.state == State.DONE
    assert rows(service, Batch)[0].finished_at is not None
    assert cancel(service, batch, "anna") == 0
    with pytest.raises(NotFoundError):
        cancel(service, "bat_x", "anna")


def test_cancelling_all_of_a_batch_finishes_it(calling):
    batch = send(calling, {"a.png": picture(1), "b.png": picture(2)}, callback_url=HOOK)
    assert cancel(calling, batch, "anna") == 2
    assert {item.reason for item in rows(calling, Item)} == {"cancelled"}
    assert [message["type"] for message in _told(calling)] == ["batch.finished"]
    assert len(rows(calling, AuditEntry, AuditEntry.action == "batch.cancelled")) == 1


class _Receiver(BaseHTTPRequestHandler):
    answers: list[int]
    got: list[tuple[bytes, dict]]

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.got.append((body, dict(self.headers)))
        self.send_response(self.answers.pop(0) if self.answers else 200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def receiver():
    kind = type("Receiver", (_Receiver,), {"answers": [], "got": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield kind, f"http://127.0.0.1:{server.server_port}/hook"
    server.shutdown()
    thread.join()
    server.server_close()


def _now(service) -> None:
    """Let the time pass until the next attempt."""
    with service.ledger.transaction() as session:
        for row in session.query(Delivery).filter(Delivery.next_at.is_not(None)):
            row.next_at = 0.0


def test_a_message_is_signed_and_sent_again_until_it_arrives(tmp_path, receiver):
    kind, url = receiver
    kind.answers += [500, 429, 204]
    allowed = {
        "allowed_hosts": f"127.0.0.1:{url.split(':')[2].split('/')[0]}",
        "allowed_networks": "127.0.0.0/8",
    }
    with home(tmp_path, webhook_secret="s3cret", **allowed) as service:
        send(service, {"a.png": picture()}, callback_url=url)
        work(service)
        messenger = Messenger(service)
        for attempt in range(3):
            _now(service)
            assert messenger.deliver_one(), attempt
        (row,) = deliveries(service)
        assert (row.attempts, row.error, row.next_at) == (3, None, None)
        assert row.delivered_at is not None
        assert not messenger.deliver_one()
    assert len({body for body, _ in kind.got}) == 1
    for body, headers in kind.got:
        found = {name.lower(): value for name, value in headers.items()}
        at = int(found["packshot-signature"].split(",")[0].removeprefix("t="))
        assert found["packshot-signature"] == signature("s3cret", body, at)
        assert found["packshot-event"] == json.loads(body)["id"]


def test_a_message_that_never_arrives_is_given_up_and_kept(calling):
    send(calling, {"a.png": picture()}, callback_url="http://127.0.0.1:1/hook")  # a host that is not allowed
    work(calling)
    messenger = Messenger(calling)
    for _ in range(8):
        _now(calling)
        assert messenger.deliver_one()
    (row,) = deliveries(calling)
    assert (row.delivered_at, row.next_at, row.attempts) == (None, None, 8)
    assert "not among the allowed hosts" in row.error
    assert not messenger.deliver_one()


def test_two_messengers_send_a_message_once(tmp_path, receiver):
    kind, url = receiver
    allowed = {
        "allowed_hosts": f"127.0.0.1:{url.split(':')[2].split('/')[0]}",
        "allowed_networks": "127.0.0.0/8",
    }
    with home(tmp_path, webhook_secret="s3cret", **allowed) as service:
        send(service, {"a.png": picture()}, callback_url=url)
        work(service)
        with ThreadPoolExecutor(4) as pool:
            sent = list(pool.map(lambda _: Messenger(service).deliver_one(), range(4)))
    assert sorted(sent) == [False, False, False, True]
    assert len(kind.got) == 1


def test_messengers_stop(calling):
    messenger = Messenger(calling)
    messenger.start()
    messenger.stop()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("packshot-webhooks")]
