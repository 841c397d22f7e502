import errno
import os
from pathlib import Path

import numpy as np
import pytest
from batches import by_name, full_disk, no_limit, photo, run
from PIL import Image

from packshot.errors import OutputError
from packshot.executors.batch import STATE
from packshot.inspection.rules import load_rules
from packshot.pipeline import Pipeline
from packshot.recipe import Recipe
from packshot.verdict import Verdict


def test_a_photo_with_nothing_to_do_comes_out_byte_for_byte(tmp_path: Path) -> None:
    given = [
        photo(tmp_path / "in" / name, seed) for seed, name in enumerate(("a.jpg", "b.PNG", "c.gif", "d.tif"))
    ]
    result = run(tmp_path / "in", out=tmp_path / "out")
    assert [record.verdict for record in result.records] == [Verdict.PUBLISH] * 4
    for path, record in zip(given, result.records, strict=True):
        assert (tmp_path / "out" / record.output).read_bytes() == path.read_bytes()


def test_another_format_keeps_the_pixels(tmp_path: Path) -> None:
    given = photo(tmp_path / "a.jpg")
    record = run(given, out=tmp_path / "out", format="png").records[0]
    assert record.output == "publish/a.png"
    written = Image.open(tmp_path / "out" / record.output)
    assert np.array_equal(np.asarray(written), np.asarray(Image.open(given)))


def test_a_wrong_extension_is_put_right(tmp_path: Path) -> None:
    given = photo(tmp_path / "real.png").rename(tmp_path / "a.jpg")
    assert run(given, out=tmp_path / "out").records[0].output == "publish/a.png"


def test_a_channel_gets_a_file_of_its_own_only_where_it_needs_one(tmp_path: Path) -> None:
    given = photo(tmp_path / "a.webp")
    channels = load_rules(["amazon-main", "web"], None)
    record = run(given, out=tmp_path / "out", channels=channels).records[0]
    assert record.channels == ["channels/amazon-main/a.jpg"]
    with Image.open(tmp_path / "out" / record.channels[0]) as written:
        assert written.format == "JPEG"


def test_a_broken_photo_ends_in_a_trail_and_the_others_are_done(tmp_path: Path) -> None:
    photo(tmp_path / "in" / "a.jpg")
    (tmp_path / "in" / "b.jpg").write_bytes(b"")
    (tmp_path / "in" / "c.jpg").symlink_to("nowhere")
    result = run(tmp_path / "in", out=tmp_path / "out")
    records = by_name(result)
    assert records["a.jpg"].verdict is Verdict.PUBLISH
    assert records["b.jpg"].verdict is Verdict.REJECT
    assert "empty" in records["b.jpg"].reasons[0]
    assert records["c.jpg"].verdict is Verdict.REVIEW, "the merchant is not to blame"
    assert records["c.jpg"].trail["findings_after"][0]["code"] == "unreadable"
    assert not result.all_published


class Failing(Pipeline):
    """Fails on narrow photos, as a bug would."""

    def run(self, photo, extra=(), memo=None):
        if photo.width < 20:
            raise ZeroDivisionError("a bug")
        return super().run(photo, extra, memo)


def test_a_bug_sends_one_photo_to_review_and_is_tried_again(tmp_path: Path) -> None:
    photo(tmp_path / "in" / "a.png", size=(10, 10))
    photo(tmp_path / "in" / "b.png")
    recipe = Recipe.from_dict({"inspect": [], "stages": []})
    records = by_name(run(tmp_path / "in", out=tmp_path / "out", pipeline=Failing(recipe)))
    assert records["b.png"].verdict is Verdict.PUBLISH
    broken = records["a.png"]
    assert broken.verdict is Verdict.REVIEW
    assert "ZeroDivisionError: a bug" in broken.reasons[0]
    assert "Traceback" in broken.trail["findings_after"][0]["evidence"]["traceback"]
    again = by_name(run(tmp_path / "in", out=tmp_path / "out", pipeline=Pipeline(recipe)))
    assert again["a.png"].verdict is Verdict.PUBLISH
    assert again["b.png"].resumed


