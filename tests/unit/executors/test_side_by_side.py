"""Two recipes on one folder: pairs, what differs most, and nothing written."""

from io import BytesIO
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from batches import Silent, photo
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from packshot.executors.local import Crew
from packshot.executors.manifest import Identity
from packshot.executors.outputs import Outputs
from packshot.executors.side_by_side import (
    WORST,
    Beside,
    Difference,
    Figures,
    Side,
    Tried,
    moved,
    pairs_of,
    try_folder,
)
from packshot.executors.sources import Item, collect
from packshot.executors.treatment import Treated, Treatment
from packshot.pipeline import Pipeline
from packshot.recipe import Recipe

PLAIN = {"inspect": ["low_resolution"], "stages": [], "channels": ["google"]}
_ROLES = [f"upscaler_{name}" for name in ("x2", "x4", "x2_degraded", "x4_degraded")]
LARGER = {
    **PLAIN,
    "inspect": [],
    "stages": [{"upscale": {"min_side": 200}}],
    "backends": {role: f"lanczos-{role[9:11]}" for role in _ROLES},
}


def treatment(raw: dict[str, object]) -> Treatment:
    return Treatment(Pipeline(Recipe.from_dict(raw)), Outputs(Path(), by_verdict=True))


def figures(treated: Treated) -> Figures:
    known = treated.trail.photo
    return {"width": float(known.width) if known else None, "cpu": treated.trail.cpu_seconds}


def tried(
    items: tuple[Item, ...],
    live: dict[str, object],
    candidate: dict[str, object] | None = None,
    *,
    pictures: bool = True,
    stop: Event | None = None,
) -> Tried:
    crew = Crew(2, stop or Event(), Silent())
    other = None if candidate is None else treatment(candidate)
    return try_folder(treatment(live), other, items, crew, figures=figures, pictures=pictures)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for number in range(4):
        photo(tmp_path / "in" / f"{number}.png", number, (160, 120))
    return tmp_path / "in"


def test_one_recipe_alone_has_nothing_beside_it(folder: Path) -> None:
    found = tried(collect([folder]).items, PLAIN)
    assert found.beside is None
    assert found.profile.whole.photos == 4


def test_a_recipe_beside_itself_does_not_differ(folder: Path) -> None:
    beside = tried(collect([folder]).items, PLAIN, PLAIN).beside
    assert beside is not None
    assert (beside.photos, beside.differing, beside.worst) == (4, 0, ())
    assert beside.metrics["width"].live == beside.metrics["width"].candidate == 640


def test_another_size_is_a_small_difference_and_shown(folder: Path) -> None:
    beside = tried(collect([folder]).items, {**LARGER, "stages": []}, LARGER).beside
    assert beside is not None
    assert beside.differing == 4
    worst = beside.worst[0]
    assert 0 < worst.size < 0.2
    assert worst.moved == {"width": (160.0, 267.0)}
    assert worst.exhibit is not None
    assert worst.exhibit.live is not None
    assert worst.exhibit.live.size == (160, 120)
    assert worst.exhibit.candidate is not None
    assert worst.exhibit.candidate.size == (267, 200)
    assert worst.exhibit.part is not None


def test_another_verdict_is_the_largest_difference(tmp_path: Path) -> None:
    photo(tmp_path / "small.png", 0, (90, 90))
    beside = tried(collect([tmp_path]).items, {**PLAIN, "inspect": []}, PLAIN).beside
    assert beside is not None
    (worst,) = beside.worst
    assert worst.size == 1.0
    assert worst.as_dict()["live"] == "publish"
    assert worst.as_dict()["candidate"] == "review"
    assert worst.as_dict()["only_candidate"] == ["low_resolution"]
    assert worst.as_dict()["only_live"] == []


