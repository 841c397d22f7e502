import pytest
from crowd import add_batch, add_items, together
from sqlalchemy import select

from packshot.ledger import queue
from packshot.ledger.database import Ledger
from packshot.ledger.errors import LostLeaseError, NotFoundError, QueueFullError
from packshot.ledger.queue import Lease
from packshot.ledger.tables import Item, State

_ONE, _TWO = Lease("one", 60.0), Lease("two", 60.0)


def _claim(ledger: Ledger, lease: Lease = _ONE, now: float = 1000.0) -> Item | None:
    with ledger.transaction() as session:
        return queue.claim(session, lease, now)


def _add(ledger: Ledger, count: int, **kinds) -> list[str]:
    with ledger.transaction() as session:
        return add_items(session, count, **kinds)


def test_the_oldest_is_claimed_first(ledger: Ledger) -> None:
    late, early = _add(ledger, 2, start=200.0), _add(ledger, 2, start=100.0)
    claimed = [_claim(ledger) for _ in range(5)]
    assert [item and item.id for item in claimed] == [*early, *late, None]
    first = claimed[0]
    assert first is not None
    assert (first.state, first.attempts) == (State.PROCESSING, 1)
    assert (first.lease_owner, first.lease_until, first.updated_at) == ("one", 1060.0, 1000.0)


@pytest.mark.parametrize("state", [State.DONE, State.NEEDS_REVIEW, State.SKIPPED, State.FAILED])
def test_what_needs_no_worker_is_not_claimed(ledger: Ledger, state: State) -> None:
    _add(ledger, 1, state=state)
    assert _claim(ledger) is None


def test_a_dead_workers_item_is_taken_over_when_its_lease_ends_and_not_before(ledger: Ledger) -> None:
    (name,) = _add(ledger, 1)
    _claim(ledger)
    assert _claim(ledger, _TWO, now=1060.0) is None
    taken = _claim(ledger, _TWO, now=1060.1)
    assert taken is not None
    assert (taken.id, taken.attempts, taken.lease_owner) == (name, 2, "two")


def test_an_abandoned_item_comes_before_new_ones(ledger: Ledger) -> None:
    first, _ = _add(ledger, 2)
    assert getattr(_claim(ledger), "id", None) == first
    _add(ledger, 1, start=1.0)
    assert getattr(_claim(ledger, _TWO, now=2000.0), "id", None) == first


def test_a_heartbeat_keeps_an_item(ledger: Ledger) -> None:
    (name,) = _add(ledger, 1)
    _claim(ledger)
    with ledger.transaction() as session:
        queue.heartbeat(session, _ONE, [name], now=1050.0)
    assert _claim(ledger, _TWO, now=1100.0) is None
    assert _claim(ledger, _TWO, now=1111.0) is not None


def test_a_heartbeat_does_not_win_back_what_is_lost(ledger: Ledger) -> None:
    (name,) = _add(ledger, 1)
    _claim(ledger)
    _claim(ledger, _TWO, now=1100.0)
    with ledger.transaction() as session:
        queue.heartbeat(session, _ONE, [name], now=5000.0)
    with ledger.reading() as session:
        item = session.get_one(Item, name)
        assert (item.lease_owner, item.lease_until) == ("two", 1160.0)


@pytest.mark.parametrize("owner", [_ONE, _TWO])
def test_only_who_holds_an_item_may_move_it(ledger: Ledger, owner: Lease) -> None:
    (name,) = _add(ledger, 1)
    _claim(ledger)
    _claim(ledger, _TWO, now=1100.0)
    with ledger.transaction() as session:
        if owner is _TWO:
            assert queue.held(session, name, owner).id == name
        else:
            with pytest.raises(LostLeaseError, match=f"{name} is no longer held by one"):
                queue.held(session, name, owner)


def test_a_finished_item_is_held_by_nobody(ledger: Ledger) -> None:
    (name,) = _add(ledger, 1)
    _claim(ledger)
    with ledger.transaction() as session:
        queue.move(queue.held(session, name, _ONE), State.DONE, reason="fine", now=1010.0)
    with ledger.transaction() as session:
        item = queue.get(session, name)
        assert (item.state, item.reason, item.finished_at) == (State.DONE, "fine", 1010.0)
        with pytest.raises(LostLeaseError):
            queue.held(session, name, _ONE)


