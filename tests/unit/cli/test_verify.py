"""``packshot verify`` from the outside: exit codes, what it prints, what it needs."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from packshot.cli import app, main
from packshot.edges.decode import open_photo
from packshot.edges.receipt import build, load_or_create, sign
from packshot.pipeline import Pipeline
from packshot.recipe import Recipe


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an original, an output, its receipt, and keys in PACKSHOT_HOME."""
    monkeypatch.setenv("PACKSHOT_HOME", str(tmp_path / "home"))
    key = load_or_create(tmp_path / "home" / "keys")
    coarse = np.random.default_rng(0).integers(0, 255, (6, 8, 3), np.uint8)
    Image.fromarray(coarse).resize((80, 60), Image.Resampling.BICUBIC).save(tmp_path / "in.png")
    photo = open_photo(tmp_path / "in.png", name="in.png")
    trail = Pipeline(Recipe.from_dict({"inspect": [], "stages": []})).run(photo)
    (tmp_path / "out.png").write_bytes(photo.origin.data)
    receipt = sign(build(trail, photo, [("out.png", photo.origin.data)]), key)
    (tmp_path / "out.png.receipt.json").write_bytes(receipt)
    return tmp_path


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["verify", *map(str, arguments)])


def test_an_honest_file_passes(home: Path) -> None:
    done = call(home / "out.png", "--original", home / "in.png")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert [line[:4] for line in lines[:-1]] == ["PASS"] * 7
    assert lines[-1].endswith("out.png is what its receipt says.")
    assert call(home / "out.png").exit_code == 0


def test_an_altered_file_fails_and_json_says_where(home: Path) -> None:
    data = bytearray((home / "out.png").read_bytes())
    data[-1] ^= 1
    (home / "out.png").write_bytes(data)
    done = call(home / "out.png", "--json")
    assert done.exit_code == 1
    report = json.loads(done.stdout)
    assert report["passed"] is False
    failed = [check["name"] for check in report["checks"] if check["status"] == "failed"]
    assert "subject" in failed
    assert "is NOT what" in call(home / "out.png").stdout


def test_receipt_and_keys_can_be_named(home: Path) -> None:
    elsewhere = home / "r.json"
    (home / "out.png.receipt.json").rename(elsewhere)
    other = home / "other"
    load_or_create(other)
    arguments = (home / "out.png", "--receipt", elsewhere)
    own = home / "home" / "keys" / "signing.pub"
    assert call(*arguments).exit_code == 0
    assert call(*arguments, "--key", other / "signing.pub").exit_code == 1
    assert call(*arguments, "--key", other / "signing.pub", "--key", own).exit_code == 0


@pytest.mark.parametrize("missing", ["out.png", "out.png.receipt.json", "home/keys/signing.pub"])
def test_what_is_missing_is_named(home: Path, capsys: pytest.CaptureFixture[str], missing: str) -> None:
    (home / missing).unlink()
    with pytest.raises(SystemExit) as exit_:
        main(["verify", str(home / "out.png")])
    assert exit_.value.code == 2
    said = capsys.readouterr()
    assert missing in said.err
    assert said.out == ""


def test_a_missing_library_says_how_to_get_it(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("packshot.edges.receipt")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "cryptography.exceptions", None)
    with pytest.raises(SystemExit) as exit_:
        main(["verify", str(home / "out.png")])
    assert exit_.value.code == 2
    assert "pip install 'packshot[serve]'" in capsys.readouterr().err