def test_a_repeated_photo_is_rejected(tmp_path: Path) -> None:
    given = photo(tmp_path / "in" / "a.png")
    (tmp_path / "in" / "b.png").write_bytes(given.read_bytes())
    records = by_name(run(tmp_path / "in", out=tmp_path / "out"))
    assert records["a.png"].verdict is Verdict.PUBLISH
    assert records["b.png"].verdict is Verdict.REJECT
    assert str(given) in records["b.png"].reasons[0]


def test_a_rerun_skips_what_is_done_and_redoes_what_changed(tmp_path: Path) -> None:
    for seed, name in enumerate("abc"):
        photo(tmp_path / "in" / f"{name}.png", seed)
    out = tmp_path / "out"
    first = run(tmp_path / "in", out=out)
    assert (first.processed, first.images_per_hour is None) == (3, False)
    second = run(tmp_path / "in", out=out)
    assert (second.processed, second.images_per_hour, len(second.records)) == (0, None, 3)
    assert [r.trail for r in second.records] == [r.trail for r in first.records]
    photo(tmp_path / "in" / "a.png", 9)
    (out / "publish" / "b.png").unlink()
    third = by_name(run(tmp_path / "in", out=out))
    assert {name: record.resumed for name, record in third.items()} == {
        "a.png": False,
        "b.png": False,
        "c.png": True,
    }


def test_another_recipe_or_format_does_everything_again_and_leaves_nothing_stale(tmp_path: Path) -> None:
    photo(tmp_path / "in" / "a.png")
    out = tmp_path / "out"
    run(tmp_path / "in", out=out)
    result = run(tmp_path / "in", out=out, format="webp")
    assert result.processed == 1
    assert [path.name for path in (out / "publish").iterdir()] == ["a.webp"]
    strict = Pipeline(Recipe.from_dict({"inspect": [], "stages": [], "threshold": 1.0}))
    assert run(tmp_path / "in", out=out, format="webp", pipeline=strict).processed == 1


def test_without_a_journal_only_the_photos_are_written(tmp_path: Path) -> None:
    photo(tmp_path / "in" / "a.png")
    run(tmp_path / "in", out=tmp_path / "out", keep=False, by_verdict=False)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [STATE, "a.png"]


def test_an_output_folder_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    given = photo(tmp_path / "a.png")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="change --out"):
        run(given, out=tmp_path / "file" / "out")


def codes(record) -> list[str]:
    return [finding["code"] for finding in record.trail["findings_after"]]


def test_names_that_are_no_text_get_through(tmp_path: Path) -> None:
    name = os.fsdecode(b"photo-\xff.png")
    photo(tmp_path / "in" / name)
    (record,) = run(tmp_path / "in", out=tmp_path / "out").records
    assert record.verdict is Verdict.PUBLISH
    assert (tmp_path / "out" / "publish" / name).is_file()
    assert run(tmp_path / "in", out=tmp_path / "out").records[0].resumed


def test_a_name_too_long_for_its_output_costs_only_that_photo(tmp_path: Path) -> None:
    stem = "x" * 251
    given = [photo(tmp_path / "in" / f"{stem}.jpg"), photo(tmp_path / "in" / "y.jpg", 1)]
    records = by_name(run(*given, out=tmp_path / "out", format="webp"))
    assert records["y.jpg"].verdict is Verdict.PUBLISH
    long = records[f"{stem}.jpg"]
    assert (long.verdict, long.output, codes(long)) == (Verdict.REVIEW, None, ["unwritable_name"])
    assert "Rename the photo" in long.reasons[0]
    again = by_name(run(*given, out=tmp_path / "out"))
    assert again[f"{stem}.jpg"].verdict is Verdict.PUBLISH


