"""Files that are there already are neither overwritten nor removed."""

import os
from pathlib import Path

import pytest
from batches import photo, run

from packshot.errors import UsageError
from packshot.inspection.rules import load_rules
from packshot.pipeline import Pipeline
from packshot.recipe import Recipe

MILD = Recipe.from_dict({"inspect": [], "stages": []})
STRICT = Recipe.from_dict({"inspect": [], "stages": [], "threshold": 1.0})


def test_an_output_in_the_place_of_an_input_is_refused(tmp_path: Path) -> None:
    given = photo(tmp_path / "a.PNG")
    before = given.read_bytes()
    with pytest.raises(UsageError, match="would be overwritten"):
        run(given, out=tmp_path, keep=False, by_verdict=False)
    assert given.read_bytes() == before
    assert run(given, out=tmp_path, keep=False, by_verdict=False, format="webp").records[0].output == "a.webp"


def test_what_a_link_leads_to_is_an_input(tmp_path: Path) -> None:
    real = photo(tmp_path / "out" / "publish" / "w.jpg")
    before = real.read_bytes()
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "w.jpg").symlink_to("../out/publish/w.jpg")
    with pytest.raises(UsageError, match="would be overwritten"):
        run(tmp_path / "in", out=tmp_path / "out", pipeline=Pipeline(STRICT))
    assert real.read_bytes() == before


def test_a_file_for_a_channel_in_the_place_of_an_input_is_refused(tmp_path: Path) -> None:
    given = photo(tmp_path / "out" / "channels" / "amazon-main" / "a.jpg")
    before = given.read_bytes()
    with pytest.raises(UsageError, match="would be overwritten"):
        run(given, out=tmp_path / "out", format="webp", channels=load_rules(["amazon-main"], None))
    assert given.read_bytes() == before


def test_an_earlier_output_that_is_now_an_input_is_not_removed(tmp_path: Path) -> None:
    photo(tmp_path / "in" / "a.png")
    run(tmp_path / "in", out=tmp_path / "out")
    written = tmp_path / "out" / "publish" / "a.png"
    with pytest.raises(UsageError, match="would remove it"):
        run(written, out=tmp_path / "out", format="webp")
    assert written.is_file()


def test_photos_of_another_folder_do_not_replace_earlier_results(tmp_path: Path) -> None:
    photo(tmp_path / "monday" / "1.png", 1)
    photo(tmp_path / "tuesday" / "1.png", 2)
    run(tmp_path / "monday", out=tmp_path / "out")
    before = (tmp_path / "out" / "publish" / "1.png").read_bytes()
    with pytest.raises(UsageError, match=r"monday/1\.png; .*tuesday/1\.png would replace it.*--out"):
        run(tmp_path / "tuesday", out=tmp_path / "out")
    assert (tmp_path / "out" / "publish" / "1.png").read_bytes() == before
    both = run(tmp_path / "monday", tmp_path / "tuesday", out=tmp_path / "out")
    assert {record.output for record in both.records} == {"publish/monday/1.png", "publish/tuesday/1.png"}


def test_another_photo_that_is_still_there_is_not_replaced(tmp_path: Path) -> None:
    first, second = photo(tmp_path / "x.jpg", 1), photo(tmp_path / "x.png", 2)
    run(first, out=tmp_path / "out")
    with pytest.raises(UsageError, match="would replace it"):
        run(second, out=tmp_path / "out")


def test_a_changed_or_moved_photo_is_the_same_photo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    photo(tmp_path / "in" / "a.png", 1)
    run(Path("in"), out=tmp_path / "out")
    photo(tmp_path / "in" / "a.png", 2)
    monkeypatch.chdir(tmp_path / "in")
    assert run(Path(), out=tmp_path / "out").processed == 1
    (tmp_path / "in").rename(tmp_path / "moved")
    assert run(tmp_path / "moved", out=tmp_path / "out").processed == 0
    photo(tmp_path / "moved" / "a.png", 3)
    assert run(tmp_path / "moved", out=tmp_path / "out").processed == 1


def test_a_name_that_became_free_goes_to_the_next_of_its_folder(tmp_path: Path) -> None:
    photo(tmp_path / "in" / "x.png", 2)
    assert run(tmp_path / "in", out=tmp_path / "out").records[0].output == "publish/x.png"
    photo(tmp_path / "in" / "x.jpg", 1)
    both = run(tmp_path / "in", out=tmp_path / "out")
    assert [record.output for record in both.records] == ["publish/x.jpg", "publish/x-png.png"]
    (tmp_path / "in" / "x.jpg").unlink()
    assert run(tmp_path / "in", out=tmp_path / "out").records[0].output == "publish/x.png"


def test_a_trail_cannot_have_files_outside_removed(tmp_path: Path) -> None:
    photo(tmp_path / "in" / "a.png")
    run(tmp_path / "in", out=tmp_path / "out")
    victim = photo(tmp_path / "b.png")
    trail = tmp_path / "out" / "trail.jsonl"
    trail.write_text(trail.read_text().replace("publish/a.png", "../b.png"))
    run(tmp_path / "in", out=tmp_path / "out", format="webp")
    assert os.path.lexists(victim)
