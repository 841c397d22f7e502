import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

PHOTOS = 40
PROGRAM = (sys.executable, "-c", "from packshot.cli import main; main()")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Enough photos that a batch cannot end before it is interrupted, and a recipe that needs no models."""
    (tmp_path / "photos").mkdir()
    rng = np.random.default_rng(0)
    for number in range(PHOTOS):
        noise = rng.integers(0, 255, (240, 240, 3), np.uint8)
        Image.fromarray(noise).save(tmp_path / "photos" / f"{number:03}.png", compress_level=1)
    (tmp_path / "quiet.yaml").write_text("inspect: []\nstages: []\n")
    return tmp_path


def command(folder: Path) -> list[str]:
    # WebP makes each photo cost some 50 ms.
    return [
        *(*PROGRAM, "run", str(folder / "photos"), "--out", str(folder / "out"), "--format", "webp"),
        *("--recipe", str(folder / "quiet.yaml"), "--workers", "1", "--json"),
    ]


def begin(folder: Path, after: int) -> subprocess.Popen[str]:
    """A run of which ``after`` photos are done."""
    process = subprocess.Popen(
        command(folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith(f"[{after:2}/{PHOTOS}]"):
            return process
    raise AssertionError("it ended too early")


def lines(folder: Path) -> list[dict[str, object]]:
    """The trail's lines, each of which must be whole and its output a readable picture."""
    parsed = [json.loads(line) for line in (folder / "out" / "trail.jsonl").read_text().splitlines()]
    for line in parsed:
        with Image.open(folder / "out" / str(line["output"])) as image:
            image.load()
    return parsed


def leftovers(folder: Path) -> list[Path]:
    return list((folder / "out").rglob("*.part"))


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to one process")
def test_ctrl_c_keeps_what_is_done_and_a_rerun_does_the_rest(folder: Path) -> None:
    process = begin(folder, 2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Run the same command again to continue" in err
    done = lines(folder)
    assert 2 <= len(done) < PHOTOS
    assert len(json.loads(out)["photos"]) == len(done), "what was in flight was finished and is told"
    assert not leftovers(folder)

    again = subprocess.run(command(folder), capture_output=True, text=True, check=False)
    assert again.returncode == 0
    photos = json.loads(again.stdout)["photos"]
    assert sum(photo["resumed"] for photo in photos) == len(done)
    assert len(photos) == PHOTOS
    assert len(lines(folder)) == PHOTOS, "nothing was done twice"


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to one process")
def test_a_second_ctrl_c_ends_at_once_with_nothing_half_written(folder: Path) -> None:
    process = begin(folder, 2)
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    for line in process.stderr:
        if "Ctrl-C again" in line:
            break
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert lines(folder)
    assert not leftovers(folder)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_after_kill_9_and_a_torn_line_a_rerun_mends_all(folder: Path) -> None:
    process = begin(folder, 3)
    process.kill()
    process.communicate(timeout=60)
    trail = folder / "out" / "trail.jsonl"
    trail.write_bytes(trail.read_bytes() + b'{"path": "torn')
    (folder / "out" / "publish" / ".0123456789abcdef.part").write_bytes(b"half")

    again = subprocess.run(command(folder), capture_output=True, text=True, check=False)
    assert again.returncode == 0
    assert sum(photo["resumed"] for photo in json.loads(again.stdout)["photos"]) >= 3
    assert {line["target"] for line in lines(folder)} == {f"{number:03}" for number in range(PHOTOS)}
    assert not leftovers(folder)


def test_an_output_folder_that_cannot_be_written_is_a_system_error(folder: Path) -> None:
    (folder / "out").write_bytes(b"a file")
    done = subprocess.run(command(folder), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Cannot write" in done.stderr
    assert "Traceback" not in done.stderr


BENCH = """
import signal
from pathlib import Path
from packshot.cli import job, measure

def interrupted(job):
    job.out.mkdir()
    for number in range(100):
        (job.out / str(number)).write_bytes(b"copy")
    with job_stoppable(job.out):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

job_stoppable, measure.do = job.stoppable, interrupted
measure.measure([Path("photos")], Path("quiet.yaml"), 1)
"""


def test_a_bench_that_is_interrupted_twice_leaves_no_copies(folder: Path) -> None:
    (folder / "tmp").mkdir()
    environment = os.environ | {"TMPDIR": str(folder / "tmp")}
    done = subprocess.run([sys.executable, "-c", BENCH], cwd=folder, env=environment, check=False)
    assert done.returncode == 130
    assert not list((folder / "tmp").iterdir())
