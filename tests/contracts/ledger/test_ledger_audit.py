import threading
from collections.abc import Callable
from typing import Any

import pytest
from crowd import add_items, together
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from packshot.ledger import audit, queue
from packshot.ledger.database import Ledger
from packshot.ledger.errors import AuditBrokenError
from packshot.ledger.tables import Item

_TRIGGERS = {
    "sqlite": [f"DROP TRIGGER audit_no_{what}" for what in ("update", "delete", "replace")],
    "postgresql": ["DROP TRIGGER audit_only_grows ON audit"],
}
_WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


def _fill(ledger: Ledger, count: int) -> None:
    with ledger.transaction() as session:
        for number in range(count):
            audit.record(session, "anna", "publish", f"job_{number % 2}", {"n": number})


def _verify(ledger: Ledger) -> int:
    with ledger.reading() as session:
        return audit.verify(session)


def _execute(ledger: Ledger, statement: str) -> None:
    with ledger.transaction() as session:
        session.execute(text(statement))


def _tamper(ledger: Ledger, *statements: str) -> None:
    for statement in (*_TRIGGERS[ledger.engine.dialect.name], *statements):
        _execute(ledger, statement)


def test_an_empty_log_holds_together(ledger: Ledger) -> None:
    assert _verify(ledger) == 0


def test_entries_are_numbered_and_each_follows_the_one_before(ledger: Ledger) -> None:
    with ledger.transaction() as session:
        first = audit.record(session, "anna", "publish", "job_1", {"b": 1, "a": "ü"})
        second = audit.record(session, "system", "undo", "job_1", {})
    assert (first.sequence, first.previous, first.detail) == (1, audit.GENESIS, '{"a":"\\u00fc","b":1}')
    assert (second.sequence, second.previous) == (2, first.digest)
    with ledger.transaction() as session:
        third = audit.record(session, "anna", "publish", "job_2", {})
    assert (third.sequence, third.previous) == (3, second.digest)
    assert _verify(ledger) == 3


def test_entries_are_read_in_pages_and_by_subject(ledger: Ledger) -> None:
    _fill(ledger, 7)
    with ledger.reading() as session:
        assert [entry.sequence for entry in audit.entries(session)] == [1, 2, 3, 4, 5, 6, 7]
        assert [entry.sequence for entry in audit.entries(session, after=2, limit=3)] == [3, 4, 5]
        assert [entry.sequence for entry in audit.entries(session, "job_1", after=2, limit=9)] == [4, 6]


def test_what_is_rolled_back_leaves_no_gap(ledger: Ledger) -> None:
    def fail() -> None:
        with ledger.transaction() as session:
            audit.record(session, "anna", "publish", "job_1", {})
            raise RuntimeError

    _fill(ledger, 1)
    with pytest.raises(RuntimeError):
        fail()
    _fill(ledger, 1)
    assert _verify(ledger) == 2


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'nobody' WHERE sequence = 2",
        "DELETE FROM audit WHERE sequence = 2",
        "DELETE FROM audit",
    ],
)
def test_the_database_refuses_changes(ledger: Ledger, statement: str) -> None:
    _fill(ledger, 3)
    with pytest.raises(DBAPIError, match="the audit log only grows"):
        _execute(ledger, statement)
    assert _verify(ledger) == 3


def test_the_database_refuses_to_replace_or_empty(ledger: Ledger) -> None:
    _fill(ledger, 3)
    on_sqlite = ledger.engine.dialect.name == "sqlite"
    replace = "INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE sequence = 2"
    with pytest.raises(DBAPIError, match="the audit log only grows"):
        _execute(ledger, replace if on_sqlite else "TRUNCATE audit")
    assert _verify(ledger) == 3


