"""Changes in a real browser: beginning and moving one, and reading of it in any light and width."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import expect
from review_service import Seen, Service, serving
from rollout_service import Shop, bad_change, experiment, furnished, live_upscaler, under_way

from packshot.service import experiments

_CONTRASTS, _UNNAMED, _FOCUS = (
    Path(__file__).with_name(name).read_text() for name in ("contrast.js", "unnamed.js", "focus.js")
)


@dataclass(frozen=True)
class Made:
    """What was tried in the service, by identifier."""

    running: str
    ended: str
    trial: str

    def pages(self) -> list[str]:
        return [
            "/rollouts",
            f"/rollouts/{self.running}",
            f"/rollouts/{self.ended}",
            f"/experiments/{self.trial}",
        ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("changes")


@pytest.fixture(scope="module")
def made(folder: Path) -> Made:
    with furnished(folder) as context:
        shop = Shop(context)
        live_upscaler(shop)
        shop.send(4)
        ended = bad_change(shop)
        trial = experiment(shop)
        experiments.stop(context, trial, "maria", "Enough was seen.")
        return Made(under_way(shop), ended, trial)


@pytest.fixture(scope="module")
def service(folder: Path, made: Made) -> Iterator[Service]:
    """One in which changes were tried before it was started."""
    assert made
    with serving(folder) as running:
        yield running


def judged_again(service: Service, rollout: str) -> None:
    """As if the conductor had judged: the page has something new to show."""
    with sqlite3.connect(service.home / "ledger.db", timeout=30) as database:
        database.execute("UPDATE rollouts SET judged_at = judged_at + 1 WHERE id = ?", (rollout,))
    database.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1000, 1600])
def test_every_page(seen: Seen, made: Made, scheme: str, width: int) -> None:
    page = seen.page
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    for path in made.pages():
        seen.go(path)
        page.wait_for_load_state("networkidle")
        for summary in page.locator("main summary").all():
            summary.click()
        assert page.evaluate(_CONTRASTS) == [], path
        assert page.evaluate(_UNNAMED) == [], path
        across = page.evaluate("document.documentElement.scrollWidth")
        assert across <= width, f"{path} is {across} px wide"


def test_what_has_the_focus_is_seen(seen: Seen, made: Made) -> None:
    page = seen.page
    for path in made.pages():
        seen.go(path)
        for _ in range(16):
            page.keyboard.press("Tab")
            outline = page.evaluate(_FOCUS)
            assert outline[0] == "BODY" or (outline[1] != "none" and outline[2] >= 1), (path, outline)


def test_pictures_and_curves_are_drawn(seen: Seen, made: Made) -> None:
    page = seen.page
    seen.go(f"/rollouts/{made.running}")
    charts = page.locator(".chart canvas").count()
    assert charts == page.locator(".chart").count() >= 4
    pictures = page.locator(".worst img")
    assert pictures.count() >= 9
    pictures.last.scroll_into_view_if_needed()
    expect(pictures.last).to_have_js_property("complete", True)
    assert pictures.last.evaluate("(one) => one.naturalWidth") > 0
    page.get_by_text("The same as a table", exact=True).click()
    assert page.locator("#history tbody tr").count() >= 5
    page.locator(".worst button.thumb").first.click()
    slider = page.get_by_role("slider", name="Live on the left")
    for slot in ("first", "second"):
        picture = slider.locator(f"[slot={slot}]")
        expect(picture).to_have_js_property("complete", True)
        assert picture.evaluate("(one) => one.naturalWidth") == 600
    place = slider.bounding_box()
    page.mouse.click(place["x"] + 0.25 * place["width"], place["y"] + place["height"] / 2)
    expect(slider).to_have_attribute("aria-valuenow", "25")
    page.keyboard.press("ArrowRight", delay=120)
    expect(slider).not_to_have_attribute("aria-valuenow", "25")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_what_changes_comes_by_itself_and_nothing_is_lost(seen: Seen, made: Made) -> None:
    page = seen.page
    page.set_viewport_size({"width": 500, "height": 800})
    seen.go(f"/rollouts/{made.running}")
    page.locator("#levels-open").click()
    page.evaluate("document.getElementById('levels-scroll').scrollLeft = 60")
    page.locator("#levels-open").focus()
    page.evaluate("window.scrollTo(0, 500)")
    before = page.evaluate("document.querySelector('.steps').dataset.old = 'yes'; window.scrollY")
    judged_again(seen.service, made.running)
    expect(page.locator(".steps[data-old]")).to_have_count(0, timeout=30_000)
    assert page.evaluate("document.getElementById('levels').open")
    assert page.evaluate("document.getElementById('levels-scroll').scrollLeft") == 60
    assert page.evaluate("window.scrollY") == before
    assert page.evaluate("document.activeElement.id") == "levels-open"
    assert page.locator(".chart canvas").count() == page.locator(".chart").count()


def test_a_reason_that_is_being_written_outlives_a_change(seen: Seen, made: Made) -> None:
    page = seen.page
    seen.go(f"/rollouts/{made.running}")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Roll back to the live recipe")
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    expect(page.locator("dialog[open] textarea")).to_be_focused()
    page.keyboard.type("ab")  # keys of this page, which write here
    page.evaluate("document.querySelector('.steps').dataset.old = 'yes'")
    judged_again(seen.service, made.running)
    expect(page.locator(".steps[data-old]")).to_have_count(0, timeout=30_000)
    expect(page.locator("dialog[open] textarea")).to_be_focused()
    expect(page.locator("dialog[open] textarea")).to_have_value("ab")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_change_is_held_resumed_rolled_back_and_another_one_begun(seen: Seen, made: Made) -> None:
    page = seen.page
    seen.go(f"/rollouts/{made.running}")
    page.keyboard.press("h")
    page.locator("dialog[open] textarea").fill("<b>lunch</b>")
    page.get_by_role("dialog").get_by_role("button", name="Hold").click()
    expect(page.get_by_text("A person has to decide")).to_be_visible()
    expect(page.locator("#log-scroll")).to_contain_text("local held it")
    expect(page.locator("#log-scroll")).to_contain_text("<b>lunch</b>")
    page.keyboard.press("h")
    page.get_by_role("dialog").get_by_role("button", name="Resume").click()
    expect(page.get_by_text("A person has to decide")).to_have_count(0)
    page.get_by_role("button", name="Roll back").click()
    page.get_by_role("dialog").get_by_role("button", name="Leave it").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="Roll back").click()
    page.get_by_role("dialog").get_by_role("button", name="Roll back").click()
    expect(page.get_by_text("All products have the live recipe again")).to_be_visible()
    expect(page.get_by_role("button", name="Promote")).to_have_count(0)

    page.get_by_role("link", name="Rollouts").click()
    page.get_by_label("Plan").fill("rollout: [")
    page.get_by_role("button", name="Begin it").click()
    expect(page.get_by_role("alert").filter(has_text="The plan in the text cannot be used")).to_be_visible()
    expect(page.get_by_label("Plan")).to_have_value("rollout: [")
    seen.wrong[:] = [one for one in seen.wrong if "422" not in one]  # the browser notes every refusal
    assert page.evaluate(_UNNAMED) == []
    assert page.evaluate(_CONTRASTS) == []
    page.get_by_label("Role and model").select_option("interpolator_x4 upscale-net-x4")
    page.get_by_label("Category").fill("lamps")
    page.get_by_role("button", name="Begin the switch").click()
    page.wait_for_url("**/rollouts/rol_*")
    expect(page.get_by_role("heading", name="use-interpolator-x4-upscale-net-x4")).to_be_visible()
    expect(page.locator("pre.yaml")).to_contain_text("lamps")
    page.keyboard.press("x")
    page.get_by_role("dialog").get_by_role("button", name="Abort").click()
    expect(page.get_by_text("It was ended without a verdict")).to_be_visible()
