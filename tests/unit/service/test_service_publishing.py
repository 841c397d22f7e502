import pytest
from homes import again, in_review, items, only, picture, rows, send, shown, standing, work

from packshot.edges.publish import Publisher
from packshot.errors import UsageError
from packshot.ledger.errors import NotFoundError
from packshot.ledger.tables import AuditEntry, Batch, Publication, State
from packshot.service import reviewing, slots
from packshot.service.publishing import restore, unpublish


def _published(service, seed: int, **photos: bytes):
    """A batch that is published in one product's place; the item that is there now."""
    batch = send(service, photos or {"a.png": picture(seed)}, product="P")
    work(service)
    return batch, next(iter(items(service, batch).values()))


def _shows(service, item) -> str | None:
    there = shown(service, item)
    return there.item if there else None


def test_a_batch_is_taken_back_and_put_out_again(service):
    batch, item = _published(service, 1)
    assert _shows(service, item) == item.trail_id
    for _ in range(2):
        assert unpublish(service, batch, "anna") == 1
        assert _shows(service, item) is None
        assert not standing(service)
        assert rows(service, Batch)[0].unpublished_at
        assert restore(service, batch, "anna") == 1
        assert _shows(service, item) == item.trail_id
        assert len(standing(service)) == 1
        assert rows(service, Batch)[0].unpublished_at is None
    assert len(rows(service, AuditEntry, AuditEntry.action == "batch.restored")) == 2


def test_doing_it_twice_changes_nothing(service):
    batch, _ = _published(service, 1)
    assert unpublish(service, batch, "anna") == 1
    assert unpublish(service, batch, "anna") == 0
    assert restore(service, batch, "anna") == 1
    assert restore(service, batch, "anna") == 0


def test_there_must_be_such_a_batch(service):
    for swap in (unpublish, restore):
        with pytest.raises(NotFoundError):
            swap(service, "bat_x", "anna")


def test_taking_back_the_newer_shows_the_older_again(service):
    _, old = _published(service, 1)
    newer, new = _published(service, 2)
    assert _shows(service, new) == new.trail_id
    assert unpublish(service, newer, "anna") == 1
    assert _shows(service, old) == old.trail_id
    assert restore(service, newer, "anna") == 1
    assert _shows(service, new) == new.trail_id


def test_taking_back_the_older_leaves_the_newer_alone(service):
    older, _ = _published(service, 1)
    _, new = _published(service, 2)
    assert unpublish(service, older, "anna") == 0
    assert _shows(service, new) == new.trail_id
    assert restore(service, older, "anna") == 0
    assert _shows(service, new) == new.trail_id


def test_what_was_taken_back_does_not_come_back_with_what_stood_after_it(service):
    older, _ = _published(service, 1)
    newer, new = _published(service, 2)
    unpublish(service, older, "anna")
    assert unpublish(service, newer, "anna") == 1
    assert _shows(service, new) is None
    assert restore(service, newer, "anna") == 1
    assert _shows(service, new) == new.trail_id


def test_both_come_back_in_either_order(service):
    for first in (0, 1):
        both = [_published(service, 10 * first + seed) for seed in (1, 2)]
        (older, old), (newer, new) = both
        unpublish(service, newer, "anna")
        unpublish(service, older, "anna")
        assert _shows(service, old) != old.trail_id
        for batch in (older, newer) if first else (newer, older):
            restore(service, batch, "anna")
        assert _shows(service, new) == new.trail_id
        unpublish(service, newer, "anna")
        assert _shows(service, old) == old.trail_id


def test_restoring_does_not_push_a_newer_photo_away(service):
    older, _ = _published(service, 1)
    unpublish(service, older, "anna")
    newer, new = _published(service, 2)
    assert restore(service, older, "anna") == 0
    assert _shows(service, new) == new.trail_id
    assert unpublish(service, newer, "anna") == 1


