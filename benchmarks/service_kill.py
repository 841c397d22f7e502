"""Whether anything is lost or done twice when the service is killed, again and again, under load.

``python benchmarks/service_kill.py --database postgresql --kills 20 --photos ../shared/photos``: two clients
submit without a pause, each batch with a key and until it is accepted; a third approves half of what is in
review. The process is killed by SIGKILL at random moments, one in four of them while it starts, and started
again. In the end everything that was accepted must have ended, exactly once. Exits 1 where it has not.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import httpx
from service_checks import Accepted, states, violations
from service_photos import photos
from service_process import Server, submit

_CLIENTS = 2
_MOST_IN_BATCH = 3
_PRODUCTS = 12
_SHOWN = 5
_SETTINGS = {"QUEUE_LIMIT": "40", "LEASE_SECONDS": "4", "WORKERS": "2"}


class Load:
    """Clients that submit and decide until they are told to stop."""

    def __init__(self, url: str, folder: Path | None) -> None:
        self.accepted: dict[str, Accepted] = {}
        self.failed: list[str] = []
        self._url = url
        self._photos = photos(folder)
        self._number = 0
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._guarded, args=(self._submit,)) for _ in range(_CLIENTS)
        ]
        self._threads.append(threading.Thread(target=self._guarded, args=(self._approve,)))

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish what was begun: a batch that was sent is sent until it is accepted."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _guarded(self, work) -> None:  # noqa: ANN001
        try:
            with httpx.Client(base_url=self._url, timeout=20) as client:
                work(client)
        except Exception as error:  # noqa: BLE001 - reported as a violation
            self.failed.append(repr(error))

    def _submit(self, client: httpx.Client) -> None:
        while not self._stop.is_set():
            with self._lock:
                self._number += 1
                key, count = f"key-{self._number}", random.randint(1, _MOST_IN_BATCH)
                batch = [(f"{key}-{n}.jpg", data) for n, data in enumerate(islice(self._photos, count))]
            products = [
                {"name": photo, "product": f"SKU-{random.randrange(_PRODUCTS)}"} for photo, _ in batch
            ]
            fields = {"attested_by": "benchmark", "merchant": "acme", "photos": json.dumps(products)}
            name = submit(client, key, batch, fields)
            if random.random() < 0.2:  # as if the answer had got lost
                again = submit(client, key, batch, fields)
                if again != name:
                    self.failed.append(f"{key} was accepted as {name} and as {again}")
            assert name is not None
            self.accepted[key] = Accepted(name, tuple(photo for photo, _ in batch))

    def _approve(self, client: httpx.Client) -> None:
        while not self._stop.wait(0.2):
            try:
                found = client.get("/v1/jobs", params={"state": "needs_review", "limit": 500}).json()
                for job in found.get("jobs", []):
                    if int(job["name"].split("-")[1]) % 2:
                        client.post(f"/v1/jobs/{job['id']}/review", json={"action": "approve"})
            except (httpx.HTTPError, ValueError):
                continue


def main() -> int:
    """Do it and print what came of it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--photos", type=Path, help="folder that holds dev/; drawn photos by default")
    parser.add_argument("--seconds", type=float, default=5.0, help="longest time between two kills")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    random.seed(arguments.seed)
    with tempfile.TemporaryDirectory(prefix="packshot-kill-") as name:
        home = Path(name, "home")
        with database(arguments.database, home) as url:
            server = Server(home, {**_SETTINGS, "DATABASE_URL": url})
            load = Load(server.url, arguments.photos)
            took = _torture(server, load, arguments.kills, arguments.seconds)
            found = {"clients saw nothing wrong": load.failed, **violations(home, url, load.accepted)}
            ended = states(url)
    print(f"{arguments.database}, {arguments.kills} kills in {took:.0f} s; {len(load.accepted)} batches, "
          f"{ended.total()} photos: {dict(sorted(ended.items()))}")  # fmt: skip
    print(f"{'what must hold':40} violations")
    for rule, broken in found.items():
        print(f"{rule:40} {len(broken)}", *broken[:_SHOWN], sep="\n    " if broken else "")
    return int(any(found.values()))


def _torture(server: Server, load: Load, kills: int, longest: float) -> float:
    """Kill and start until it is enough, then let everything be finished; the seconds until the last kill."""
    server.home.parent.mkdir(parents=True, exist_ok=True)
    server.start()
    server.wait()
    load.start()
    began = time.monotonic()
    for number in range(kills):
        if number % 4 != 3:
            server.wait()
        time.sleep(random.uniform(0, longest))
        server.kill()
        server.start()
    took = time.monotonic() - began
    server.wait()
    load.stop()
    with httpx.Client(base_url=server.url, timeout=60) as client:
        while any(_waiting(client)):
            time.sleep(0.2)
    server.stop()
    return took


def _waiting(client: httpx.Client) -> Iterator[bool]:
    for state in ("accepted", "processing"):
        yield bool(client.get("/v1/jobs", params={"state": state, "limit": 1}).json()["jobs"])


@contextmanager
def database(kind: str, home: Path) -> Iterator[str]:
    """The URL of an empty database."""
    if kind == "sqlite":
        yield f"sqlite:///{home / 'ledger.db'}"
        return
    sys.path.append(str(Path(__file__).parents[1] / "tests" / "contracts" / "ledger"))
    from postgresql_server import running  # noqa: PLC0415 - needed for PostgreSQL only

    with running() as server, server.database() as url:
        yield url


if __name__ == "__main__":
    sys.exit(main())
