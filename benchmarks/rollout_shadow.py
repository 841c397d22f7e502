"""What a shadow costs the live lane on a machine that is busy with live photos.

``python benchmarks/rollout_shadow.py --photos ../shared/photos``: one ``packshot serve`` treats photos as
fast as it can. For equal stretches of time in turn (off, on, on, off, ...) a rollout is in its shadow phase
or not; what is compared is photos finished a second. Every photo is mirrored, to an upscaler of another
architecture. Exits 1 where the shadow costs more than 3 %.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
from service_photos import photos
from service_process import Server
from sqlalchemy import func, select

from packshot.ledger import queue
from packshot.ledger.database import Ledger
from packshot.ledger.rollout_tables import Comparing, Comparison
from packshot.ledger.tables import TrailRow

ALLOWED = 0.03
_BUSY = 8
"""Photos in the queue at least: the workers never wait."""
_FEW = 50
"""Photos that come again and again, so that stretches differ by nothing else."""
_PLAN = {
    "rollout": "shadowed",
    "candidate": {"backends": {"upscaler_x4_degraded": "waifu2x-span-x4", "upscaler_x4": "lanczos-x4"}},
    "phases": [{"kind": "shadow", "least": 1_000_000, "most": 1_000_000}],
    "interval": 5.0,
}


def main() -> int:
    """Do it and print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=Path, required=True, help="folder that holds dev/")
    parser.add_argument("--seconds", type=float, default=30.0, help="of one stretch")
    parser.add_argument("--rounds", type=int, default=4, help="of off, on, on, off")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="packshot-shadow-") as name:
        home = Path(name, "home")
        home.mkdir()
        server = Server(home, {})
        server.start()
        server.wait()
        ledger = Ledger(f"sqlite:///{home / 'ledger.db'}")
        stop = threading.Event()
        feeding = threading.Thread(target=_feed, args=(server, ledger, arguments.photos, stop))
        feeding.start()
        time.sleep(10)  # models are loaded
        rates = [
            (_stretch(server, ledger, on=False, seconds=arguments.seconds),
             *(_stretch(server, ledger, on=True, seconds=arguments.seconds) for _ in range(2)),
             _stretch(server, ledger, on=False, seconds=arguments.seconds))
            for _ in range(arguments.rounds)
        ]  # fmt: skip
        with ledger.reading() as session:
            done = session.scalar(
                select(func.count()).where(
                    Comparison.state == Comparing.DONE, Comparison.done_at.is_not(None)
                )
            )
        stop.set()
        feeding.join()
        ledger.close()
        server.stop()
    cost = [1 - (one[1] + one[2]) / (one[0] + one[3]) for one in rates]
    mean, error = (
        float(np.mean(cost)),
        float(np.std(cost, ddof=1) / len(cost) ** 0.5) if len(cost) > 1 else 0.0,
    )
    off, on = (np.mean([[one[a], one[b]] for one in rates]) * 3600 for a, b in ((0, 3), (1, 2)))
    print(f"off {off:,.0f} photos an hour, on {on:,.0f}; {done} comparisons were made meanwhile")
    print("cost in each round: " + ", ".join(f"{100 * one:+.1f} %" for one in cost))
    print(f"the shadow costs {100 * mean:+.1f} % (error {100 * error:.1f}); allowed {100 * ALLOWED:g} %")
    return int(mean > ALLOWED)


def _stretch(server: Server, ledger: Ledger, *, on: bool, seconds: float) -> float:
    """Photos finished a second while the shadow is on or off."""
    rollout = None
    if on:
        made = httpx.post(f"{server.url}/v1/rollouts", json=_PLAN, timeout=60)
        made.raise_for_status()
        rollout = made.json()["id"]
        time.sleep(1.5)  # the workers know
    before, began = _finished(ledger), time.perf_counter()
    time.sleep(seconds)
    rate = (_finished(ledger) - before) / (time.perf_counter() - began)
    if rollout is not None:
        httpx.post(f"{server.url}/v1/rollouts/{rollout}/abort", timeout=60).raise_for_status()
        time.sleep(1.5)
    return rate


def _finished(ledger: Ledger) -> int:
    with ledger.reading() as session:
        return session.scalar(select(func.count()).select_from(TrailRow)) or 0


def _feed(server: Server, ledger: Ledger, folder: Path, stop: threading.Event) -> None:
    source: Iterator[bytes] = photos(folder, few=_FEW)
    number = 0
    while not stop.is_set():
        with ledger.reading() as session:
            waits = queue.waiting(session)
        if waits >= _BUSY:
            time.sleep(0.1)
            continue
        number += 1
        files = [("files", (f"{number}-{one}.jpg", next(source))) for one in range(8)]
        httpx.post(f"{server.url}/v1/batches", files=files, timeout=60).raise_for_status()


if __name__ == "__main__":
    sys.exit(main())
