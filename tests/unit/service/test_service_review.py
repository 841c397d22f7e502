import pytest
from homes import POOR, again, in_review, mask, only, picture, reviews, rows, send, shown, standing, work

from packshot.edges.decode import open_photo
from packshot.errors import UndecodableError, UnsupportedFormatError, UsageError
from packshot.ledger import audit, queue
from packshot.ledger.errors import NotFoundError
from packshot.ledger.tables import AuditEntry, Batch, State, TrailRow
from packshot.service import reviewing
from packshot.service.cancel import cancel
from packshot.service.options import Options


def test_what_is_approved_is_published_as_it_is(service):
    (item,) = in_review(service)
    (review,) = reviewing.approve(service, [item.id], "anna", "good enough")
    assert again(service, item).state == State.PUBLISHING
    work(service)
    done = again(service, item)
    assert (done.state, done.decided_by, done.trail_id) == (State.DONE, "anna", item.trail_id)
    assert shown(service, item).item == item.trail_id
    assert [(row.id, row.actor, row.action) for row in reviews(service)] == [(review, "anna", "approve")]


def test_all_of_a_group_is_decided_or_nothing(service):
    first, second = in_review(service, a=picture(1, POOR), b=picture(2, POOR))
    reviewing.reject(service, [second.id], "anna", "too small")
    with pytest.raises(UsageError):
        reviewing.approve(service, [first.id, second.id], "anna")
    assert again(service, first).state == State.NEEDS_REVIEW
    assert len(reviews(service)) == 1


def test_what_is_rejected_ends_with_the_reason(service):
    (item,) = in_review(service)
    with pytest.raises(UsageError, match="Say why"):
        reviewing.reject(service, [item.id], "anna", "  ")
    reviewing.reject(service, [item.id], "anna", "too small")
    rejected = again(service, item)
    assert (rejected.state, rejected.reason, rejected.decided_by) == (State.FAILED, "too small", "anna")
    assert shown(service, item) is None


@pytest.mark.parametrize("state", ["accepted", "publishing", "done", "failed", "skipped"])
def test_only_what_is_in_review_can_be_decided(service, state):
    if state == "skipped":
        send(service, {"a.png": picture()})
        work(service)
    batch = send(
        service, {"a.png": picture() if state in ("accepted", "done", "skipped") else picture(0, POOR)}
    )
    if state != "accepted":
        work(service)
    item = only(service, batch)
    if state == "publishing":
        reviewing.approve(service, [item.id], "anna")
    if state == "failed":
        reviewing.reject(service, [item.id], "anna", "no")
    assert again(service, item).state == state
    for decide in (
        lambda: reviewing.approve(service, [item.id], "bert"),
        lambda: reviewing.reject(service, [item.id], "bert", "why not"),
        lambda: reviewing.redo(service, item.id, "bert", Options()),
        lambda: reviewing.erase(service, item.id, "bert", mask(60, 10, 20)),
    ):
        with pytest.raises(UsageError, match="not in review"):
            decide()
    assert again(service, item).state == state


def test_nobody_decides_about_what_is_not_there(service):
    for decide in (
        lambda: reviewing.approve(service, ["job_x"], "anna"),
        lambda: reviewing.redo(service, "job_x", "anna", Options()),
        lambda: reviewing.erase(service, "job_x", "anna", mask(60, 10, 20)),
        lambda: reviewing.undo(service, "rev_x", "anna"),
    ):
        with pytest.raises(NotFoundError):
            decide()


def test_redo_treats_the_photo_anew_and_keeps_the_first_trail(service):
    (item,) = in_review(service)
    reviewing.redo(service, item.id, "anna", Options())
    assert again(service, item).state == State.ACCEPTED
    work(service)
    redone = again(service, item)
    assert redone.state == State.NEEDS_REVIEW
    assert redone.trail_id != item.trail_id
    first, second = sorted(rows(service, TrailRow), key=lambda row: row.created_at)
    assert (first.first, second.first) == (True, False)


def test_what_is_painted_is_filled_and_nothing_else(service):
    (item,) = in_review(service)
    reviewing.erase(service, item.id, "anna", mask(POOR, 10, 20))
    work(service)
    row = next(row for row in rows(service, TrailRow) if row.id == again(service, item).trail_id)
    made = open_photo(service.artefacts.get(row.files[0]["digest"]), name="made").pixels
    there = open_photo(service.artefacts.get(item.photo), name="there").pixels
    changed = (made != there).any(2)
    assert changed[20:40, 10:20].any()
    changed[20:40, 10:20] = False
    assert not changed.any()
    assert "anna painted" in str(row.body)


