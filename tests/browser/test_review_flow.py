"""What a reviewer does, from a photo that comes in to the object that customers get."""

import json
import re
from io import BytesIO
from pathlib import Path
from urllib.request import urlopen

import numpy as np
from PIL import Image, ImageOps
from playwright.sync_api import Page, expect
from review_service import Seen


def pixels_of(seen: Seen, slot: str) -> np.ndarray:
    """Pixels of the picture in the slider, as the service gives them."""
    source = seen.page.locator(f"#slider [slot={slot}]").get_attribute("src")
    with urlopen(seen.service.address + source) as answer:
        return np.asarray(Image.open(BytesIO(answer.read())).convert("RGB"))


def paint(page: Page, *points: tuple[float, float]) -> None:
    """A stroke of the brush through ``points``, as shares of the photo."""
    box = page.locator("#paint").bounding_box()
    for number, (x, y) in enumerate(points):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=8)
        if number == 0:
            page.mouse.down()
    page.mouse.up()


def check_slider(page: Page) -> None:
    """The slider works by mouse and by key."""
    slider = page.get_by_role("slider", name="Before on the left")
    place = slider.bounding_box()
    page.mouse.click(place["x"] + 0.25 * place["width"], place["y"] + place["height"] / 2)
    expect(slider).to_have_attribute("aria-valuenow", "25")
    page.keyboard.press("ArrowRight", delay=120)
    expect(slider).not_to_have_attribute("aria-valuenow", "25")


def test_from_the_form_to_the_shop_by_keyboard(seen: Seen, stamped: Path) -> None:
    page = seen.page
    seen.submit(stamped, merchant="acme", product="SKU 1", category="flow", attested_by="Rights desk")
    seen.go("/review?category=flow")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="Open stamped.png")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/review/job_*")
    expect(page.get_by_text("nothing was changed")).to_be_visible()

    page.keyboard.press("p")
    expect(page.get_by_role("button", name="Erase what is painted")).to_be_disabled()
    size = int(page.get_by_label("Size").input_value())
    page.keyboard.press("]")
    assert int(page.get_by_label("Size").input_value()) > size
    page.get_by_label("Size").fill("30")
    paint(page, (0.1, 0.1), (0.3, 0.1), (0.3, 0.2))
    paint(page, (0.8, 0.8), (0.9, 0.9))
    page.keyboard.press("z")
    page.get_by_role("button", name="Erase what is painted").click()

    # The result comes by itself, and only what was painted has changed: 30 px wide, and its rim.
    expect(page.get_by_role("slider", name="Before on the left")).to_be_visible()
    before, after = pixels_of(seen, "first"), pixels_of(seen, "second")
    rows, columns = np.nonzero((before != after).any(2))
    assert len(rows)
    assert 32 - 16 <= columns.min() <= columns.max() <= 96 + 16
    assert 24 - 16 <= rows.min() <= rows.max() <= 48 + 16
    expect(page.locator(".history")).to_contain_text("painted and erased")
    check_slider(page)
    page.keyboard.press("m")
    expect(page.locator("[data-sheet=compare] .mark")).to_be_visible()

    page.keyboard.press("a")
    page.wait_for_url("**/review?category=flow")
    expect(page.get_by_text("You approved")).to_be_visible()
    expect(page.get_by_text("No photo in review fits this choice")).to_be_visible()
    seen.go("/products/acme/SKU%201")
    while not page.locator(".gallery .pill", has_text="published").count():
        page.reload()
    (manifest,) = (seen.service.home / "published" / "products").rglob("*.json")
    (entry,) = json.loads(manifest.read_text())["entries"].values()
    published = seen.service.home / "published" / entry["files"][0]["key"]
    assert np.array_equal(np.asarray(Image.open(published).convert("RGB")), after)


def test_a_pixel_of_the_photo_is_one_of_the_screen(seen: Seen, stamped: Path) -> None:
    page = seen.page
    seen.submit(stamped, merchant="zoom")
    page.get_by_role("link", name="stamped.png").click()
    page.wait_for_url("**/review/job_*")
    picture = page.locator("[data-sheet=before] > img").first
    for key, width in (("1", 320), ("2", 640)):
        page.keyboard.press(key)
        assert picture.bounding_box()["width"] == width

    # What is larger than its place is moved by dragging.
    page.set_viewport_size({"width": 700, "height": 600})
    stage = page.locator("#stage")
    expect(stage).to_have_class(re.compile("pans"))
    place = stage.bounding_box()
    start = page.evaluate("stage.scrollTop")
    page.mouse.move(place["x"] + 100, place["y"] + 200)
    page.mouse.down()
    page.mouse.move(place["x"] + 100, place["y"] + 170)
    page.mouse.up()
    assert page.evaluate("stage.scrollTop") == start + 30


