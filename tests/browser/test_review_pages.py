"""Every page: nothing of a name runs, nothing breaks a policy, and everybody can read and use it."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from review_service import Seen, Service

EVIL = "<img src=x onerror=\"document.title='owned'\">"
SCRIPT = "<script>document.title='owned'</script>"
RTL = "\N{ARABIC LETTER ALEF}\N{RIGHT-TO-LEFT OVERRIDE}gpj"

_CONTRASTS, _UNNAMED, _FOCUS = (
    Path(__file__).with_name(name).read_text() for name in ("contrast.js", "unnamed.js", "focus.js")
)


@pytest.fixture(scope="module")
def pages(browser: Browser, service: Service, stamped: Path) -> list[str]:
    """An address of each kind of page, of photos with hostile names."""
    evil = stamped.with_name(f"{SCRIPT.replace('/', '')}{RTL}.png")
    evil.write_bytes(stamped.read_bytes())
    context = browser.new_context()
    seen = Seen(context.new_page(), service)
    seen.submit(evil, merchant=EVIL, product=EVIL, category=RTL, attested_by=SCRIPT)
    batch = seen.page.url.removeprefix(service.address)
    seen.go("/review")
    row = seen.page.locator("#rows .row").first
    photo, product, merchant = (
        row.locator(place).get_attribute("href") for place in (".open", "h2 a", ".quiet a")
    )
    context.close()
    plain = ["/", "/?span=week", "/review", "/review?code=blurry", "/batches", "/merchants", "/submit"]
    return [*plain, batch, photo, product, merchant, "/review/nothing"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1600])
def test_every_page(seen: Seen, pages: list[str], scheme: str, width: int) -> None:
    page = seen.page
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    for path in pages:
        seen.go(path)
        page.wait_for_load_state("networkidle")
        assert page.title() != "owned"
        assert page.locator("img[src=x]").count() == 0
        assert page.evaluate(_CONTRASTS) == [], path
        assert page.evaluate(_UNNAMED) == [], path
        across = page.evaluate("document.documentElement.scrollWidth")
        assert across <= width, f"{path} is {across} px wide"
    seen.wrong[:] = [one for one in seen.wrong if "404" not in one]  # the last page is none


def test_hostile_names_are_shown_as_text(seen: Seen, pages: list[str]) -> None:
    shown = 0
    for path in pages:
        seen.go(path)
        shown += seen.page.get_by_text(EVIL).count()
    assert shown >= 5
    seen.wrong[:] = [one for one in seen.wrong if "404" not in one]


def test_what_has_the_focus_is_seen(seen: Seen, pages: list[str]) -> None:
    page = seen.page
    for path in (found for found in pages if re.fullmatch(r"/(review|review/job_\w+|submit)", found)):
        seen.go(path)
        for _ in range(12):
            page.keyboard.press("Tab")
            outline = page.evaluate(_FOCUS)
            assert outline[0] == "BODY" or (outline[1] != "none" and outline[2] >= 1), (path, outline)


def test_curves_have_a_table(seen: Seen, pages: list[str]) -> None:
    assert pages
    seen.go("/")
    page = seen.page
    assert page.locator(".chart canvas").count() >= 3
    page.get_by_text("The same as a table").click()
    assert page.locator("#curve tbody tr").count() == 24
    assert page.locator("#curve td[data-value]").count() > 0