@pytest.mark.parametrize(
    ("statement", "place", "why"),
    [
        ("UPDATE audit SET actor = 'nobody' WHERE sequence = 2", 2, "changed"),
        ("UPDATE audit SET at = at + 0.001 WHERE sequence = 3", 3, "changed"),
        ("UPDATE audit SET detail = '{}' WHERE sequence = 3", 3, "changed"),
        ("UPDATE audit SET subject = action, action = subject WHERE sequence = 1", 1, "changed"),
        ("UPDATE audit SET digest = previous WHERE sequence = 1", 1, "changed"),
        ("UPDATE audit SET previous = digest WHERE sequence = 4", 4, "does not follow"),
        ("DELETE FROM audit WHERE sequence = 3", 3, "missing"),
        ("DELETE FROM audit WHERE sequence = 1", 1, "missing"),
        ("UPDATE audit SET sequence = 9 WHERE sequence = 5", 5, "missing"),
    ],
)
def test_who_drops_the_triggers_and_changes_the_past_is_found_out(
    ledger: Ledger, statement: str, place: int, why: str
) -> None:
    _fill(ledger, 5)
    _tamper(ledger, statement)
    with pytest.raises(AuditBrokenError, match=f"entry {place}: .*{why}"):
        _verify(ledger)


def test_an_entry_made_to_fit_itself_breaks_the_next(ledger: Ledger) -> None:
    _fill(ledger, 4)
    with ledger.reading() as session:
        forged = audit.entries(session, after=1, limit=1)[0]
    forged.actor = "nobody"
    digest = audit._digest(forged)
    _tamper(ledger, f"UPDATE audit SET actor = 'nobody', digest = '{digest}' WHERE sequence = 2")
    with pytest.raises(AuditBrokenError, match="entry 3: it does not follow"):
        _verify(ledger)


def test_a_log_of_many_chunks_is_verified(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "_CHUNK", 4)
    _fill(ledger, 12)
    assert _verify(ledger) == 12
    _tamper(ledger, "UPDATE audit SET actor = 'nobody' WHERE sequence = 9")
    with pytest.raises(AuditBrokenError, match="entry 9"):
        _verify(ledger)


def test_threads_of_writers_leave_no_gap(ledger: Ledger) -> None:
    together(8, lambda _: [_fill(ledger, 2) for _ in range(10)])
    assert _verify(ledger) == 160


def test_recording_before_a_row_is_locked_or_after_it_stops_nobody(ledger: Ledger, url: str) -> None:
    """On PostgreSQL the two would wait for each other, did recording itself take the log's lock."""
    if url.startswith("sqlite"):
        pytest.skip("there is one writer at a time, so no circle of waiting ones")
    with ledger.transaction() as session:
        (name,) = add_items(session, 1)
    both = threading.Barrier(2)

    def record_first() -> None:
        with ledger.transaction() as session:
            audit.record(session, "anna", "publish", name, {})
            session.flush()
            both.wait(60)
            queue.get(session, name).attempts += 1

    def lock_first() -> None:
        with ledger.transaction() as session:
            queue.get(session, name).attempts += 1
            session.flush()
            both.wait(60)
            audit.record(session, "system", "publish", name, {})

    work: list[Callable[[], None]] = [record_first, lock_first]
    together(2, lambda number: work[number]())
    assert _verify(ledger) == 2
    with ledger.reading() as session:
        assert session.get_one(Item, name).attempts == 2


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actor=_WORDS, subject=_WORDS, detail=st.dictionaries(st.text(), _JSON, max_size=4))
def test_whatever_is_recorded_verifies(
    ledger: Ledger, actor: str, subject: str, detail: dict[str, Any]
) -> None:
    with ledger.transaction() as session:
        entry = audit.record(session, actor, "note", subject, detail)
    assert _verify(ledger) == entry.sequence


@pytest.mark.parametrize("detail", [{"n": float("nan")}, {"n": float("inf")}, {"n": object()}, {"n": b"x"}])
def test_what_json_does_not_know_is_refused_at_once(ledger: Ledger, detail: dict[str, Any]) -> None:
    with ledger.transaction() as session, pytest.raises((ValueError, TypeError)):
        audit.record(session, "anna", "publish", "job_1", detail)
    assert _verify(ledger) == 0
