import pytest
from homes import POOR, home, items, only, picture, rows, send, work

from packshot.errors import TooLargeError, UsageError
from packshot.ledger.errors import IdempotencyError, QueueFullError
from packshot.ledger.tables import Artefact, Batch, Item, State
from packshot.service import reviewing
from packshot.service.options import Offered, Options
from packshot.service.publishing import unpublish
from packshot.service.submit import Idempotency, Submission, keep, submit


def test_a_batch_is_written_down_with_what_its_photos_are(service):
    batch = send(service, {"a.png": picture(1), "b.png": picture(2)}, merchant="acme", category="knit")
    found = items(service, batch)
    assert [found[name].position for name in ("a.png", "b.png")] == [0, 1]
    assert {item.state for item in found.values()} == {State.ACCEPTED}
    assert {(item.merchant, item.category) for item in found.values()} == {("acme", "knit")}
    (row,) = rows(service, Batch)
    assert (row.id, row.finished_at) == (batch, None)


def test_the_same_bytes_are_kept_once(service):
    assert keep(service, b"x", "image/png") == keep(service, b"x", "image/png")
    assert len(rows(service, Artefact)) == 1


def test_a_photo_says_more_than_its_batch(service):
    digest = keep(service, picture(), "image/png")
    offered = Offered(name="a", digest=digest, merchant="own", category="lamps")
    submit(service, Submission("shop", "api", [offered], merchant="acme", category="knit"))
    (item,) = rows(service, Item)
    assert (item.merchant, item.category) == ("own", "lamps")


@pytest.mark.parametrize(
    ("names", "said", "message"),
    [
        ([], {}, "holds no photo"),
        (["a", "b", "a"], {}, "names 'a' twice"),
        (["a"], {"callback_url": "https://shop.example/hook"}, "PACKSHOT_WEBHOOK_SECRET"),
    ],
)
def test_what_cannot_be_meant_is_refused(service, names, said, message):
    digest = keep(service, picture(), "image/png")
    photos = [Offered(name=name, digest=digest) for name in names]
    with pytest.raises(UsageError, match=message):
        submit(service, Submission("shop", "api", photos, **said))
    assert not rows(service, Batch)


def test_a_full_queue_takes_all_of_a_batch_or_nothing(tmp_path):
    with home(tmp_path, queue_limit=3) as service:
        send(service, {"a": picture(1), "b": picture(2)})
        with pytest.raises(QueueFullError) as refused:
            send(service, {"c": picture(3), "d": picture(4)})
        assert refused.value.facts["retry_after"] >= 1
        send(service, {"c": picture(3)})
        assert len(rows(service, Item)) == 3
        with pytest.raises(TooLargeError):
            send(service, {str(n): picture(n) for n in range(4)})
        work(service)
        send(service, {"d": picture(4), "e": picture(5)})


def test_a_repeated_request_gets_the_answer_of_then(service):
    digest = keep(service, picture(), "image/png")
    said = Submission("shop", "api", [Offered(name="a", digest=digest)])
    first = submit(service, said, Idempotency("key", "one"))
    assert submit(service, said, Idempotency("key", "one")) == first
    with pytest.raises(IdempotencyError):
        submit(service, said, Idempotency("key", "two"))
    assert len(rows(service, Batch)) == 1


def test_a_photo_that_stands_already_is_skipped(service):
    first = send(service, {"a.png": picture()}, product="P")
    work(service)
    second = send(service, {"a.png": picture()}, product="P")
    work(service)
    skipped = only(service, second)
    assert skipped.state == State.SKIPPED
    assert only(service, first).id in skipped.reason


@pytest.mark.parametrize("other", ["product", "name", "pixels", "options", "attestation", "merchant"])
def test_another_photo_place_or_wish_is_not_the_same(service, other):
    send(service, {"a.png": picture()}, product="P")
    work(service)
    name = "b.png" if other == "name" else "a.png"
    said = {
        "product": {"product": "Q"},
        "options": {"options": Options(channels=("ebay",))},
        "attestation": {"attested_by": "Rights desk"},
        "merchant": {"merchant": "acme"},
    }.get(other, {})
    second = send(service, {name: picture(other == "pixels")}, **{"product": "P", **said})
    work(service)
    assert only(service, second).state in (State.DONE, State.NEEDS_REVIEW)


def test_an_earlier_photo_may_come_back_after_a_newer_one(service):
    for seed in (1, 2):
        send(service, {"a.png": picture(seed)}, product="P")
        work(service)
    third = send(service, {"a.png": picture(1)}, product="P")
    work(service)
    assert only(service, third).state == State.DONE


def test_a_photo_that_was_taken_back_is_not_the_same(service):
    first = send(service, {"a.png": picture()}, product="P")
    work(service)
    unpublish(service, first, "anna")
    second = send(service, {"a.png": picture()}, product="P")
    work(service)
    assert only(service, second).state == State.DONE


def test_expected_loss_is_half_for_the_flaws_and_half_for_a_product_that_shows_nothing(service):
    bare = send(service, {"poor.png": picture(0, POOR)}, product="P")
    work(service)
    send(service, {"good.png": picture(1)}, product="P")
    work(service)
    covered = send(service, {"other.png": picture(2, POOR)}, product="P")
    work(service)
    (one, other) = only(service, bare), only(service, covered)
    assert one.state == other.state == State.NEEDS_REVIEW
    assert one.loss == pytest.approx(other.loss + 0.5, abs=1e-3)
    assert 0 < other.loss < 0.5


def test_nobody_is_asked_to_decide_about_what_is_gone(service):
    batch = send(service, {"a.png": b"no picture"})
    work(service)
    item = only(service, batch)
    assert item.state == State.FAILED
    assert item.reason
    with pytest.raises(UsageError, match="not in review"):
        reviewing.approve(service, [item.id], "anna")
