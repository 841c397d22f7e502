from typing import Any

import pytest
from crowd import add_batch, together
from sqlalchemy import func, select

from packshot.ledger import idempotency
from packshot.ledger.database import Ledger
from packshot.ledger.errors import IdempotencyError, IdempotencyRaceError
from packshot.ledger.tables import Batch, IdempotentRequest

_REQUEST, _OTHER = "a" * 64, "b" * 64
_ANSWER: dict[str, Any] = {"batch": "bat_1", "jobs": [{"name": "ü.jpg"}], "n": None}


def _remember(ledger: Ledger, actor: str = "shop", key: str = "k", now: float = 0.0) -> None:
    with ledger.transaction() as session:
        idempotency.remember(session, actor, key, _REQUEST, _ANSWER, now=now)


def _remembered(
    ledger: Ledger, actor: str = "shop", key: str = "k", request: str = _REQUEST, now: float = 0.0
) -> dict[str, Any] | None:
    with ledger.transaction() as session:
        return idempotency.remembered(session, actor, key, request, now=now)


def test_the_same_request_gets_the_same_answer(ledger: Ledger) -> None:
    assert _remembered(ledger) is None
    _remember(ledger)
    assert _remembered(ledger) == _ANSWER
    assert _remembered(ledger) == _ANSWER


def test_another_request_with_the_key_is_refused(ledger: Ledger) -> None:
    _remember(ledger)
    with pytest.raises(IdempotencyError, match="'k' was used for another request"):
        _remembered(ledger, request=_OTHER)


def test_actors_and_keys_are_apart(ledger: Ledger) -> None:
    _remember(ledger)
    assert _remembered(ledger, actor="other", request=_OTHER) is None
    assert _remembered(ledger, key="K", request=_OTHER) is None


def test_an_answer_is_kept_for_a_day_and_the_key_is_free_again_after(ledger: Ledger) -> None:
    _remember(ledger, now=1000.0)
    assert _remembered(ledger, now=1000.0 + idempotency.KEEP_S) == _ANSWER
    later = 1000.1 + idempotency.KEEP_S
    assert _remembered(ledger, request=_OTHER, now=later) is None
    _remember(ledger, now=later)
    assert _remembered(ledger, now=later + 1) == _ANSWER


def test_what_is_old_is_forgotten(ledger: Ledger) -> None:
    _remember(ledger, key="old", now=1000.0)
    _remember(ledger, key="new", now=5000.0)
    with ledger.transaction() as session:
        idempotency.forget_old(session, now=2000.0 + idempotency.KEEP_S)
        assert list(session.scalars(select(IdempotentRequest.key))) == ["new"]


def test_what_is_rolled_back_is_not_remembered(ledger: Ledger) -> None:
    def fail() -> None:
        with ledger.transaction() as session:
            idempotency.remember(session, "shop", "k", _REQUEST, _ANSWER)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert _remembered(ledger) is None


def test_of_requests_at_once_one_is_carried_out_and_all_get_its_answer(ledger: Ledger) -> None:
    def submit(_: int) -> dict[str, Any]:
        with ledger.transaction() as session:
            known = idempotency.remembered(session, "shop", "k", _REQUEST)
            if known is not None:
                return known
            answer = {"batch": add_batch(session)}
            idempotency.remember(session, "shop", "k", _REQUEST, answer)
            return answer

    answers = together(8, submit)
    with ledger.reading() as session:
        (made,) = session.scalars(select(Batch.id))
    assert answers == [{"batch": made}] * 8


def test_who_answers_in_a_transaction_of_its_own_is_told_that_another_has(ledger: Ledger) -> None:
    def submit(_: int) -> bool:
        try:
            with ledger.transaction() as session:
                add_batch(session)
                idempotency.remember(session, "shop", "k", _REQUEST, _ANSWER)
        except IdempotencyRaceError:
            return False
        return True

    assert IdempotencyRaceError.retryable
    assert sum(together(8, submit)) == 1
    with ledger.reading() as session:
        assert session.scalar(select(func.count()).select_from(Batch)) == 1