def test_a_photo_whose_channel_file_cannot_have_its_name_is_not_half_written(tmp_path: Path) -> None:
    given = photo(tmp_path / f"{'x' * 250}.webp")
    (tmp_path / "out" / "channels" / "amazon-main").mkdir(parents=True)
    (tmp_path / "out" / "channels" / "amazon-main" / f"{'x' * 250}.jpg").mkdir()
    (record,) = run(given, out=tmp_path / "out", channels=load_rules(["amazon-main"], None)).records
    assert (record.verdict, codes(record)) == (Verdict.REVIEW, ["unwritable_name"])
    assert list((tmp_path / "out" / "publish").iterdir()) == []


def test_a_photo_beside_a_folder_called_like_its_output_is_written(tmp_path: Path) -> None:
    photo(tmp_path / "in" / "x.JPG")
    photo(tmp_path / "in" / "x.jpg" / "y.png", 1)
    result = run(tmp_path / "in", out=tmp_path / "out")
    assert result.all_published
    assert sorted(record.output for record in result.records) == ["publish/x-jpg.jpg", "publish/x.jpg/y.png"]


@no_limit
def test_a_full_disk_ends_the_batch(tmp_path: Path) -> None:
    given = [photo(tmp_path / "in" / f"{seed}.png", seed) for seed in range(4)]
    with pytest.raises(OutputError, match=r"publish.*make room") as failure, full_disk(1000):
        run(*given, out=tmp_path / "out")
    assert failure.value.__cause__.errno == errno.EFBIG


def test_an_output_that_lost_its_bytes_is_made_again(tmp_path: Path) -> None:
    photo(tmp_path / "in" / "a.png")
    (first,) = run(tmp_path / "in", out=tmp_path / "out").records
    written = tmp_path / "out" / first.output
    whole = written.read_bytes()
    written.write_bytes(b"")
    assert not run(tmp_path / "in", out=tmp_path / "out").records[0].resumed
    assert written.read_bytes() == whole


@pytest.mark.parametrize("keep", [True, False])
def test_what_a_killed_run_left_half_written_is_removed(tmp_path: Path, keep: bool) -> None:
    photo(tmp_path / "in" / "a.png")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".0123456789abcdef.part").write_bytes(b"half")
    run(tmp_path / "in", out=tmp_path / "out", keep=keep)
    assert not list((tmp_path / "out").rglob("*.part"))


def test_a_blank_attestation_alters_nothing(tmp_path: Path) -> None:
    photo(tmp_path / "in" / "a.png")
    (record,) = run(tmp_path / "in", out=tmp_path / "out", attested_by="  ").records
    assert (record.verdict, codes(record)) == (Verdict.REVIEW, ["usage"])


def test_a_folder_that_cannot_be_read_fails_as_one_item(locked: Path) -> None:
    result = run(locked.parent, out=Path("out"))
    records = by_name(result)
    assert records["a.png"].verdict is Verdict.PUBLISH
    assert codes(records[locked.name]) == ["unreadable"]
    assert "Permission denied" in records[locked.name].reasons[0]


def test_a_format_that_a_rendition_cures_does_not_hold_a_photo_back(tmp_path: Path) -> None:
    given = photo(tmp_path / "a.webp")
    recipe = Recipe.from_dict({"channels": ["amazon-main"], "inspect": ["format"], "stages": []})
    pipeline = Pipeline(recipe)
    record = run(given, out=tmp_path / "out", pipeline=pipeline, channels=pipeline.rules).records[0]
    assert [f["code"] for f in record.trail["findings_before"]] == ["format"]
    assert record.verdict is Verdict.PUBLISH
    assert record.channels == ["channels/amazon-main/a.jpg"]
    alone = run(given, out=tmp_path / "alone", pipeline=pipeline).records[0]
    assert alone.verdict is Verdict.REVIEW, "without a file for the channel nothing is cured"
