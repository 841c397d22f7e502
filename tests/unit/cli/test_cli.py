import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import yaml
from PIL import Image
from typer.testing import CliRunner, Result

import packshot
from packshot.cli import app, main
from packshot.recipe import Recipe
from packshot.stages.upscale import Upscale

QUIET = "inspect: []\nstages: []\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two good photos, a broken one, a text file and a recipe that needs no models."""
    photos = tmp_path / "photos"
    (photos / "knit").mkdir(parents=True)
    for seed, name in enumerate(("a.png", "knit/b.png")):
        coarse = np.random.default_rng(seed).integers(0, 255, (6, 8, 3), np.uint8)
        Image.fromarray(coarse).resize((80, 60), Image.Resampling.BICUBIC).save(photos / name)
    (photos / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    (photos / "readme.txt").write_text("x")
    (tmp_path / "quiet.yaml").write_text(QUIET)
    return tmp_path


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def fails(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """What ``packshot`` says on stderr when it exits with 2."""
    with pytest.raises(SystemExit) as exit_:
        main([str(argument) for argument in arguments])
    assert exit_.value.code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Traceback" not in captured.err
    return captured.err


def run(folder: Path, *more: object) -> Result:
    out, recipe = folder / "out", folder / "quiet.yaml"
    return call("run", folder / "photos", "--out", out, "--recipe", recipe, *more)


def test_run_prints_json_and_writes_outputs_trail_and_report(folder: Path) -> None:
    result = run(folder, "--json")
    assert result.exit_code == 1, "a broken photo is among them"
    told = json.loads(result.stdout)
    by_name = {Path(photo["path"]).name: photo for photo in told["photos"]}
    assert by_name["a.png"]["verdict"] == "publish"
    assert Path(by_name["a.png"]["output"]) == folder / "out" / "publish" / "a.png"
    assert Path(by_name["b.png"]["output"]) == folder / "out" / "publish" / "knit" / "b.png"
    assert by_name["broken.jpg"]["output"] is None
    assert by_name["broken.jpg"]["verdict"] == "reject"
    assert by_name["broken.jpg"]["reasons"]
    assert set(by_name["a.png"]) >= {"findings_before", "findings_after", "seconds"}
    assert told["images_per_hour"] > 0
    assert told["cpu_seconds_per_image"] > 0
    lines = (folder / "out" / "trail.jsonl").read_text().splitlines()
    assert {json.loads(line)["category"] for line in lines} == {None, "knit"}
    assert (folder / "out" / "report.html").exists()


def test_a_second_run_skips_and_counts_what_is_done(folder: Path) -> None:
    first = json.loads(run(folder, "--json").stdout)
    again = json.loads(run(folder, "--json").stdout)
    assert [photo["verdict"] for photo in again["photos"]] == [photo["verdict"] for photo in first["photos"]]
    assert all(photo["resumed"] for photo in again["photos"])
    assert again["images_per_hour"] is None
    assert "3 of them were done before" in run(folder).stdout


def test_run_takes_identity_from_a_manifest(folder: Path) -> None:
    (folder / "photos.csv").write_text("path,product,category,merchant\nphotos/a.png,p1,shoes,m1\n")
    recipe, out = folder / "quiet.yaml", folder / "out"
    result = call("run", "--manifest", folder / "photos.csv", "--out", out, "--recipe", recipe)
    assert result.exit_code == 0
    (line,) = (out / "trail.jsonl").read_text().splitlines()
    assert json.loads(line)["category"] == "shoes"


def test_the_attestation_may_come_from_the_environment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PACKSHOT_ATTESTED_BY", "A. Merchant")
    run(folder)
    lines = (folder / "out" / "trail.jsonl").read_text().splitlines()
    assert {json.loads(line)["attested_by"] for line in lines} == {"A. Merchant"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "nowhere", "--out", "out"), "nowhere does not exist"),
        (("run", "--out", "out"), "Name at least one photo"),
        (("run", "photos", "--out", "out", "--recipe", "bad.yaml"), "unknown key 'stage'"),
        (("run", "photos", "--out", "out", "--recipe", "none.yaml"), "none.yaml"),
        (("run", "photos", "--out", "out", "--channel", "shop"), "Unknown channel 'shop'"),
        (("run", "photos", "--out", "photos/readme.txt", "--recipe", "quiet.yaml"), "Cannot write"),
        (("run", "photos", "--out", "out", "--format", "gif"), "gif"),
        (("validate", "photos", "--threshold", "2"), "threshold"),
        (("validate", "photos", "--json", "--junit"), "Choose one"),
        (("validate", "empty"), "No photos in empty"),
        (("upscale", "photos", "--out", "out", "--scale", "3"), "scale"),
        (("remove-text", "photos", "--out", "out", "--hint", "all-of-it"), "hint"),
        (("models", "pull", "gpt"), "Unknown weight 'gpt'"),
        (("recipe", "check", "bad.yaml"), "unknown key 'stage'"),
        (("channels", "shop"), "Unknown channel 'shop'"),
        (("channels", "--as-of", "31.01.2027"), "write the day as 2027-01-31"),
        (("crop", "photos", "--out", "out"), "--ratio 4:5, --fill 0.85 or --channel NAME"),
        (("crop", "photos", "--out", "out", "--ratio", "4x5"), ": must be width:height, such as 4:5"),
        (("fly",), "fly"),
    ],
)
def test_a_users_error_ends_in_a_message_and_2(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.chdir(folder)
    (folder / "empty").mkdir()
    (folder / "bad.yaml").write_text("stage: []\n")
    assert said in fails(capsys, *arguments)


@pytest.mark.parametrize(
    "text",
    [
        *("", QUIET),
        "stages: [upscale: {min_side: 900, mode: conservative}]\n",
        "categories: {lamps: {upscale: {max_scale: 2}}, wool: {mode: conservative}}\n",
    ],
)
def test_recipe_show_prints_a_recipe_that_means_the_same(folder: Path, text: str) -> None:
    first, again = folder / "first.yaml", folder / "again.yaml"
    first.write_text(text)
    shown = call("recipe", "show", "--recipe", first)
    again.write_text(shown.stdout)
    assert call("recipe", "show", "--recipe", again).stdout.splitlines()[1:] == shown.stdout.splitlines()[1:]
    assert call("recipe", "check", again).exit_code == 0
    one, other = (Recipe.from_yaml(path) for path in (first, again))
    assert one.roles() == other.roles()
    for category in (None, *one.categories):
        options = [[recipe.options_of(spec, category) for spec in recipe.stages] for recipe in (one, other)]
        assert options[0] == options[1]


def test_recipe_show_leaves_nothing_to_a_default() -> None:
    shown = yaml.safe_load(call("recipe", "show").stdout)
    assert shown["threshold"] == 0.8
    assert {"upscale": {"scale": None, "min_side": None, "max_scale": 4}} in shown["stages"]
    assert shown["backends"]["upscaler_x2"] == "span-x2"
    assert shown["backends"]["text_detector"] == "ppocr-v6-small"


def test_the_version_is_told() -> None:
    told = call("--version")
    assert (told.exit_code, told.stdout) == (0, f"packshot {version('packshot')}\n")


def test_public_names_are_listed_before_they_are_loaded() -> None:
    code = "import sys, packshot\nprint(dir(packshot), 'packshot.pipeline' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == f"{sorted(packshot.__all__)} False\n"
    assert all(getattr(packshot, name) for name in dir(packshot))


def test_validate_lists_a_photo_once(folder: Path) -> None:
    copy = folder / "photos" / "again.png"
    copy.write_bytes((folder / "photos" / "a.png").read_bytes())
    told = call("validate", folder / "photos" / "a.png", copy)
    assert told.output.count(str(copy)) == 1
    assert f"{copy}\n" in told.stdout


def test_channels_lists_names_and_rules() -> None:
    listed = {channel["name"]: channel for channel in json.loads(call("channels", "--json").stdout)}
    assert {"web", "google", "amazon-main"} <= set(listed)
    assert listed["web"]["rules"]
    assert "min_long_side" in call("channels", "web").stdout


def test_models_and_doctor_tell_machines_too() -> None:
    told = json.loads(call("models", "list", "--json").stdout)
    assert {"weights", "backends"} == set(told)
    verified = call("models", "verify", "--json")
    assert verified.exit_code in (0, 1)
    assert set(json.loads(verified.stdout)) == {weight["name"] for weight in told["weights"]}
    checks = json.loads(call("doctor", "--json").stdout)
    assert {"Python", "processor", "fonts", "free disk"} <= {check["what"] for check in checks}
    assert all(check["fix"] for check in checks if not check["ok"])


def test_junit_survives_any_file_name() -> None:
    from packshot.cli.junit import render
    from packshot.executors.validate import Checked
    from packshot.finding import Finding, Severity

    finding = Finding("blurry", Severity.ERROR, 0.5, "is <blurry> & \x00")
    root = ET.fromstring(render([Checked(os.fsdecode(b'a\xff\x01"<>.jpg'), False, 0.4, (finding,))]))
    assert root.attrib["failures"] == "1"
    failure = root.find(".//failure")
    assert failure is not None
    assert "is <blurry> & \ufffd" in failure.attrib["message"]


def test_help_loads_nothing_heavy() -> None:
    code = "import sys\nfrom packshot.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
    heavy = ("cv2", "numpy", "openvino", "PIL", "skimage", "jinja2", "pydantic")
    code += f"print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_thin_door_is_the_same_command(folder: Path) -> None:
    tool = Path(__file__).parents[3] / "tools" / "validate_images.py"
    done = subprocess.run(
        [sys.executable, tool, folder / "nowhere"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "does not exist" in done.stderr


def test_the_direct_upscaler_is_steered_by_what_is_wrong_with_the_photo(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).normal(0, 22, (160, 160, 3))
    Image.fromarray(np.clip(128 + noise, 0, 255).astype(np.uint8)).save(tmp_path / "noisy.png")
    Image.new("RGB", (160, 160), (90, 120, 150)).save(tmp_path / "clean.png")
    for name, degraded in (("noisy", True), ("clean", False)):
        result = call(
            "upscale", tmp_path / f"{name}.png", "--out", tmp_path / "out", "--scale", "2", "--json"
        )
        (photo,) = json.loads(result.stdout)
        (note,) = [finding for finding in photo["findings"] if finding["code"] == "upscaled"]
        assert (note["evidence"]["backend"] == Upscale.roles["upscaler_x2_degraded"]) is degraded
