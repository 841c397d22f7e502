"""What HTTP costs: direct requests against the same work as a call of the library.

``python benchmarks/service_overhead.py --photos ../shared/photos``: each photo is sent to ``/remove-text`` or
``/upscale`` over loopback and given to the library in this process, in turns, one at a time, after both have
been warmed up. The overhead is the median of the ratios of both times, pair by pair.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from itertools import islice
from pathlib import Path

import cv2
import httpx
import numpy as np
from PIL import Image
from service_photos import photos
from service_process import Server

from packshot.executors.door import Door
from packshot.executors.outputs import Outputs
from packshot.executors.treatment import Input, Treatment
from packshot.pipeline import Pipeline

_WARM = 2
_SIDES = {"remove-text": 1000, "upscale": 400}
_STAGES: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "remove-text": ("erase_text", {"hint": "all"}),
    "upscale": ("upscale", {"scale": 4}),
}


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=Path, help="folder that holds dev/; drawn photos by default")
    parser.add_argument("--count", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=3, help="pairs of each photo")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)  # as in the service
    with tempfile.TemporaryDirectory(prefix="packshot-overhead-") as name:
        server = Server(Path(name, "home"), {})
        server.start()
        server.wait()
        print(f"{'':12} photos {'library p50':>12} {'p95':>8} {'HTTP p50':>10} {'p95':>8} {'overhead':>9}")
        with httpx.Client(base_url=server.url, timeout=600) as client:
            for endpoint, side in _SIDES.items():
                chosen = list(islice(photos(arguments.photos, side=side), arguments.count))
                _compare(client, endpoint, chosen, arguments.rounds)
        server.stop()


def _compare(client: httpx.Client, endpoint: str, chosen: Sequence[bytes], rounds: int) -> None:
    stage, options = _STAGES[endpoint]
    treatment = Treatment(Pipeline(Door(stage, options).recipe), Outputs(Path()))

    def library(photo: bytes) -> bytes:
        return treatment.apply(Input(photo, "photo.jpg", "photo")).files[0].data

    def direct(photo: bytes) -> bytes:
        answer = client.post(f"/{endpoint}", files={"file": ("photo.jpg", photo, "image/jpeg")})
        answer.raise_for_status()
        return answer.content

    for photo in chosen[:_WARM]:
        if not _alike(library(photo), direct(photo)):
            raise SystemExit(f"/{endpoint} gives another photo than the library")
    times = np.array([_pair(library, direct, photo, turn) for turn in range(rounds) for photo in chosen])
    overhead = statistics.median(times[:, 1] / times[:, 0]) - 1
    figures = [np.percentile(times[:, which], share) * 1000 for which in (0, 1) for share in (50, 95)]
    print(f"{endpoint:12} {len(chosen):6}" + "{:12.0f} {:8.0f} {:10.0f} {:8.0f}".format(*figures), end="")
    print(f" {overhead:8.1%}")


def _pair(
    library: Callable[[bytes], bytes], direct: Callable[[bytes], bytes], photo: bytes, turn: int
) -> tuple[float, float]:
    """Seconds of the library and of HTTP; whose turn comes first changes."""
    took = [0.0, 0.0]
    for which in (0, 1) if turn % 2 else (1, 0):
        began = time.perf_counter()
        (library, direct)[which](photo)
        took[which] = time.perf_counter() - began
    return took[0], took[1]


def _alike(one: bytes, other: bytes) -> bool:
    """Whether two files hold the same pixels; their metadata have the time in them."""
    first, second = (np.asarray(Image.open(BytesIO(data))) for data in (one, other))
    return first.shape == second.shape and bool((first == second).all())


if __name__ == "__main__":
    main()
