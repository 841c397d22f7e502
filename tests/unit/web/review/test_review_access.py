"""Who may see and do what on the pages."""

import pytest
from review_pages import POOR, Home, picture

from packshot.ledger import keys
from packshot.ledger.keys import Scope
from packshot.web.review.session import COOKIE

PAGES = ("/", "/review", "/batches", "/merchants", "/submit")


@pytest.mark.parametrize("page", PAGES)
def test_who_is_unknown_has_to_sign_in(guarded: Home, page: str) -> None:
    answer = guarded.client.get(page, params={"x": "1"})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login?to=")


def test_a_part_of_a_page_has_the_whole_one_sign_in(guarded: Home) -> None:
    answer = guarded.client.get("/review", headers={"hx-request": "true"})
    assert answer.headers["hx-redirect"] == "/login?to=/review"


@pytest.mark.parametrize("scope", [Scope.READ, Scope.REVIEW, Scope.ADMIN])
@pytest.mark.parametrize("page", PAGES)
def test_keys_that_look_see_every_page(guarded: Home, scope: Scope, page: str) -> None:
    guarded.sign_in(guarded.key("maria", scope).secret)
    answer = guarded.client.get(page)
    assert answer.status_code == 200
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"


def test_a_key_that_only_submits_opens_no_page(guarded: Home) -> None:
    answer = guarded.sign_in(guarded.key("shop", Scope.SUBMIT).secret)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("secret", ["", "pk_live_no", "\N{SNOWMAN}", "a" * 5000])
def test_what_is_no_key_opens_nothing(guarded: Home, secret: str) -> None:
    answer = guarded.sign_in(secret)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_who_looks_does_not_decide(guarded: Home) -> None:
    guarded.send({"a.png": picture()})
    job = guarded.items()["a.png"].id
    admin = guarded.key("boss", Scope.ADMIN)
    guarded.sign_in(guarded.key("maria", Scope.READ).secret)
    assert "Approve" not in guarded.client.get(f"/review/{job}").text
    reading = guarded.client.cookies[COOKIE]
    guarded.sign_in(admin.secret)
    assert "Approve" in guarded.client.get(f"/review/{job}").text
    guarded.client.cookies.clear()
    guarded.client.cookies.set(COOKIE, reading)
    token = guarded.app.state.sessions.token(reading)
    for path in (f"/review/{job}/approve", f"/review/{job}/reject", f"/review/{job}/redo", "/review/decide"):
        assert guarded.client.post(path, data={"token": token, "job": job}).status_code == 403
    assert guarded.items()["a.png"].state == "needs_review"


def test_a_revoked_key_sees_nothing_more(guarded: Home, monkeypatch) -> None:
    key = guarded.key("maria", Scope.REVIEW)
    guarded.sign_in(key.secret)
    assert guarded.client.get("/review").status_code == 200
    with guarded.context.ledger.transaction() as session:
        keys.revoke(session, "maria")
    sessions = guarded.app.state.sessions
    monkeypatch.setattr(sessions, "_clock", lambda clock=sessions._clock: clock() + 5)
    assert guarded.client.get("/review").status_code == 303


def test_signing_out_ends_the_session(guarded: Home) -> None:
    guarded.sign_in(guarded.key("maria", Scope.REVIEW).secret)
    assert guarded.client.post("/logout").headers["location"] == "/login"
    assert guarded.client.get("/review").status_code == 303


@pytest.mark.parametrize(
    "to", ["//evil.example", "/\\evil.example", "https://evil.example", "evil", "/a\nb", ""]
)
def test_signing_in_leads_to_no_other_site(guarded: Home, to: str) -> None:
    secret = guarded.key("maria", Scope.REVIEW).secret
    answer = guarded.client.post("/login", data={"key": secret, "to": to}, headers={"origin": guarded.origin})
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:1", "http://[", ""])
def test_no_other_site_can_sign_in_or_act(guarded: Home, origin: str) -> None:
    key = guarded.key("maria", Scope.ADMIN)
    assert guarded.sign_in(key.secret, origin=origin).status_code == 403
    guarded.sign_in(key.secret)
    assert guarded.post("/submit", {"origin": origin}).status_code == 403


@pytest.mark.parametrize("token", [None, "", "0" * 64, "\N{SNOWMAN}"])
def test_a_form_without_its_token_does_nothing(local: Home, token: str | None) -> None:
    local.send({"a.png": picture()})
    job = local.items()["a.png"].id
    fields = {} if token is None else {"token": token}
    for path in (f"/review/{job}/approve", f"/review/{job}/erase", "/review/undo", "/submit"):
        assert local.client.post(path, data=fields).status_code == 403
    assert local.items()["a.png"].state == "needs_review"


def test_a_token_of_another_session_does_nothing(guarded: Home) -> None:
    secret = guarded.key("maria", Scope.ADMIN).secret
    guarded.sign_in(secret)
    stolen = guarded.token()
    guarded.sign_in(secret)
    assert guarded.client.post("/submit", data={"token": stolen}).status_code == 403


def test_without_keys_only_this_machines_own_pages_act(local: Home) -> None:
    assert local.client.get("/review").status_code == 200
    for headers in ({"host": "evil.example"}, {"origin": "http://evil.example"}):
        assert local.client.get("/review", headers=headers).status_code == 403


def test_pictures_need_a_session_too(guarded: Home) -> None:
    guarded.send({"a.png": picture(side=POOR)})
    item = guarded.items()["a.png"]
    for path in (f"small/{item.photo}.image", f"full/{item.photo}.image", f"file/{item.photo}"):
        assert guarded.client.get(f"/review/{item.id}/{path}").status_code == 303
