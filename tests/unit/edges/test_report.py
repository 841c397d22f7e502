import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from packshot.edges.report import Totals, write_report
from packshot.edges.report.cards import card_of
from packshot.edges.report.page import code_counts, stage_costs
from packshot.edges.report.previews import LONG_SIDE, write_previews
from packshot.finding import Finding, Severity
from packshot.photo import Photo
from packshot.trail import Outcome, Step, Trail
from packshot.verdict import Decision, Verdict

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

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@pytest.fixture
def page(tmp_path: Path) -> str:
    pixels = np.random.default_rng(0).integers(0, 255, (30, 40, 3), np.uint8)
    photo = Photo.from_array(pixels)
    previews = tmp_path / "previews"
    previews.mkdir()
    told = trail(photo)
    names = write_previews(photo, told, previews, "x")
    lines = [line(HOSTILE, told, names), line("javascript:alert(3)", trail(photo, changed=False), {})]
    totals = Totals(2, 0, 100.0, 0.5)
    path = write_report(lines, totals, out=tmp_path, previews=previews, notes={HOSTILE: HOSTILE})
    return path.read_text(encoding="utf-8")


def test_nothing_from_a_photo_becomes_markup(page: str) -> None:
    reader = Reader()
    reader.feed(page)
    assert [tag for tag, _ in reader.tags].count("script") == 1
    for tag, attributes in reader.tags:
        assert not any(name.startswith("on") for name in attributes), (tag, attributes)
        address = attributes.get("href") or attributes.get("src") or "data:"
        assert address.startswith(("data:image/", "data:", "./")), address
    assert page.count("alert(") > 3, "the hostile name is shown, as text"


def test_the_page_needs_nothing_but_itself(page: str) -> None:
    assert not re.findall(r"https?://|@import|url\(", page)
    reader = Reader()
    reader.feed(page)
    assert "link" not in {tag for tag, _ in reader.tags}


def test_only_its_own_script_may_run(page: str) -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    assert "default-src &#39;none&#39;" in policy[1] or "default-src 'none'" in policy[1]
    assert "script-src 'sha256-" in policy[1]
    assert "unsafe-inline" not in policy[1].split("script-src")[1]


def test_the_slider_can_be_worked_by_keyboard_and_is_named(page: str) -> None:
    reader = Reader()
    reader.feed(page)
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
    path = write_report([], Totals(0, 0, None, None), out=tmp_path, previews=tmp_path)
    assert "Nothing was found" in path.read_text(encoding="utf-8")
