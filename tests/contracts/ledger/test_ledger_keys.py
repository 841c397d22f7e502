import hashlib
import re
import time

import pytest
from crowd import together
from sqlalchemy import select

from packshot.errors import UsageError
from packshot.ledger import keys
from packshot.ledger.database import Ledger
from packshot.ledger.errors import KeyNameTakenError, NotFoundError
from packshot.ledger.keys import Scope
from packshot.ledger.tables import ApiKey

_HOUR = 3600.0


class _Clock:
    """``time`` for the module under test."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> _Clock:
    clock = _Clock()
    monkeypatch.setattr(keys, "time", clock)
    return clock


def _create(ledger: Ledger, name: str = "shop", expires_at: float | None = None) -> str:
    with ledger.transaction() as session:
        return keys.create(session, name, [Scope.SUBMIT, Scope.READ, Scope.READ], 500, expires_at)[1]


def _rotate(ledger: Ledger, grace: float) -> str:
    with ledger.transaction() as session:
        return keys.rotate(session, "shop", grace)


def _revoke(ledger: Ledger, what: str) -> None:
    with ledger.transaction() as session:
        keys.revoke(session, what)


def _find(ledger: Ledger, secret: str) -> ApiKey | None:
    with ledger.reading() as session:
        return keys.find(session, secret)


def test_a_key_is_found_by_its_secret(ledger: Ledger) -> None:
    key = _find(ledger, _create(ledger))
    assert key is not None
    assert (key.name, key.scopes, key.per_minute) == ("shop", ["read", "submit"], 500)


def test_a_secret_is_long_chance_and_only_its_hash_is_kept(ledger: Ledger) -> None:
    secret = _create(ledger)
    assert re.fullmatch(r"pk_live_[0-9a-f]{64}", secret)
    assert secret != _create(ledger, "other")
    with ledger.reading() as session:
        row = session.execute(select(ApiKey.__table__).where(ApiKey.name == "shop")).one()
    assert row.secret_hash == hashlib.sha256(secret.encode()).hexdigest()
    assert secret.removeprefix("pk_live_") not in repr(row)


def test_an_unknown_secret_finds_nothing(ledger: Ledger) -> None:
    _create(ledger)
    for wrong in ("", "pk_live_", "pk_live_" + "0" * 64, "x" * 100_000, "\0", "\udc80", "' OR 1=1"):
        assert _find(ledger, wrong) is None


def test_its_hash_is_no_secret(ledger: Ledger) -> None:
    _create(ledger)
    with ledger.reading() as session:
        stored = keys.listing(session)[0].secret_hash
    assert _find(ledger, stored) is None


def test_a_key_expires(ledger: Ledger, clock: _Clock) -> None:
    secret = _create(ledger, expires_at=clock.now + _HOUR)
    clock.now += _HOUR - 1
    assert _find(ledger, secret) is not None
    clock.now += 1
    assert _find(ledger, secret) is None


def test_after_rotation_the_old_secret_goes_on_for_the_time_of_grace(ledger: Ledger, clock: _Clock) -> None:
    old = _create(ledger)
    new = _rotate(ledger, 60)
    first, second = _find(ledger, old), _find(ledger, new)
    assert first is not None
    assert second is not None
    assert (first.name, first.scopes, first.per_minute) == (second.name, second.scopes, second.per_minute)
    clock.now += 60
    assert _find(ledger, old) is None
    assert _find(ledger, new) is not None


def test_rotation_without_grace_ends_the_old_secret_at_once(ledger: Ledger, clock: _Clock) -> None:
    del clock  # stands still
    old = _create(ledger)
    assert _find(ledger, _rotate(ledger, 0)) is not None
    assert _find(ledger, old) is None


def test_grace_does_not_prolong_a_key(ledger: Ledger, clock: _Clock) -> None:
    old = _create(ledger, expires_at=clock.now + 60)
    _rotate(ledger, _HOUR)
    clock.now += 61
    assert _find(ledger, old) is None


def test_a_rotated_key_lives_as_long_as_the_old_one_was_meant_to(ledger: Ledger, clock: _Clock) -> None:
    _create(ledger, expires_at=clock.now + _HOUR)
    clock.now += 600
    new = _rotate(ledger, 0)
    clock.now += _HOUR - 1
    assert _find(ledger, new) is not None
    clock.now += 1
    assert _find(ledger, new) is None


def test_the_second_rotation_in_a_row_keeps_the_first_ones_end(ledger: Ledger, clock: _Clock) -> None:
    first = _create(ledger)
    second = _rotate(ledger, 60)
    clock.now += 30
    third = _rotate(ledger, 600)
    clock.now += 31
    assert [_find(ledger, secret) is not None for secret in (first, second, third)] == [False, True, True]


def test_a_name_is_revoked_with_all_its_secrets(ledger: Ledger) -> None:
    old, other = _create(ledger), _create(ledger, "other")
    new = _rotate(ledger, _HOUR)
    _revoke(ledger, "shop")
    assert [_find(ledger, secret) is not None for secret in (old, new, other)] == [False, False, True]
    with pytest.raises(NotFoundError, match="no valid key 'shop'"):
        _rotate(ledger, 0)


def test_one_secret_of_a_name_is_revoked_by_its_id(ledger: Ledger) -> None:
    old = _create(ledger)
    new = _rotate(ledger, _HOUR)
    found = _find(ledger, old)
    assert found is not None
    _revoke(ledger, found.id)
    assert _find(ledger, old) is None
    assert _find(ledger, new) is not None


def test_the_time_of_a_revocation_stays(ledger: Ledger, clock: _Clock) -> None:
    _create(ledger)
    then = clock.now
    _revoke(ledger, "shop")
    clock.now += 60
    _revoke(ledger, "shop")
    with ledger.reading() as session:
        assert [key.revoked_at for key in keys.listing(session)] == [then]


def test_the_listing_has_all_keys_the_oldest_first(ledger: Ledger, clock: _Clock) -> None:
    for name in ("one", "two", "three"):
        _create(ledger, name)
        clock.now += 1
    _revoke(ledger, "two")
    with ledger.reading() as session:
        assert [key.name for key in keys.listing(session)] == ["one", "two", "three"]


def test_a_name_has_one_valid_key(ledger: Ledger) -> None:
    _create(ledger)
    with pytest.raises(KeyNameTakenError, match="Rotate it"):
        _create(ledger)
    _revoke(ledger, "shop")
    _create(ledger)


def test_of_threads_that_make_a_name_at_once_one_does(ledger: Ledger) -> None:
    def make(_: int) -> bool:
        try:
            _create(ledger)
        except KeyNameTakenError:
            return False
        return True

    assert sum(together(6, make)) == 1


def test_what_is_not_there_cannot_be_revoked(ledger: Ledger) -> None:
    with pytest.raises(NotFoundError, match="no key 'none'"):
        _revoke(ledger, "none")


def test_names_that_could_be_mistaken_are_refused(ledger: Ledger) -> None:
    for name in ("", " ", "a b", "a\n", "key_1", "-x", "ü", "x" * 65, "a\0"):
        with pytest.raises(UsageError, match="no name for a key"):
            _create(ledger, name)


def test_values_that_cannot_be_meant_are_refused(ledger: Ledger) -> None:
    with ledger.transaction() as session:
        with pytest.raises(UsageError, match="one scope at least: submit, read, review, admin"):
            keys.create(session, "shop", [], 1)
        with pytest.raises(UsageError, match="per_minute is 0"):
            keys.create(session, "shop", [Scope.READ], 0)
        with pytest.raises(UsageError, match="expired already"):
            keys.create(session, "shop", [Scope.READ], 1, time.time() - 1)
        for grace in (-1.0, float("nan")):
            with pytest.raises(UsageError, match="grace"):
                keys.rotate(session, "shop", grace)
    with ledger.reading() as session:
        assert keys.listing(session) == []
