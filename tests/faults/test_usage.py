"""Slips on the command line end in a message and exit code 2, before anything is touched."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from packshot.cli import main

RUN = ("run", "photos", "--out", "out", "--recipe", "quiet.yaml")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A photo, and a recipe that needs no models; the current folder."""
    monkeypatch.chdir(tmp_path)
    Path("photos").mkdir()
    noise = np.random.default_rng(0).integers(0, 255, (30, 40, 3), np.uint8)
    Image.fromarray(noise).save("photos/a.png")
    Path("quiet.yaml").write_text("inspect: []\nstages: []\n")
    Path("late.yaml").write_text("as_of: 2027-02-30\n")
    Path("mixed.yaml").write_text("1: 2\nstagse: []\n")
    Path("nul.csv").write_bytes(b"path\na\0.png\n")
    return tmp_path


def fails(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What is said on stderr, without the box that is drawn around it."""
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Traceback" not in captured.err
    return " ".join(captured.err.replace("\u2502", " ").split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((*RUN, "--attested-by", ""), "the name is empty"),
        ((*RUN, "--attested-by", " \t"), "the name is empty"),
        ((*RUN, "--workers", "100000"), "256"),
        (("validate", ""), "the path is empty"),
        (("validate", "photos", " "), "the path is empty"),
        (("run", "photos", "--out", ""), "the path is empty"),
        (("run", "photos", "--out", "out", "--recipe", ""), "the path is empty"),
        (("run", "--manifest", "", "--out", "out"), "the path is empty"),
        (("run", "--manifest", "nul.csv", "--out", "out"), "NUL byte"),
        (("run", "photos", "--out", "photos", "--recipe", "quiet.yaml"), "photos is the folder of --out"),
        (("run", "photos", "--out", "out", "--recipe", "late.yaml"), "late.yaml: it holds a value"),
        (("recipe", "check", "mixed.yaml"), "unknown key 1"),
        (("crop", "photos", "--out", "out", "--ratio", "inf:1"), "from 1:100 to 100:1"),
        (("crop", "photos", "--out", "out", "--ratio", "1:1e-320"), "from 1:100 to 100:1"),
    ],
)
def test_a_slip_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    assert said in fails(capsys, *arguments)
    assert not (folder / "out").exists()


def test_a_blank_attestation_in_the_environment_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PACKSHOT_ATTESTED_BY", " ")
    assert "the name is empty" in fails(capsys, *RUN)
    assert not (folder / "out").exists()
