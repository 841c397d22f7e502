"""The service is killed in each phase of a rollout: ``benchmarks/rollout_kill.py`` does it more often."""

import subprocess
import sys
from pathlib import Path

_BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "rollout_kill.py"


def test_a_rollout_goes_on_where_it_was():
    command = [sys.executable, str(_BENCHMARK), "--kills", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr[-4000:]}"
    assert "4 phases: 0 violations" in done.stdout
