"""``packshot bench``: which command is meant, and what ``quality`` writes."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from packshot.cli import app, main, measure
from packshot.cli import quality as bench_quality
from packshot.quality.filling import Filling
from packshot.quality.sets import ALL


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["bench", *map(str, arguments)])


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for seed in range(2):
        coarse = np.random.default_rng(seed).integers(40, 215, (6, 8, 3), np.uint8)
        Image.fromarray(coarse).resize((240, 180), Image.Resampling.BICUBIC).save(folder / f"{seed}.png")
    return folder


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the part whose backends need no weights."""
    monkeypatch.setattr(bench_quality, "PARTS", (Filling,))
    monkeypatch.setattr(bench_quality, "backend_names", list)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """What speed was asked to measure; it then counts as interrupted."""
    calls: list[tuple[object, ...]] = []

    def note(*arguments: object) -> None:
        calls.append(arguments)

    monkeypatch.setattr(measure, "measure", note)
    return calls


@pytest.mark.parametrize(
    ("arguments", "paths", "recipe", "workers"),
    [
        ((), (), None, None),
        (("--json",), (), None, None),
        (("a.jpg", "b"), [Path("a.jpg"), Path("b")], None, None),
        (("--recipe", "r.yaml", "a.jpg", "--workers", "3"), [Path("a.jpg")], Path("r.yaml"), 3),
        (("--", "quality"), [Path("quality")], None, None),
        (("./quality",), [Path("quality")], None, None),
        (("speed",), (), None, None),
        (("speed", "speed", "--workers", "2"), [Path("speed")], None, 2),
    ],
)
def test_speed_is_meant_where_no_command_is_named(
    asked: list[tuple[object, ...]],
    arguments: tuple[str, ...],
    paths: object,
    recipe: Path | None,
    workers: int | None,
) -> None:
    assert call(*arguments).exit_code == 130
    assert asked == [(paths, recipe, workers)]


def test_help_names_both_commands() -> None:
    told = call("--help").stdout
    assert "speed" in told
    assert "quality" in told
    assert "--workers" in call("speed", "--help").stdout


def test_speed_still_measures(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "quiet.yaml").write_text("inspect: []\nstages: []\n")
    result = call(photos, "--recipe", tmp_path / "quiet.yaml", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["photos"] == 2


@pytest.mark.usefixtures("offline")
def test_quality_prints_a_table_and_writes_figures_and_sheets(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = call("quality", photos, "--out", out, "--count", 3)
    assert result.exit_code == 0
    assert "patchmatch" in result.stdout
    told = json.loads((out / "quality.json").read_text())
    assert (told["count"], told["photos"], told["left_out"]) == (3, ["0", "1"], [])
    (table,) = told["tables"]
    assert {row["photos"] for row in table["rows"] if row["set"] == ALL} == {3}
    assert {path.name for path in out.glob("*.png")} == set(told["sheets"])
    assert told["sheets"]
    assert "[3/3] Filling" in result.stderr


@pytest.mark.usefixtures("offline")
def test_the_same_photos_give_the_same_figures_and_the_same_sheets(photos: Path, tmp_path: Path) -> None:
    def bytes_of(name: str) -> dict[str, bytes]:
        out = tmp_path / name
        printed = call("quality", photos, "--out", out, "--count", 4, "--json").stdout
        assert json.loads(printed) == json.loads((out / "quality.json").read_text())
        files = {path.name: path.read_bytes() for path in sorted(out.iterdir())}
        files["quality.json"] = re.sub(rb'"cpu_seconds": [\d.e-]+', b"", files["quality.json"])
        return files

    assert bytes_of("first") == bytes_of("second")


@pytest.mark.usefixtures("offline")
def test_photos_that_cannot_be_measured_on_are_named_and_left_out(photos: Path, tmp_path: Path) -> None:
    (photos / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    Image.new("RGB", (3000, 20)).save(photos / "strip.png")
    result = call("quality", photos, "--out", tmp_path / "out", "--count", 9, "--json")
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert [entry["photo"] for entry in told["left_out"]] == ["broken", "strip"]
    assert "1000x7 px" in told["left_out"][1]["reason"]
    assert "strip is left out" in result.stderr


@pytest.mark.usefixtures("offline")
def test_a_second_run_does_not_measure_its_own_sheets(photos: Path) -> None:
    for _ in range(2):
        result = call("quality", photos, "--out", photos / "out", "--count", 2, "--json")
        assert json.loads(result.stdout)["photos"] == ["0", "1"]


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere", "--out", "out"), "nowhere does not exist"),
        (("small.png", "--out", "out"), "None of the photos"),
        (("small.png", "--out", "small.png"), "small.png"),
        (("small.png",), "--out"),
        (("small.png", "--out", "out", "--count", "0"), "--count"),
    ],
)
def test_a_users_error_ends_in_a_message_and_2(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (8, 8)).save("small.png")
    with pytest.raises(SystemExit) as exit_:
        main(["bench", "quality", *arguments])
    assert exit_.value.code == 2
    assert said in capsys.readouterr().err
