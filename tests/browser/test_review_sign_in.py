"""Signing in and out where keys are asked for."""

import subprocess
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect
from review_service import PACKSHOT, Seen, Service, serving


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One that asks for keys."""
    with serving(tmp_path_factory.mktemp("guarded"), "--require-keys") as running:
        yield running


def made_key(service: Service, name: str, *scopes: str) -> str:
    chosen = [part for scope in scopes for part in ("--scope", scope)]
    command = [*PACKSHOT, "keys", "create", name, *chosen, "--home", str(service.home)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_a_key_opens_the_pages_until_one_signs_out(seen: Seen) -> None:
    page = seen.page
    seen.go("/review?category=knit")
    page.get_by_label("API key").fill(made_key(seen.service, "maria", "review"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/review?category=knit")
    expect(page.get_by_text("No photo in review fits this choice")).to_be_visible()
    (cookie,) = seen.page.context.cookies()
    assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"]) == ("packshot_session", True, "Strict")
    assert page.evaluate("document.cookie") == ""
    page.get_by_role("link", name="Submit").click()
    expect(page.get_by_text("lacks the scope submit")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("API key")).to_be_focused()
    seen.go("/batches")
    expect(page.get_by_label("API key")).to_be_visible()


def test_a_wrong_key_is_told_so(seen: Seen) -> None:
    page = seen.page
    seen.go("/login")
    page.get_by_label("API key").fill("pk_live_wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert").filter(has_text="no valid key")).to_be_visible()
    assert seen.page.context.cookies() == []
    seen.wrong[:] = [one for one in seen.wrong if "403" not in one]  # the browser notes every refusal