def test_what_was_painted_before_stays_painted(service):
    (item,) = in_review(service)
    for left in (10, 40):
        reviewing.erase(service, item.id, "anna", mask(POOR, left, left + 5))
        work(service)
    reviewing.redo(service, item.id, "bert", Options())
    painted = Options.model_validate(again(service, item).options)
    found = open_photo(service.artefacts.get(painted.paint), name="mask").pixels.max(2) > 0
    assert painted.painted_by == "anna"
    assert found[20:40, 10:15].all()
    assert found[20:40, 40:45].all()
    assert found.sum() == 2 * 5 * 20


def test_a_mask_must_be_a_picture_with_something_on_it(service):
    (item,) = in_review(service)
    with pytest.raises(UsageError, match="Nothing is painted"):
        reviewing.erase(service, item.id, "anna", mask(POOR, 10, 10))
    with pytest.raises((UndecodableError, UnsupportedFormatError)):
        reviewing.erase(service, item.id, "anna", b"no picture")
    assert again(service, item).state == State.NEEDS_REVIEW


def _approve(service, item):
    reviewing.approve(service, [item.id], "bert")


def _reject(service, item):
    reviewing.reject(service, [item.id], "bert", "no")


def _redo(service, item):
    reviewing.redo(service, item.id, "bert", Options(channels=("ebay",)))


def _erase(service, item):
    reviewing.erase(service, item.id, "bert", mask(POOR, 10, 20))


@pytest.mark.parametrize("carried_out", [False, True])
@pytest.mark.parametrize("decide", [_approve, _reject, _redo, _erase])
def test_undo_puts_everything_back(service, decide, carried_out):
    (item,) = in_review(service)
    before = again(service, item)
    decide(service, item)
    if carried_out or decide is _approve:
        work(service)
    (review,) = reviews(service)
    reviewing.undo(service, review.id, "anna")
    after = again(service, item)
    for name in ("state", "reason", "verdict", "trail_id", "options", "decided_by", "loss", "finished_at"):
        assert getattr(after, name) == getattr(before, name), name
    assert shown(service, item) is None
    assert not standing(service)
    with pytest.raises(UsageError, match="Only the last decision"):
        reviewing.undo(service, review.id, "anna")
    decide(service, item)  # the decision can be taken anew
    work(service)
    with service.ledger.reading() as session:
        assert audit.verify(session) == len(rows(service, AuditEntry))


def test_an_approved_photo_can_be_approved_again_after_an_undo(service):
    (item,) = in_review(service)
    for _ in range(2):
        (review,) = reviewing.approve(service, [item.id], "bert")
        work(service)
        assert shown(service, item).item == item.trail_id
        assert len(standing(service)) == 1
        reviewing.undo(service, review, "anna")
        assert shown(service, item) is None


def test_only_the_last_decision_can_be_taken_back(service):
    (item,) = in_review(service)
    first = reviewing.redo(service, item.id, "anna", Options())
    work(service)
    second = reviewing.redo(service, item.id, "anna", Options())
    work(service)
    with pytest.raises(UsageError, match="Only the last decision"):
        reviewing.undo(service, first, "anna")
    reviewing.undo(service, second, "anna")
    reviewing.undo(service, first, "anna")
    assert again(service, item).trail_id == item.trail_id


def test_what_is_being_carried_out_cannot_be_taken_back(service):
    (item,) = in_review(service)
    (review,) = reviewing.approve(service, [item.id], "anna")
    with pytest.raises(UsageError, match="carried out right now"):
        reviewing.undo(service, review, "anna")
    work(service)
    reviewing.undo(service, review, "anna")


def test_an_undo_that_was_cut_off_can_be_done_again(service, monkeypatch):
    (item,) = in_review(service)
    (review,) = reviewing.approve(service, [item.id], "anna")
    work(service)

    def die(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(reviewing.queue, "move", die)
        with pytest.raises(KeyboardInterrupt):
            reviewing.undo(service, review, "anna")
    reviewing.undo(service, review, "anna")
    assert again(service, item).state == State.NEEDS_REVIEW
    assert shown(service, item) is None
    assert not standing(service)


def test_an_undone_redo_that_the_batch_waited_for_finishes_the_batch(service):
    batch = send(service, {"a.png": picture(0, POOR), "b.png": picture(1)})
    with service.ledger.transaction() as session:  # b is being treated by somebody who takes long
        held = session.query(queue.Item).filter_by(name="b.png").one()
        held.state, held.lease_owner, held.lease_until = State.PROCESSING, "slow", 1e12
    work(service)
    (waiting,) = [item for item in rows(service, queue.Item) if item.name == "a.png"]
    redone = reviewing.redo(service, waiting.id, "anna", Options())
    with service.ledger.transaction() as session:
        held = session.get_one(queue.Item, held.id)
        queue.move(held, State.SKIPPED, reason="slow")
    assert rows(service, Batch)[0].finished_at is None
    reviewing.undo(service, redone, "anna")
    assert rows(service, Batch)[0].finished_at is not None
    assert cancel(service, batch, "anna") == 0
