"""Bad candidates as canaries, on real photos, in a real service that nobody watches.

``python benchmarks/rollout_canary.py --photos ../shared/photos``: for each candidate a fresh ``packshot
serve`` treats small photos of ``dev`` (which the recipe enlarges), one product each, with a canary of 10 %.
An upscaler that blurs, one that is slow, one that raises and one that wastes memory must be rolled back by
itself before 5 % of the products saw it; one that is equal must be promoted through 25, 50 and 100 %. Exits 1
where one of these does not hold.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from service_photos import photos
from service_process import Server
from sqlalchemy import func, select

from packshot.ledger import queue
from packshot.ledger.database import Ledger
from packshot.ledger.tables import Item, TrailRow

LONGEST_SECONDS = 900.0
"""After this long a candidate that is still under way has not fared as it must."""
SABOTEURS = Path(__file__).with_name("saboteurs")
CASES = {
    "blurring": "rolled_back",
    "slow": "rolled_back",
    "crashing": "rolled_back",
    "hungry": "rolled_back",
    "twin": "promoted",
}
WIDE = {
    "failure_rate": 0.15,
    "pass_rate": 0.15,
    "artifact_rate": 0.2,
    "edge_fidelity": 0.15,
    "cpu": 0.5,
    "latency": 0.5,
    "memory": 0.5,
}
_WAITING = 2
"""Photos in the queue: two workers are busy all the time, and a verdict is not late."""


@dataclass(frozen=True, slots=True)
class Result:
    """How a candidate fared."""

    case: str
    status: str
    phase: str
    products: int
    saw: int
    at_rollback: float
    seconds: float
    reason: str

    @property
    def holds(self) -> bool:
        """Whether it fared as it must."""
        if self.status != CASES[self.case]:
            return False
        return self.case == "twin" or self.at_rollback < 0.05


def main() -> int:
    """Do it and print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=Path, required=True, help="folder that holds dev/")
    parser.add_argument("--products", type=int, default=1_000, help="in the catalogue, to be rolled back in")
    parser.add_argument("--side", type=int, default=200, help="longest side of a photo, px")
    parser.add_argument("--case", choices=CASES, action="append")
    arguments = parser.parse_args()
    found = []
    for case in arguments.case or CASES:
        found.append(result := _try(case, arguments))
        print(
            f"{result.case:9} {result.status:12} in {result.phase:13} after {result.saw:4} of "
            f"{result.products:5} products ({result.at_rollback * 100:4.1f} %), {result.seconds:4.0f} s: "
            f"{result.reason}",
            flush=True,
        )
    return 0 if all(result.holds for result in found) else 1


def _plan(case: str) -> dict[str, object]:
    roles = [f"upscaler_x{scale}{kind}" for scale in (2, 4) for kind in ("", "_degraded")]
    return {
        "rollout": case,
        "candidate": {"backends": {role: f"{case}-x{role[10]}" for role in roles}},
        "phases": [{"kind": "canary", "weight": weight, "least": 20} for weight in (0.1, 0.25, 0.5, 1.0)],
        "interval": 1.0,
        # To be sure within two points that an equal one is equal takes thousands of photos.
        **({"guardrails": WIDE} if case == "twin" else {}),
    }


def _try(case: str, arguments: argparse.Namespace) -> Result:
    with tempfile.TemporaryDirectory(prefix="packshot-canary-") as name:
        home = Path(name, "home")
        home.mkdir()
        recipe = Path(name, "recipe.yaml")
        # Both lanes use the same architecture, so that only the flaw tells them apart.
        roles = [f"upscaler_x{scale}_degraded: span-x{scale}" for scale in (2, 4)]
        recipe.write_text("backends: {" + ", ".join(roles) + "}\n")
        os.environ["PYTHONPATH"] = str(SABOTEURS)
        server = Server(home, {"SHADOW_SHARE": "1", "RECIPE": str(recipe)})
        server.start()
        server.wait()
        began = time.monotonic()
        try:
            made = httpx.post(f"{server.url}/v1/rollouts", json=_plan(case), timeout=60)
            made.raise_for_status()
            rollout = made.json()["id"]
            stop = threading.Event()
            feeding = threading.Thread(target=_feed, args=(server, home, arguments, stop))
            feeding.start()
            view = _until_it_ends(server, rollout, feeding)
            stop.set()
            feeding.join()
            saw, products = _seen(home)
        finally:
            server.stop()
    return Result(
        case=case,
        status=view["status"],
        phase=view["phase"],
        products=products if case == "twin" else arguments.products,
        saw=saw,
        at_rollback=saw / arguments.products,
        seconds=time.monotonic() - began,
        reason=_why(view)[:300],
    )


def _until_it_ends(server: Server, rollout: str, feeding: threading.Thread) -> dict[str, Any]:
    until = time.monotonic() + LONGEST_SECONDS
    while True:
        view = httpx.get(f"{server.url}/v1/rollouts/{rollout}", timeout=60).json()
        if view["status"] != "running" or not feeding.is_alive() or time.monotonic() > until:
            return view
        time.sleep(0.5)


def _why(view: dict[str, Any]) -> str:
    """Why it ended; of one that is still under way, what it waits for."""
    if view["status"] != "running":
        return view["reason"] or ""
    return " ".join((view["judgement"] or {}).get("reasons", ()))


def _feed(server: Server, home: Path, arguments: argparse.Namespace, stop: threading.Event) -> None:
    """Submit photos, each of a product of its own that has its name, as fast as they are treated."""
    ledger = Ledger(f"sqlite:///{home / 'ledger.db'}")
    source: Iterator[bytes] = photos(arguments.photos, side=arguments.side)
    number = 0
    while not stop.is_set():
        with ledger.reading() as session:
            waits = queue.waiting(session)
        if waits >= _WAITING:
            time.sleep(0.1)
            continue
        number += 1
        httpx.post(
            f"{server.url}/v1/batches",
            files={"files": (f"{number}.jpg", next(source))},
            data={"merchant": f"merchant-{number % 20}"},
            timeout=60,
        ).raise_for_status()
    ledger.close()


def _seen(home: Path) -> tuple[int, int]:
    """Products whose photos the candidate treated, and all of them."""
    ledger = Ledger(f"sqlite:///{home / 'ledger.db'}")
    with ledger.reading() as session:
        canary = select(func.count(Item.name.distinct())).join(TrailRow, TrailRow.item_id == Item.id)
        saw = session.scalar(canary.where(TrailRow.lane == "canary")) or 0
        products = session.scalar(select(func.count(Item.name.distinct()))) or 0
    ledger.close()
    return saw, products


if __name__ == "__main__":
    sys.exit(main())
