"""The page of a profile: nothing of a photo becomes markup, and every picture is what it says."""

import re
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from packshot.edges.report.profile_page import (
    GROUPS,
    Exhibit,
    percent,
    seconds,
    worded,
    write_profile,
)

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>.jpg"
GROUP = {
    "photos": 3,
    "failing": 1,
    "failing_share": 1 / 3,
    "review": 1,
    "review_share": 1 / 3,
    "reject": 1,
    "cpu_seconds_per_image": 0.5,
}
WORST = {
    "photo": HOSTILE,
    "category": HOSTILE,
    "difference": 0.5,
    "live": "publish",
    "candidate": HOSTILE,
    "only_live": [HOSTILE],
    "only_candidate": None,
    "moved": {HOSTILE: [1.0, 0.0]},
}
METRIC = {
    "metric": "pass_rate",
    "about": HOSTILE,
    "live": 0.5,
    "candidate": 1.0,
    "unit": "share of photos",
    "change": "+50.0 points",
    "judged": "better",
    "pairs": 3,
    "better": "higher",
}


def told(**other: object) -> dict[str, Any]:
    cost = dict.fromkeys(("cpu_seconds", "seconds", "cpu_p50", "cpu_p95", "wall_p50", "wall_p95"), 0.25)
    return {
        **GROUP,
        "verdicts": {"publish": 1, "review": 1, "reject": 1},
        "came_with": [{"code": HOSTILE, "share": 1 / 3, **GROUP}],
        "held_back": [{"code": HOSTILE, "share": 1 / 3, "alone": 1, **GROUP}],
        "undone": [{"stage": HOSTILE, "tried": 1, "undone": 1, "partly_undone": 0, "harm": {HOSTILE: 1}}],
        "stages": [{"stage": HOSTILE, "share": None, "tried": 0, "photos": 3, **cost}],
        "categories": [{"category": HOSTILE, **GROUP}, {"category": None, **GROUP}],
        "merchants": [{"merchant": HOSTILE, **GROUP}],
        "beside": {"photos": 3, "differing": 1, "metrics": [METRIC], "worst": [WORST]},
        **other,
    }


def pixels(height: int = 60, width: int = 80, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 255, (height, width, 3), np.uint8)


def written(folder: Path, exhibits: list[Exhibit | None], **other: object) -> str:
    path = folder / "profile.html"
    write_profile(told(**other), {"Source": HOSTILE}, exhibits, path)
    return path.read_text(encoding="utf-8")


class Reader(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_nothing_from_a_photo_becomes_markup(tmp_path: Path) -> None:
    page = written(tmp_path, [Exhibit.of(pixels(), pixels(seed=1), pixels(seed=2), reframed=False)])
    tags = Reader(page).tags
    assert "script" not in {tag for tag, _ in tags}
    for tag, attributes in tags:
        assert not any(name.startswith("on") for name in attributes), (tag, attributes)
        assert (attributes.get("src") or "data:image/").startswith("data:image/")
    assert page.count("alert(") > 10, "the hostile name is shown, as text"


def test_the_page_needs_nothing_but_itself(tmp_path: Path) -> None:
    page = written(tmp_path, [None])
    assert not re.findall(r"https?://|@import|url\(|<link", page)
    assert "default-src 'none'" in page


def test_it_can_be_written_without_a_candidate_and_of_nothing(tmp_path: Path) -> None:
    assert "candidate" not in written(tmp_path, [], beside=None).split("</style>")[-1].lower()
    lists = ("came_with", "held_back", "undone", "stages", "categories", "merchants")
    empty: dict[str, list[object]] = {name: [] for name in lists}
    none = dict.fromkeys(("failing_share", "cpu_seconds_per_image"))
    assert "Every photo was published" in written(tmp_path, [], **empty, **none, beside=None)


def test_groups_that_are_left_out_are_counted(tmp_path: Path) -> None:
    many = [{"category": f"c{number}", **GROUP} for number in range(GROUPS + 7)]
    page = written(tmp_path, [None], categories=many)
    assert "And 7 more" in page
    assert f">c{GROUPS - 1}<" in page
    assert f">c{GROUPS}<" not in page


def test_a_photo_without_pictures_is_still_listed(tmp_path: Path) -> None:
    page = written(tmp_path, [Exhibit.of(None, None, pixels(), reframed=False)])
    assert page.count("No picture was kept.") == 2
    assert "not known" in page


def test_the_detail_is_where_the_results_differ() -> None:
    live = np.full((900, 1200, 3), 200, np.uint8)
    candidate = live.copy()
    candidate[800:832, 1100:1132] = (255, 0, 0)
    exhibit = Exhibit.of(live[::2, ::2], live, candidate, reframed=False)
    assert exhibit.part is not None
    left, top, right, bottom = exhibit.part
    assert 0 <= left < 1100 / 1200 < 1132 / 1200 < right <= 1
    assert 0 <= top < 800 / 900 < 832 / 900 < bottom <= 1 + 1e-9
    assert exhibit.candidate is not None
    assert exhibit.candidate.detail is not None
    detail = np.asarray(Image.open(BytesIO(exhibit.candidate.detail)))
    assert detail.shape == (320, 320, 3)
    assert (detail[..., 1] < 60).sum() == pytest.approx(32 * 32, rel=0.1), "at 100 % of the result"
    assert exhibit.before is not None
    assert exhibit.before.detail is not None


def test_where_the_section_changed_the_original_has_no_detail() -> None:
    exhibit = Exhibit.of(pixels(), pixels(seed=1), pixels(seed=2), reframed=True)
    assert exhibit.before is not None
    assert exhibit.before.detail is None
    assert exhibit.live is not None
    assert exhibit.live.detail is not None


def test_equal_results_and_other_frames_have_no_detail() -> None:
    for candidate in (pixels(), pixels(height=30)):
        exhibit = Exhibit.of(pixels(), pixels(), candidate, reframed=False)
        assert exhibit.part is None
        assert exhibit.live is not None
        assert exhibit.live.detail is None


@pytest.mark.parametrize("shape", [(1, 1), (1, 700), (700, 1), (5, 3000)])
def test_any_shape_can_be_shown(shape: tuple[int, int]) -> None:
    exhibit = Exhibit.of(pixels(*shape), pixels(*shape, seed=1), pixels(*shape, seed=2), reframed=False)
    assert all(one["whole"] and one["detail"] for one in exhibit.addresses())


def test_values_are_worded_by_their_unit_and_what_is_not_known_is_a_dash() -> None:
    assert percent(None) == seconds(None) == "\N{EN DASH}"
    assert (percent(0.5), seconds(0.0123), seconds(12.345), seconds(1234.5)) == (
        "50.0 %",
        "12 ms",
        "12.35 s",
        "1,234 s",
    )
    assert worded(0.5, "share of photos") == "50.0 %"
    assert worded(2.0, "seconds") == "2.00 s"
    assert worded(3 * 2**20, "bytes") == "3 MiB"
    assert worded(0.004, "per 1,000 photos") == "4.0"
    assert worded(0.98765, "score 0 to 1") == "0.988"
