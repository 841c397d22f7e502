"""One run an output folder."""

import subprocess
import sys
from pathlib import Path

import pytest
from batches import photo, run

from packshot.errors import OutputError, UsageError
from packshot.executors.batch import STATE
from packshot.executors.lock import NAME, sole_writer

HOLD = """
import sys
from pathlib import Path
from packshot.executors.lock import sole_writer
with sole_writer(Path("."), Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such lock")


@pytest.mark.parametrize("keep", [True, False])
def test_a_second_run_is_refused_until_the_first_has_ended(tmp_path: Path, keep: bool) -> None:
    photo(tmp_path / "in" / "a.png")
    out = tmp_path / "out"
    (out / STATE).mkdir(parents=True)
    first = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(out / STATE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert first.stdout.readline() == b"held\n"
    unfinished = out / ".0123456789abcdef.part"
    unfinished.write_bytes(b"the first run's")
    with pytest.raises(UsageError, match="Another run is writing to"):
        run(tmp_path / "in", out=out, keep=keep)
    assert unfinished.exists()
    first.kill()
    first.communicate()
    assert run(tmp_path / "in", out=out, keep=keep).all_published


def test_a_lock_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    with pytest.raises(OutputError, match="change --out"), sole_writer(tmp_path, tmp_path):
        raise AssertionError("it must not begin")