def test_what_is_to_be_published_is_claimed_as_such_after_its_worker_died(ledger: Ledger) -> None:
    (name,) = _add(ledger, 1)
    _claim(ledger)
    with ledger.transaction() as session:
        queue.move(queue.held(session, name, _ONE), State.PUBLISHING)
    assert _claim(ledger, _TWO, now=1050.0) is None
    taken = _claim(ledger, _TWO, now=1100.0)
    assert taken is not None
    assert (taken.state, taken.lease_owner) == (State.PUBLISHING, "two")


def test_what_a_person_passes_for_publication_is_claimed(ledger: Ledger) -> None:
    (name,) = _add(ledger, 1, state=State.NEEDS_REVIEW)
    with ledger.transaction() as session:
        queue.move(queue.get(session, name), State.PUBLISHING)
    taken = _claim(ledger)
    assert taken is not None
    assert (taken.id, taken.state) == (name, State.PUBLISHING)


def test_all_leases_can_be_let_go(ledger: Ledger) -> None:
    _add(ledger, 2)
    _claim(ledger)
    with ledger.transaction() as session:
        queue.free_all(session)
    assert getattr(_claim(ledger, _TWO), "attempts", None) == 2


def test_a_lock_shows_the_item_as_it_is_not_as_it_was_seen(ledger: Ledger, url: str) -> None:
    if url.startswith("sqlite"):
        pytest.skip("while one writes, no other can change what it has seen")
    (name,) = _add(ledger, 1)
    with ledger.transaction() as session:
        seen = session.get_one(Item, name)
        assert seen.state == State.ACCEPTED
        _claim(ledger)
        assert queue.get(session, name) is seen
        assert seen.state == State.PROCESSING


def test_threads_claim_each_item_exactly_once(ledger: Ledger) -> None:
    names = _add(ledger, 200)

    def work(number: int) -> list[str]:
        lease, mine = Lease(f"worker-{number}", 60.0), []
        while (item := _claim(ledger, lease)) is not None:
            mine.append(item.id)
            with ledger.transaction() as session:
                queue.move(queue.held(session, item.id, lease), State.DONE)
        return mine

    claimed = [name for mine in together(8, work) for name in mine]
    assert len(claimed) == 200
    assert set(claimed) == set(names)
    with ledger.reading() as session:
        assert set(session.scalars(select(Item.attempts))) == {1}


def test_the_queue_takes_no_more_than_its_limit(ledger: Ledger) -> None:
    _add(ledger, 8)
    _claim(ledger)  # what is in work counts
    with ledger.transaction() as session:
        queue.make_room(session, 2, limit=10, pace=1.0)
        with pytest.raises(QueueFullError, match="holds 8 photos, 10 at most") as caught:
            queue.make_room(session, 62, limit=10, pace=2.0)
    assert caught.value.facts["retry_after"] == 30
    assert caught.value.retryable


def test_submitters_at_once_do_not_pass_the_limit(ledger: Ledger) -> None:
    def submit(_: int) -> int:
        accepted = 0
        for _ in range(4):
            try:
                with ledger.transaction() as session:
                    queue.make_room(session, 3, limit=50, pace=1.0)
                    add_items(session, 3)
                    accepted += 3
            except QueueFullError:
                pass
        return accepted

    assert sum(together(8, submit)) == 48
    with ledger.reading() as session:
        assert queue.waiting(session) == 48


def test_what_waits_and_what_became_of_a_batch(ledger: Ledger) -> None:
    with ledger.transaction() as session:
        assert (queue.waiting(session), queue.oldest_waiting(session)) == (0, None)
        names = add_items(session, 3, start=500.0)
        batch = session.get_one(Item, names[0]).batch_id
        queue.move(queue.get(session, names[0]), State.FAILED)
        assert (queue.waiting(session), queue.oldest_waiting(session)) == (2, 501.0)
        expected = dict.fromkeys(State, 0) | {State.ACCEPTED: 2, State.FAILED: 1}
        assert queue.counts(session, batch) == expected
        assert queue.counts(session, add_batch(session)) == dict.fromkeys(State, 0)
        assert queue.batch(session, batch).id == batch


def test_unknown_names_are_said_to_be(ledger: Ledger) -> None:
    with ledger.transaction() as session:
        with pytest.raises(NotFoundError, match="no job 'x'"):
            queue.get(session, "x")
        with pytest.raises(NotFoundError, match="no batch 'x'"):
            queue.batch(session, "x")
        with pytest.raises(LostLeaseError):
            queue.held(session, "x", _ONE)
