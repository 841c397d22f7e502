"""``packshot profile`` from the command line: what it refuses, what it prints, what it loads and writes."""

import json
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner, Result

from packshot.cli.profile import profile
from packshot.errors import RecipeError, UnknownNameError, UsageError
from packshot.ledger.queue import Lease
from packshot.service.context import opened
from packshot.service.options import Offered
from packshot.service.settings import Settings
from packshot.service.submit import Submission, keep, submit
from packshot.service.work import Workers

RECIPE = "inspect: [low_resolution]\nstages: []\nchannels: [google]\n"
LENIENT = "inspect: []\nstages: []\nchannels: [google]\n"

app = typer.Typer()
app.command("profile")(profile)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def told(*arguments: object) -> dict[str, Any]:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, (result.exception, result.output)
    return json.loads(result.stdout)


def picture(seed: int = 0, side: int = 200) -> bytes:
    coarse = np.random.default_rng(seed).integers(0, 255, (6, 8, 3), np.uint8)
    buffer = BytesIO()
    Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """``in/`` with a good photo, a small one, a category and a broken one, and two recipes beside it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PACKSHOT_HOME", str(tmp_path / "home"))
    (tmp_path / "in" / "knit").mkdir(parents=True)
    photos = {"good.png": picture(), "small.png": picture(1, 60), "knit/poor.png": picture(2, 60)}
    for name, data in {**photos, "broken.jpg": b"\xff\xd8\xff"}.items():
        (tmp_path / "in" / name).write_bytes(data)
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    (tmp_path / "lenient.yaml").write_text(LENIENT)
    return tmp_path


@pytest.mark.parametrize(
    "window", ["", "48", "h", "0h", "-1h", "48 h", "1.5h", "48H", "2w", "1234567d", "٤٨h", "48h\n"]
)
@pytest.mark.usefixtures("folder")
def test_a_bad_window_is_refused_with_examples(window: str) -> None:
    error = run("--window", window).exception
    assert isinstance(error, UsageError)
    assert "Write 90m, 48h or 7d." in str(error)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Name photos or folders"),
        (("in", "--window", "48h"), "leave PATH out"),
        (("--window", "48h", "--candidate", "lenient.yaml"), "leave --candidate out"),
        (("--window", "48h", "--workers", "2"), "leave --workers out"),
        (("in", "--home", "there"), "--home belongs to --window"),
        (("in", "--report", "in/good.png"), "must name a file that ends in .html"),
        (("in", "--report", "in"), "must name a file that ends in .html"),
        (("in", "--report", "recipe.yaml/x.html"), "Cannot make the folder"),
        (("empty",), "No photos in empty"),
        (("nowhere",), "nowhere does not exist"),
        (("--window", "48h"), "There is no ledger in"),
    ],
)
def test_what_cannot_be_answered_is_refused(folder: Path, arguments: tuple[str, ...], said: str) -> None:
    (folder / "empty").mkdir()
    result = run(*arguments)
    assert isinstance(result.exception, UsageError)
    assert said in str(result.exception)
    assert not (folder / "home").exists(), "looking makes no ledger"


def test_a_refused_candidate_is_refused_before_any_work(folder: Path) -> None:
    (folder / "bad.yaml").write_text("stages: [no_such_stage]\n")
    result = run("in", "--candidate", "bad.yaml", "--report", "out.html")
    assert isinstance(result.exception, UnknownNameError | RecipeError)
    assert "no_such_stage" in str(result.exception)
    assert "Profiling" not in result.stderr
    assert not (folder / "out.html").exists()


def test_a_folder_is_profiled(folder: Path) -> None:
    profile = told("in", "--recipe", "recipe.yaml")
    assert profile["photos"] == 4
    assert profile["verdicts"] == {"publish": 1, "review": 2, "reject": 1}
    rows = [(row["category"], row["photos"], row["review"]) for row in profile["categories"]]
    assert rows == [(None, 3, 1), ("knit", 1, 1)]
    assert profile["beside"] is None
    assert {stage["stage"] for stage in profile["stages"]} == {"decode", "inspect", "inspect_again", "encode"}
    assert sorted(path.name for path in folder.iterdir()) == ["in", "lenient.yaml", "recipe.yaml"]


def test_a_manifest_names_merchants(folder: Path) -> None:
    (folder / "photos.csv").write_text("path,merchant\nin/good.png,acme\nin/small.png,other\n")
    profile = told("--manifest", "photos.csv", "--recipe", "recipe.yaml")
    assert [row["merchant"] for row in profile["merchants"]] == ["other", "acme"]


@pytest.mark.usefixtures("folder")
def test_a_candidate_is_shown_beside() -> None:
    beside = told("in", "--recipe", "recipe.yaml", "--candidate", "lenient.yaml")["beside"]
    assert (beside["photos"], beside["differing"]) == (4, 2)
    metrics = {row["metric"]: row for row in beside["metrics"]}
    assert (metrics["pass_rate"]["live"], metrics["pass_rate"]["candidate"]) == (0.25, 0.75)
    assert (metrics["pass_rate"]["judged"], metrics["pass_rate"]["change"]) == ("better", "+50.0 points")
    assert "memory" not in metrics
    assert [(row["live"], row["candidate"], row["only_live"]) for row in beside["worst"]] == [
        ("review", "publish", ["low_resolution"])
    ] * 2


def test_the_terminal_and_the_page_say_it_too(folder: Path) -> None:
    arguments = ("in", "--recipe", "recipe.yaml", "--candidate", "lenient.yaml", "--report", "new/out.html")
    result = run(*arguments)
    assert result.exit_code == 0
    assert "\x1b" not in result.stdout
    for title in ("What holds photos back", "What each stage costs", "Which categories hurt", "pass_rate"):
        assert title in result.stdout
    page = (folder / "new" / "out.html").read_text()
    assert page.count("<article") == 2
    assert page.count("data:image/jpeg") >= 6


def test_a_name_is_no_markup_and_steers_no_terminal(folder: Path) -> None:
    (folder / "in" / "a\x1b[31m.png").write_bytes(picture(3, 60))
    (folder / "in" / "small.png").rename(folder / "in" / "[red]small.png")
    result = run("in", "--recipe", "recipe.yaml", "--candidate", "lenient.yaml")
    assert result.exit_code == 0
    assert "[red]small.png" in result.stdout
    assert "a\\x1b[31m.png" in result.stdout
    assert "\x1b" not in result.stdout


@pytest.mark.usefixtures("folder")
def test_photos_that_are_profiled_load_no_service() -> None:
    script = (
        "import sys, typer\n"
        "from packshot.cli.profile import profile\n"
        "assert 'cv2' not in sys.modules, 'the command itself is light'\n"
        "app = typer.Typer()\napp.command()(profile)\n"
        "app(['in', '--recipe', 'recipe.yaml', '--candidate', 'lenient.yaml', '--report', 'o.html'],"
        " standalone_mode=False)\n"
        "print('HEAVY', {'sqlalchemy', 'fastapi', 'obstore', 'httpx', 'structlog'} & set(sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "HEAVY set()" in done.stdout


def test_the_ledger_is_looked_into(folder: Path) -> None:
    settings = Settings.from_environment(recipe=folder / "recipe.yaml")
    with opened(settings) as context:
        photos = [("a.png", picture()), ("b.png", picture(1, 60))]
        offered = [Offered(name=name, digest=keep(context, data, "image/png")) for name, data in photos]
        submit(context, Submission("shop", "api", offered, merchant="acme"))
        while Workers(context).move_one(Lease("w", settings.lease_seconds)):
            pass
    profile = told("--window", "1h", "--report", "out.html")
    assert profile["verdicts"] == {"publish": 1, "review": 1, "reject": 0}
    assert [row["merchant"] for row in profile["merchants"]] == ["acme"]
    assert profile["source"].endswith("the last 1h")
    assert (folder / "out.html").stat().st_size > 5_000


@pytest.mark.usefixtures("folder")
def test_a_window_without_photos_says_so() -> None:
    with opened(Settings.from_environment()):
        pass
    error = run("--window", "90m").exception
    assert isinstance(error, UsageError)
    assert "No photo was treated in the last 90m." in str(error)
