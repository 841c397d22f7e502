import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from packshot.edges.report import Run, write_report
from packshot.edges.report.cards import card_of
from packshot.edges.report.page import code_counts, stage_costs
from packshot.edges.report.previews import LONG_SIDE, write_previews
from packshot.finding import Finding, Region, Severity
from packshot.photo import Photo
from packshot.trail import Outcome, Step, Trail
from packshot.verdict import Decision, Verdict

RUN = Run(total=2, resumed=0, channels=("web", "zalando"), as_of=date(2027, 1, 31), version="1.2.3")
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>.jpg"


def trail(photo: Photo, *, changed: bool = True) -> Trail:
    mask = np.zeros(photo.pixels.shape[:2], bool)
    mask[2:5, 3:9] = True
    outcome = Outcome.APPLIED if changed else Outcome.SKIPPED
    steps = (Step("inspect", Outcome.UNCHANGED, 0.1, 0.1), Step("erase_text", outcome, 0.3, 0.3))
    flaw = Finding("overlay_text", Severity.ERROR, 0.9, HOSTILE)
    return Trail(
        name=HOSTILE,
        digest="d",
        recipe_digest="r" * 64,
        decision=Decision(Verdict.PUBLISH),
        findings_before=(flaw,),
        steps=steps,
        photo=photo.with_pixels(255 - photo.pixels) if changed else photo,
        mask=mask if changed else None,
        category=HOSTILE,
    )


def line(path: str, told: Trail, previews: dict[str, str], **other: object) -> dict[str, object]:
    own = {
        "path": path,
        "target": path,
        "output": f"publish/{path}",
        "channels": [],
        "key": "k",
        "changed": told.changed,
        "seconds": 0.5,
        "cpu_seconds": 0.4,
        "size_before": [40, 30],
        "size_after": [40, 30],
        "previews": previews,
    }
    return {**own, **told.as_dict(), **other}


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += f"{data} "


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    return reader


@pytest.fixture
def page(tmp_path: Path) -> str:
    pixels = np.random.default_rng(0).integers(0, 255, (30, 40, 3), np.uint8)
    photo = Photo.from_array(pixels)
    previews = tmp_path / "previews"
    previews.mkdir()
    told = trail(photo)
    names = write_previews(photo, told, previews, "x")
    lines = [line(HOSTILE, told, names), line("javascript:alert(3)", trail(photo, changed=False), {})]
    path = write_report(lines, RUN, out=tmp_path, previews=previews, notes={HOSTILE: HOSTILE})
    return path.read_text(encoding="utf-8")


def test_nothing_from_a_photo_becomes_markup(page: str) -> None:
    reader = read(page)
    assert [tag for tag, _ in reader.tags].count("script") == 1
    for tag, attributes in reader.tags:
        assert not any(name.startswith("on") for name in attributes), (tag, attributes)
        address = attributes.get("href") or attributes.get("src") or "data:"
        assert address.startswith(("data:image/", "data:", "./")), address
    assert page.count("alert(") > 3, "the hostile name is shown, as text"


def test_the_page_needs_nothing_but_itself(page: str) -> None:
    assert not re.findall(r"https?://|@import|url\(", page)
    reader = read(page)
    assert "link" not in {tag for tag, _ in reader.tags}


def test_only_its_own_script_may_run(page: str) -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    assert "default-src &#39;none&#39;" in policy[1] or "default-src 'none'" in policy[1]
    assert "script-src 'sha256-" in policy[1]
    assert "unsafe-inline" not in policy[1].split("script-src")[1]


def test_the_slider_can_be_worked_by_keyboard_and_is_named(page: str) -> None:
    reader = read(page)
    sliders = [
        attributes for tag, attributes in reader.tags if tag == "input" and attributes["type"] == "range"
    ]
    assert len(sliders) == 1
    assert sliders[0]["aria-label"] == f"Compare before and after of {HOSTILE}"
    assert all(attributes["alt"] for tag, attributes in reader.tags if tag == "img")