def test_broken_photos_are_counted_and_differ_in_nothing(folder: Path) -> None:
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff no photo")
    (folder / "empty.png").write_bytes(b"")
    found = tried(collect([folder]).items, PLAIN, PLAIN)
    assert found.beside is not None
    assert (found.beside.photos, found.beside.differing) == (6, 0)
    assert found.beside.metrics["width"].pairs == 4
    assert found.profile.whole.reject == 2


def test_duplicates_are_seen_as_they_are_when_it_is_run(folder: Path) -> None:
    (folder / "z.png").write_bytes((folder / "0.png").read_bytes())
    profile = tried(collect([folder]).items, PLAIN).profile
    assert profile.held_back["exact_duplicate"].photos == 1


def test_merchants_come_from_the_items(folder: Path) -> None:
    items = tuple(
        Item(item.path, item.target, Identity(merchant="acme" if number else None))
        for number, item in enumerate(collect([folder]).items)
    )
    profile = tried(items, PLAIN).profile
    assert {name: group.photos for name, group in profile.merchants.items()} == {"": 1, "acme": 3}


def test_nothing_is_written(folder: Path) -> None:
    before = sorted(folder.parent.rglob("*"))
    tried(collect([folder]).items, PLAIN, LARGER)
    assert sorted(folder.parent.rglob("*")) == before


def test_pictures_are_made_only_where_they_are_asked_for(folder: Path) -> None:
    beside = tried(collect([folder]).items, {**LARGER, "stages": []}, LARGER, pictures=False).beside
    assert beside is not None
    assert [difference.exhibit for difference in beside.worst] == [None] * 4


def test_once_told_to_stop_it_begins_no_photo(folder: Path) -> None:
    stop = Event()
    stop.set()
    found = tried(collect([folder]).items, PLAIN, PLAIN, stop=stop)
    assert found.profile.whole.photos == 0
    assert found.beside == Beside()


def test_a_transparent_photo_is_shown_on_white(tmp_path: Path) -> None:
    pixels = np.zeros((120, 160, 4), np.uint8)
    pixels[40:80, 40:80] = (200, 30, 60, 255)
    Image.fromarray(pixels).save(tmp_path / "clear.png")
    beside = tried(collect([tmp_path]).items, {**LARGER, "stages": []}, LARGER).beside
    assert beside is not None
    exhibit = beside.worst[0].exhibit
    assert exhibit is not None
    assert exhibit.live is not None
    assert np.asarray(Image.open(BytesIO(exhibit.live.whole)))[0, 0].min() > 250


def difference(size: float, name: str, live: str = "publish") -> Difference:
    return Difference(name, None, size, Side(live, None), Side("review", None), {})


def test_of_other_verdicts_those_come_first_where_the_live_recipe_published() -> None:
    one, other = difference(1.0, "a", "review"), difference(1.0, "b", "publish")
    assert (Beside(worst=(one,)) + Beside(worst=(other,))).worst == (other, one)


@given(sizes=st.lists(st.floats(0.01, 1), max_size=60), cut=st.integers(0, 60))
def test_the_worst_are_kept_wherever_they_were_seen(sizes: list[float], cut: int) -> None:
    seen = [Beside(1, 1, worst=(difference(size, f"{n:02}"),)) for n, size in enumerate(sizes)]
    one, other = (sum(part, Beside()) for part in (seen[:cut], seen[cut:]))
    worst = [each.size for each in (other + one).worst]
    assert worst == sorted(sizes, reverse=True)[:WORST]
    assert (one + other).differing == len(sizes)


def test_a_metric_counts_where_both_have_a_value() -> None:
    live = {"pass_rate": 1.0, "cpu": 2.0, "edge_fidelity": None, "text_residue": 0.0}
    candidate = {"pass_rate": 0.0, "cpu": 3.0, "edge_fidelity": 0.5}
    assert set(pairs_of(live, candidate)) == {"pass_rate", "cpu"}
    assert moved(live, candidate) == {"pass_rate": (1.0, 0.0)}
