"""kill -9 in each phase of a rollout: it goes on where it was.

``python benchmarks/rollout_kill.py --database postgresql --kills 2``: a small recipe and drawn
photos; a plan of replay, shadow, canary 30 % and 100 %. In each phase the service is killed several times
while it works, and started again. Then: the phase and its comparisons are those of before, no step was made
twice, each photo was compared once a phase, the audit log's chain holds, and in the end the candidate is
live. Exits 1 where one of these does not hold.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import httpx
from service_kill import database
from service_photos import photos
from service_process import Server
from sqlalchemy import func, select

from packshot.ledger import audit
from packshot.ledger.database import Ledger
from packshot.ledger.rollout_tables import Comparison, LiveRow, Rollout, Transition

RECIPE = "inspect: [low_resolution]\nstages: [inpaint]\nchannels: [google]\n"
STORED, IN_PHASE = 20, 12
PLAN = {
    "rollout": "killed",
    "candidate": {"threshold": 0.9},
    "phases": [
        {"kind": "replay", "least": 10},
        {"kind": "shadow", "least": IN_PHASE},
        {"kind": "canary", "weight": 0.3, "least": 6},
        {"kind": "canary", "weight": 1.0, "least": IN_PHASE},
    ],
    # Nothing differs, and few photos shall be enough to say so.
    "guardrails": {"failure_rate": 0.8, "pass_rate": 0.8},
    "interval": 2.0,
}
_SECONDS = 300.0


class Trial:
    """A service, its ledger, and the photos that it gets."""

    def __init__(self, folder: Path, url: str) -> None:
        home = folder / "home"
        home.mkdir()
        recipe = folder / "recipe.yaml"
        recipe.write_text(RECIPE)
        self.url = url
        settings = {"RECIPE": str(recipe), "SHADOW_SHARE": "1", "LEASE_SECONDS": "2"}
        self.server = Server(home, settings | {"DATABASE_URL": self.url})
        self._photos = photos(None, side=120)
        self._number = 0

    def send(self, count: int) -> None:
        """Submit drawn photos, each of a product of its own."""
        files = [("files", (f"{self._number + one}.jpg", next(self._photos))) for one in range(count)]
        self._number += count
        httpx.post(f"{self.server.url}/v1/batches", files=files, timeout=60).raise_for_status()

    def kill(self) -> None:
        """Kill -9, then start again and wait until it is ready."""
        self.server.kill()
        self.server.start()
        self.server.wait()


def main() -> int:
    """Do it and print what was found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--kills", type=int, default=2, help="in each phase")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    with (
        tempfile.TemporaryDirectory(prefix="packshot-rollout-kill-") as name,
        database(arguments.database, Path(name, "home")) as url,
    ):
        trial = Trial(Path(name), url)
        trial.server.start()
        trial.server.wait()
        trial.send(STORED)
        time.sleep(3)
        made = httpx.post(f"{trial.server.url}/v1/rollouts", json=PLAN, timeout=60)
        made.raise_for_status()
        problems = _through_all_phases(trial, made.json()["id"], arguments.kills, chance)
        trial.server.stop()
        problems += _violations(trial.url)
    where = f"{arguments.database}, {arguments.kills} kills in each of {len(PLAN['phases'])} phases"
    print(f"{where}: {len(problems)} violations")
    for problem in problems:
        print(f"  {problem}")
    return 1 if problems else 0


def _through_all_phases(trial: Trial, rollout: str, kills: int, chance: random.Random) -> list[str]:
    problems, killed = [], Counter[int]()
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until:
        before = _state(trial.url, rollout)
        if before[0] != "running":
            break
        if killed[before[1]] < kills:
            trial.send(3)
            time.sleep(chance.uniform(0.0, 0.5))
            earlier = _state(trial.url, rollout)
            trial.kill()
            killed[earlier[1]] += 1
            later = _state(trial.url, rollout)
            if later[1] < earlier[1] or later[2] < earlier[2]:
                problems.append(f"phase {earlier[1]}: {earlier} before the kill, {later} after it")
        else:
            trial.send(3)
            time.sleep(1.0)
    status, phase, _ = _state(trial.url, rollout)
    if status != "promoted":
        problems.append(f"it ended {status} in phase {phase}")
    problems += [f"phase {n} was never killed in" for n in range(len(PLAN["phases"])) if not killed[n]]
    return problems


def _state(url: str, rollout: str) -> tuple[str, int, int]:
    """Status, phase, and how many comparisons are done."""
    ledger = Ledger(url)
    try:
        with ledger.reading() as session:
            row = session.get_one(Rollout, rollout)
            done = session.scalar(
                select(func.count()).where(Comparison.rollout_id == rollout, Comparison.done_at.is_not(None))
            )
            return row.status, row.phase, done or 0
    finally:
        ledger.close()


def _violations(url: str) -> list[str]:
    """What does not hold in the end."""
    problems = []
    ledger = Ledger(url)
    with ledger.reading() as session:
        (row,) = session.scalars(select(Rollout)).all()
        steps = session.scalars(select(Transition).order_by(Transition.at, Transition.id)).all()
        actions = [step.action for step in steps]
        if actions != ["start", *["advance"] * (len(PLAN["phases"]) - 1), "promote"]:
            problems.append(f"its steps were {actions}")
        twice = select(Comparison.item_id, Comparison.phase).group_by(Comparison.item_id, Comparison.phase)
        problems += [f"{item} was compared twice in phase {phase}"
                     for item, phase in session.execute(twice.having(func.count() > 1))]  # fmt: skip
        if session.get_one(LiveRow, "live").recipe_digest != row.candidate:
            problems.append("the candidate is not live")
        try:
            audit.verify(session)
        except audit.AuditBrokenError as error:
            problems.append(str(error))
    ledger.close()
    return problems


if __name__ == "__main__":
    sys.exit(main())