def test_deciding_about_several_and_taking_it_back(seen: Seen, stamped: Path, tmp_path: Path) -> None:
    page = seen.page
    photos = []
    for number in range(3):
        photos.append(tmp_path / f"photo-{number}.png")
        ImageOps.mirror(Image.open(stamped)).rotate(number).save(photos[-1])
    seen.submit(photos[:2], merchant="one", category="several")
    seen.submit(photos[2], merchant="other", category="several")
    seen.go("/review?category=several")
    expect(page.locator("#rows .row")).to_have_count(3)

    for _ in range(3):
        page.keyboard.press("j")
        page.keyboard.press("x")
    expect(page.get_by_text("3 selected of several merchants")).to_be_visible()
    expect(page.get_by_role("button", name="Approve")).to_be_disabled()
    page.keyboard.press("Escape")
    expect(page.get_by_text("Nothing selected")).to_be_visible()

    page.get_by_label("Merchant").select_option("one")
    expect(page.locator("#rows .row")).to_have_count(2)
    page.wait_for_url("**/review?merchant=one*")
    page.keyboard.press("Tab")
    page.get_by_label("Select photo-0.png").check()
    page.get_by_label("Select photo-1.png").check()
    page.keyboard.press("r")
    expect(page.get_by_role("heading", name="Reject 2 photos")).to_be_visible()
    page.keyboard.press("2")
    page.get_by_role("dialog").get_by_role("button", name="Reject").click()
    expect(page.get_by_text("You rejected 2 photos")).to_be_visible()
    expect(page.get_by_text("No photo in review fits this choice")).to_be_visible()
    page.keyboard.press("u")
    expect(page.locator("#rows .row")).to_have_count(2)


def test_a_rejection_without_a_reason_is_told_so(seen: Seen, stamped: Path) -> None:
    page = seen.page
    seen.submit(stamped, merchant="third")
    page.get_by_role("link", name="stamped.png").click()
    page.wait_for_url("**/review/job_*")
    page.keyboard.press("r")
    page.get_by_role("dialog").get_by_role("button", name="Reject").click()
    expect(page.get_by_role("alert")).to_contain_text("Say why")
    seen.wrong[:] = [one for one in seen.wrong if "422" not in one]  # the browser notes every refusal
    page.keyboard.press("r")
    page.get_by_label("In your own words").fill("<b>blurred</b> ?")
    page.get_by_role("dialog").get_by_role("button", name="Reject").click()
    page.get_by_text("You rejected").wait_for()
    page.get_by_role("link", name="stamped.png").first.click()
    page.wait_for_url("**/review/job_*")
    expect(page.locator(".history")).to_contain_text("<b>blurred</b> ?")


def test_redo_with_another_model(seen: Seen, stamped: Path) -> None:
    page = seen.page
    seen.submit(stamped, merchant="fourth")
    page.get_by_role("link", name="stamped.png").click()
    page.wait_for_url("**/review/job_*")
    page.keyboard.press("d")
    page.get_by_text("Other models").click()
    choice = page.get_by_label("filler texture")
    choice.select_option("navier-stokes")
    page.get_by_role("button", name="Treat it again").click()
    expect(page.locator(".history")).to_contain_text("sent back with other options")
    expect(page.get_by_role("button", name="Approve")).to_be_enabled()


def test_a_batch_is_unpublished_only_after_a_question(seen: Seen, stamped: Path, tmp_path: Path) -> None:
    page = seen.page
    large = tmp_path / "large.png"
    Image.open(stamped).resize((1200, 900)).save(large)
    seen.submit(large, merchant="fifth")
    page.get_by_role("button", name="Unpublish").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="Unpublish").click()
    page.get_by_role("dialog").get_by_role("button", name="Unpublish").click()
    expect(page.get_by_text("Taken back")).to_be_visible()
    page.get_by_role("button", name="Restore").click()
    page.get_by_role("dialog").get_by_role("button", name="Restore").click()
    expect(page.get_by_role("button", name="Unpublish")).to_be_visible()


def test_keys_are_listed_and_can_be_switched_off(seen: Seen) -> None:
    page = seen.page
    seen.go("/review")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Next photo")
    page.get_by_label("Single keys do something").uncheck()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_refusal_of_the_api_is_told_in_words(seen: Seen, stamped: Path) -> None:
    page = seen.page
    seen.go("/submit")
    body = json.dumps({"detail": "<b>too large</b>"})
    answer = {"status": 413, "content_type": "application/problem+json", "body": body}
    page.route("**/submit", lambda route: route.fulfill(**answer))
    page.get_by_label("Photos", exact=True).set_input_files(stamped)
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("alert")).to_have_text("<b>too large</b>")
    seen.wrong[:] = [one for one in seen.wrong if "413" not in one]  # the browser notes every refusal
