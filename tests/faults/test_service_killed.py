"""The service is killed while it works: see ``benchmarks/service_kill.py``, which does it more often."""

import subprocess
import sys
from pathlib import Path

_BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "service_kill.py"


def test_nothing_is_lost_or_done_twice_when_the_service_is_killed():
    command = [sys.executable, str(_BENCHMARK), "--kills", "3", "--seconds", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr[-4000:]}"
    assert "sqlite, 3 kills" in done.stdout
