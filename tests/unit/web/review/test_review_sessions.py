"""Sessions: who gets in, how long, and what a stolen, forged or old cookie is worth."""

import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st
from review_pages import Home

from packshot.ledger import keys
from packshot.ledger.keys import Scope
from packshot.web.review.errors import SessionKeyError
from packshot.web.review.session import COOKIE, KEY_FILE, LASTS_SECONDS, Sessions, Signer, load_or_create

SIGNER = Signer(b"k" * 32)


class Clock:
    """A clock that tests set."""

    now = 1_000_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(guarded: Home, clock: Clock) -> Sessions:
    return Sessions(guarded.context, SIGNER, clock)


def test_a_session_is_its_keys_holder(guarded: Home, sessions: Sessions) -> None:
    key = guarded.key("maria", Scope.REVIEW)
    actor = sessions.actor(sessions.open(key.id))
    assert (actor.name, actor.scopes) == ("maria", {"review"})


def test_a_session_ends_after_its_hours(guarded: Home, sessions: Sessions, clock: Clock) -> None:
    value = sessions.open(guarded.key("maria", Scope.REVIEW).id)
    clock.now += LASTS_SECONDS - 1
    assert sessions.actor(value) is not None
    clock.now += 1
    assert sessions.actor(value) is None


def test_a_revoked_key_is_out_within_five_seconds(guarded: Home, sessions: Sessions, clock: Clock) -> None:
    key = guarded.key("maria", Scope.REVIEW)
    value = sessions.open(key.id)
    assert sessions.actor(value) is not None
    with guarded.context.ledger.transaction() as session:
        keys.revoke(session, key.id)
    clock.now += 5
    assert sessions.actor(value) is None


def test_a_session_for_no_key_is_nobodys(sessions: Sessions) -> None:
    assert sessions.actor(sessions.open("key_00")) is None


@given(place=st.integers(0, 200), other=st.characters(codec="utf-8"))
def test_no_changed_cookie_opens_anything(place: int, other: str) -> None:
    class Open(Sessions):
        def _by_id(self, key_id: str):
            return key_id

    sessions = Open(None, SIGNER)
    value = sessions.open("key_0123456789abcdef")
    at = place % len(value)
    changed = value[:at] + other + value[at + 1 :]
    assert (sessions.actor(changed) is not None) == (changed == value)


def test_another_services_cookie_is_worth_nothing(guarded: Home, sessions: Sessions) -> None:
    key = guarded.key("maria", Scope.REVIEW)
    other = Sessions(guarded.context, Signer(b"x" * 32))
    assert sessions.actor(other.open(key.id)) is None


def test_a_token_is_of_one_session_and_no_session(sessions: Sessions) -> None:
    one, two = sessions.open("key_1"), sessions.open("key_1")
    assert sessions.is_token(one, sessions.token(one))
    assert not sessions.is_token(two, sessions.token(one))
    assert not sessions.is_token(one, one.rpartition(".")[2])
    assert not sessions.is_token(one, "\udcff")


def test_the_signing_key_is_kept_and_private(tmp_path) -> None:
    made = load_or_create(tmp_path / "keys")
    path = tmp_path / "keys" / KEY_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == [KEY_FILE]
    assert load_or_create(tmp_path / "keys") == made


def test_a_signing_key_that_others_can_read_is_refused(tmp_path) -> None:
    load_or_create(tmp_path)
    (tmp_path / KEY_FILE).chmod(0o640)
    with pytest.raises(SessionKeyError, match="others than its owner"):
        load_or_create(tmp_path)


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 33])
def test_a_damaged_signing_key_is_refused(tmp_path, content: bytes) -> None:
    (tmp_path / KEY_FILE).write_bytes(content)
    (tmp_path / KEY_FILE).chmod(0o600)
    with pytest.raises(SessionKeyError, match="32 bytes"):
        load_or_create(tmp_path)


def test_a_cookie_holds_the_keys_id_and_not_its_secret(guarded: Home) -> None:
    key = guarded.key("maria", Scope.REVIEW)
    answer = guarded.sign_in(key.secret)
    said = answer.headers["set-cookie"]
    assert (answer.status_code, answer.headers["location"]) == (303, "/review")
    assert f"{COOKIE}={key.id}." in said
    assert key.secret not in said
    assert {"HttpOnly", "SameSite=strict", "Path=/", f"Max-Age={LASTS_SECONDS}"} <= set(said.split("; "))
    assert "Secure" not in said


def test_behind_a_proxy_with_tls_the_cookie_is_secure(guarded: Home) -> None:
    key = guarded.key("maria", Scope.REVIEW)
    answer = guarded.sign_in(key.secret, origin=guarded.origin.replace("http:", "https:"))
    assert "; Secure" in answer.headers["set-cookie"]
