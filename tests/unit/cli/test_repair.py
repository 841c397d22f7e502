"""The demo's photos, and how near to the truth their repair comes."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from packshot.cli.repair import FLAWS, PHOTOS, TRUTH, Gain, flawed_photos, gains, mean_gain
from packshot.executors.record import Record
from packshot.executors.sources import collect


@pytest.fixture
def clean(tmp_path: Path) -> Path:
    folder = tmp_path / "clean"
    folder.mkdir()
    coarse = np.random.default_rng(0).integers(0, 255, (24, 32, 3), np.uint8)
    photo = Image.fromarray(coarse).resize((320, 240), Image.Resampling.BICUBIC)
    for number in range(FLAWS.index(None) + 1):
        photo.save(folder / f"{number}.png")
    return folder


def test_the_folder_of_photos_holds_photos_only_and_the_truth_is_beside_it(
    clean: Path, tmp_path: Path
) -> None:
    out = tmp_path / "demo"
    items = flawed_photos([clean], out)
    assert {path.name for path in out.iterdir()} == {PHOTOS, TRUTH}
    found = {item.path for item in collect([out / PHOTOS]).items}
    assert found == {item.path for item in items}
    assert all((out / TRUTH / f"{item.target}.clean.png").exists() for item in items)


def test_gains_compare_with_the_truth_where_the_flaw_is(clean: Path, tmp_path: Path) -> None:
    out = tmp_path / "demo"
    stamped, *_, sound = flawed_photos([clean], out)
    repaired = out / "repaired.png"
    repaired.write_bytes((out / TRUTH / f"{stamped.target}.clean.png").read_bytes())

    def record(target: str, path: Path, output: Path) -> Record:
        name = str(output.relative_to(out))
        trail = {"verdict": "publish"}
        return Record(str(path), target, name, [], "k", True, 0.1, 0.1, (320, 240), (320, 240), {}, trail)

    cured, left, untouched = gains(
        [
            record(stamped.target, stamped.path, repaired),
            record(stamped.target, stamped.path, stamped.path),
            record(sound.target, sound.path, sound.path),
        ],
        out,
    )
    assert (cured.sentence, left.decibels, left.harmed) == (
        f"Against the truth: {cured.row[2]} → identical",
        0.0,
        False,
    )
    assert cured.before < 25, "measured under the stamp, not over the whole photo"
    assert untouched.row[2:] == ("identical", "identical", "no flaw")
    assert mean_gain([left, untouched]) == 0.0


def test_harm_is_told() -> None:
    assert Gain("a", "publish", 30.0, 29.0, resized=False).harmed
    assert not Gain("a", "publish", 30.0, 29.95, resized=False).harmed