def test_a_decision_that_was_undone_is_not_restored_with_its_batch(service):
    (item,) = in_review(service)
    (review,) = reviewing.approve(service, [item.id], "anna")
    work(service)
    reviewing.undo(service, review, "anna")
    unpublish(service, item.batch_id, "anna")
    assert restore(service, item.batch_id, "anna") == 0
    assert shown(service, item) is None
    assert not standing(service)


def test_approved_undone_and_approved_again_is_one_publication_to_take_back(service):
    (item,) = in_review(service)
    (review,) = reviewing.approve(service, [item.id], "anna")
    work(service)
    reviewing.undo(service, review, "anna")
    reviewing.approve(service, [item.id], "anna")
    work(service)
    assert unpublish(service, item.batch_id, "anna") == 1
    assert shown(service, item) is None
    assert restore(service, item.batch_id, "anna") == 1
    assert len(standing(service)) == 1


def test_what_is_being_published_cannot_be_taken_back_yet(service):
    (item,) = in_review(service)
    reviewing.approve(service, [item.id], "anna")
    with pytest.raises(UsageError, match="still being published"):
        unpublish(service, item.batch_id, "anna")
    work(service)
    assert unpublish(service, item.batch_id, "anna") == 1


def test_taking_back_goes_on_where_it_was_cut_off(service, monkeypatch):
    batch, item = _published(service, 1, **{"a.png": picture(1), "b.png": picture(2)})
    real = Publisher.replace

    def die(self, *arguments, **named):
        real(self, *arguments, **named)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Publisher, "replace", die)
        with pytest.raises(KeyboardInterrupt):
            unpublish(service, batch, "anna")
    assert len(standing(service)) == 2  # one of them is gone from the shop, and the ledger does not know
    unpublish(service, batch, "anna")
    assert not standing(service)
    assert not service.publisher.manifest(slots.product_of(item)).entries
    assert restore(service, batch, "anna") == 2


def test_a_photo_does_not_take_the_place_of_one_that_was_submitted_later(service):
    first = send(service, {"a.png": picture(1)}, product="P")
    second = send(service, {"a.png": picture(2)}, product="P")
    old = only(service, first)
    with service.ledger.transaction() as session:  # a worker that takes long has the older one
        held = session.get_one(type(old), old.id)
        held.state, held.lease_owner, held.lease_until = State.PROCESSING, "slow", 1e12
    work(service)
    new = only(service, second)
    assert _shows(service, new) == new.trail_id
    with service.ledger.transaction() as session:
        session.get_one(type(old), old.id).lease_until = 0.0
    work(service)
    assert _shows(service, new) == new.trail_id
    assert again(service, old).state == State.SKIPPED
    assert new.id in again(service, old).reason


def test_a_person_may_put_an_older_photo_in_the_place_of_a_newer(service):
    batch = send(service, {"a.png": picture(1, 60)}, product="P")
    work(service)
    old = only(service, batch)
    _published(service, 2)
    reviewing.approve(service, [old.id], "anna")
    work(service)
    assert _shows(service, old) == old.trail_id


def test_it_is_known_when_a_newer_photo_had_the_place_already(service):
    """Approved, replaced, undone and approved again: the manifest knows that it was there before."""
    (item,) = in_review(service)
    (review,) = reviewing.approve(service, [item.id], "anna")
    work(service)
    batch = send(service, {item.name: picture(5)})
    work(service)
    new = only(service, batch)
    reviewing.undo(service, review, "anna")
    reviewing.approve(service, [item.id], "anna")
    work(service)
    assert again(service, item).state == State.DONE
    assert again(service, item).reason == "a newer photo had its place already"
    assert _shows(service, new) == new.trail_id
    (row,) = rows(service, Publication, Publication.item_id == item.id, Publication.unpublished_at.is_(None))
    assert row.published_at <= rows(service, Publication, Publication.item_id == new.id)[0].published_at