def test_previews_are_small_and_the_mask_marks_every_edit(tmp_path: Path) -> None:
    from PIL import Image

    photo = Photo.from_array(np.full((1000, 2000, 3), 200, np.uint8))
    told = trail(photo)
    names = write_previews(photo, told, tmp_path, "x")
    assert set(names) == {"before", "after", "mask"}
    with Image.open(tmp_path / names["mask"]) as mask:
        assert mask.size == (LONG_SIDE, LONG_SIDE // 2)
        assert np.asarray(mask).any()
    unchanged = write_previews(photo, trail(photo, changed=False), tmp_path, "y")
    assert set(unchanged) == {"before"}


def test_counts_tell_repaired_from_standing(tmp_path: Path) -> None:
    photo = Photo.from_array(np.zeros((30, 40, 3), np.uint8))
    cured = line("a", trail(photo), {})
    standing = line("b", trail(photo), {}, findings_after=trail(photo).as_dict()["findings_before"])
    (count,) = code_counts([card_of(cured, tmp_path), card_of(standing, tmp_path)])
    assert (count.code, count.photos, count.cured) == ("overlay_text", 2, 1)
    costs = stage_costs([cured, standing])
    assert [(cost.stage, cost.applied) for cost in costs] == [("inspect", 0), ("erase_text", 2)]
    assert sum(cost.share for cost in costs) == pytest.approx(1)


def test_a_page_without_photos_is_a_page(tmp_path: Path) -> None:
    path = write_report([], RUN, out=tmp_path, previews=tmp_path)
    assert "Nothing was found" in path.read_text(encoding="utf-8")


def test_the_head_tells_what_was_run(tmp_path: Path) -> None:
    text = read(_page(tmp_path, replace(RUN, attested_by="A. Merchant", images_per_hour=1234.0))).text
    head = " ".join(text.split("Where the time went")[0].split())
    assert "Photos 1 of 2, interrupted" in head
    assert "Channels web, zalando" in head
    assert "Rules as of 2027-01-31" in head
    assert "Right to alter attested by A. Merchant" in head
    assert "packshot 1.2.3" in head
    assert "1,234 photos an hour" in head
    assert "photos an hour" not in read(_page(tmp_path, RUN)).text


def test_a_cropped_photo_is_shown_in_two_pictures_and_marked_on_the_first(tmp_path: Path) -> None:
    mask = np.zeros((30, 40), bool)
    mask[2:5, 3:9] = True
    photo = Photo.from_array(np.zeros((30, 40, 3), np.uint8))
    overlay = Finding("overlay_text", Severity.ERROR, 0.9, "x", Region.of_mask(mask))
    told = replace(trail(photo), findings_before=(overlay,))
    names = write_previews(photo, told, tmp_path, "x")
    crop = {**told.as_dict()["steps"][1], "stage": "crop"}
    cropped = line("a.jpg", told, names, steps=[crop], size_after=[20, 30])
    page = _page(tmp_path, RUN, cropped)
    tags = [tag for tag, attributes in read(page).tags if "picture" in str(attributes.get("class"))]
    assert len(tags) == 2
    assert 'type="range"' not in page
    before, after = page.split('alt="Before: ')[1].split('alt="After: ')
    assert 'class="mask"' in before
    assert "<rect" in before
    assert 'class="mask"' not in after
    assert "<rect" not in after


def test_an_unchanged_photo_says_so_and_has_one_link(tmp_path: Path) -> None:
    photo = Photo.from_array(np.zeros((30, 40, 3), np.uint8))
    told = trail(photo, changed=False)
    names = write_previews(photo, told, tmp_path, "x")
    page = _page(tmp_path, RUN, line(str(tmp_path / "a.jpg"), told, names))
    assert "nothing changed" in page
    assert [attributes["href"] for tag, attributes in read(page).tags if tag == "a"] == ["./a.jpg"]
    treated = _page(
        tmp_path, RUN, line("a.jpg", trail(photo), write_previews(photo, trail(photo), tmp_path, "y"))
    )
    assert "nothing changed" not in treated
    assert [tag for tag, _ in read(treated).tags].count("a") == 2


def test_only_the_first_four_findings_are_open(tmp_path: Path) -> None:
    photo = Photo.from_array(np.zeros((30, 40, 3), np.uint8))
    codes = ("blurry", "noisy", "dark", "border", "format", "pixelated")
    told = replace(
        trail(photo),
        findings_before=tuple(Finding(code, Severity.WARNING, 0.5, f"{code}.") for code in codes),
    )
    opened, folded = _page(tmp_path, RUN, line("a.jpg", told, {})).split("2 more findings")
    assert [code for code in codes if f"<b>{code}</b>" in opened] == list(codes[:4])
    assert [code for code in codes if f"<b>{code}</b>" in folded] == list(codes[4:])


def _page(folder: Path, run: Run, *lines: dict[str, object]) -> str:
    shown = lines or (line("a.jpg", trail(Photo.from_array(np.zeros((30, 40, 3), np.uint8))), {}),)
    return write_report(shown, run, out=folder, previews=folder).read_text(encoding="utf-8")
