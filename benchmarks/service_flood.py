"""Far more photos at once than the queue may hold.

``python benchmarks/service_flood.py --photos ../shared/photos``: 1,000 photos in batches of five from 24
clients against a queue of 200. Every answer must be 202, or 429 with ``Retry-After``; the queue must never
hold more than it may, and in the end every photo must have ended. Exits 1 where one of these does not hold.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import httpx
from service_checks import Accepted, states, violations
from service_photos import photos
from service_process import Server, submit

from packshot.ledger import queue
from packshot.ledger.database import Ledger

_SAMPLE_SECONDS = 0.02
_MIB = 2**20


class Gauge:
    """Looks at the queue all the time: the most photos that it held."""

    def __init__(self, url: str) -> None:
        self.most = self.samples = 0
        self._ledger = Ledger(url)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()
        self._thread.join()
        self._ledger.close()

    def waits(self) -> bool:
        """Whether a photo waits, or is being treated."""
        with self._ledger.reading() as session:
            return bool(queue.waiting(session))

    def _look(self) -> None:
        while not self._stop.wait(_SAMPLE_SECONDS):
            with self._ledger.reading() as session:
                self.most = max(self.most, queue.waiting(session))
            self.samples += 1


def main() -> int:
    """Do it and print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--limit", type=int, default=200)
    parser.add_argument("--clients", type=int, default=24)
    parser.add_argument("--in-batch", type=int, default=5)
    parser.add_argument("--photos", type=Path, help="folder that holds dev/; drawn photos by default")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="packshot-flood-") as name:
        home = Path(name, "home")
        home.mkdir()
        url = f"sqlite:///{home / 'ledger.db'}"
        server = Server(home, {"QUEUE_LIMIT": str(arguments.limit), "DATABASE_URL": url})
        server.start()
        server.wait()
        before = server.peak_memory()
        gauge = Gauge(url)
        began = time.monotonic()
        answers, accepted = _flood(server.url, arguments)
        submitted = time.monotonic() - began
        while gauge.waits():
            time.sleep(0.1)
        took, after = time.monotonic() - began, server.peak_memory()
        gauge.stop()
        server.stop()
        found = violations(home, url, accepted)
        ended = states(url)
    kinds = Counter(answer.status_code for answer in answers)
    found["nothing but 202 and 429"] = [str(kinds)] if kinds.keys() - {202, 429} else []
    silent = [answer.text for answer in answers if answer.status_code == 429 and not _says_when(answer)]
    found["each 429 says when to come again"] = silent
    found["the queue's bound"] = [f"{gauge.most} waited"] if gauge.most > arguments.limit else []
    print(f"{arguments.count} photos from {arguments.clients} clients, at most {arguments.limit} may wait")
    print(f"answers {dict(kinds)}; all accepted after {submitted:.0f} s, done after {took:.0f} s")
    print(f"{ended.total() / took * 3600:,.0f} photos an hour: {dict(sorted(ended.items()))}")
    print(f"most that waited, of {gauge.samples} looks: {gauge.most}")
    print(f"peak memory {before / _MIB:,.0f} MiB when ready, {after / _MIB:,.0f} MiB at the end")
    for rule, broken in found.items():
        print(f"{rule:40} {len(broken)}", *broken[:5], sep="\n    " if broken else "")
    return int(any(found.values()))


def _flood(url: str, arguments: argparse.Namespace) -> tuple[list[httpx.Response], dict[str, Accepted]]:
    """All answers, and what was accepted."""
    source, lock = islice(photos(arguments.photos), arguments.count), threading.Lock()
    numbered = enumerate(_batches(source, arguments.in_batch))
    answers: list[httpx.Response] = []
    accepted: dict[str, Accepted] = {}

    def send(_client: int) -> None:
        with httpx.Client(base_url=url, timeout=120) as client:
            while True:
                with lock:
                    drawn = next(numbered, None)
                if drawn is None:
                    return
                key = f"key-{drawn[0]}"
                batch = [(f"{key}-{n}.jpg", data) for n, data in enumerate(drawn[1])]
                name = submit(client, key, batch, {"attested_by": "benchmark"}, answers=answers)
                assert name is not None
                accepted[key] = Accepted(name, tuple(photo for photo, _ in batch))

    with ThreadPoolExecutor(arguments.clients) as pool:
        list(pool.map(send, range(arguments.clients)))
    return answers, accepted


def _batches(source: Iterator[bytes], size: int) -> Iterator[list[bytes]]:
    while batch := list(islice(source, size)):
        yield batch


def _says_when(answer: httpx.Response) -> bool:
    return answer.headers.get("retry-after", "").isdigit()


if __name__ == "__main__":
    sys.exit(main())
