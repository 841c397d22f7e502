"""A real ``packshot serve``, started, killed and looked at from outside; a client that does not give up."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Event

import httpx

_READY_SECONDS = 120.0
_STOP_SECONDS = 120.0
_LONGEST_PAUSE = 2.0
_LATER = frozenset({429, 503})


class Server:
    """``packshot serve`` as a process of its own.

    Args:
        home: its folder; its log goes to ``serve.log`` beside it.
        settings: further settings by the names of their variables, without ``PACKSHOT_``.
    """

    def __init__(self, home: Path, settings: Mapping[str, str]) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.home = home
        self.log = home.with_name("serve.log")
        own = {f"PACKSHOT_{name}": value for name, value in settings.items()}
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("PACKSHOT_")},
            **own,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; it is not ready yet."""
        command = [sys.executable, "-m", "packshot", "serve", "--home", str(self.home)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--port", str(self.port)], env=self._environment, stdout=log, stderr=log
            )

    def wait(self) -> None:
        """Return once it is ready.

        Raises:
            RuntimeError: it ended, or was not ready in time.
        """
        until = time.monotonic() + _READY_SECONDS
        while time.monotonic() < until:
            if self.process.poll() is not None:
                break
            try:
                if httpx.get(f"{self.url}/readyz", timeout=5).is_success:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.05)
        said = self.log.read_text(encoding="utf-8", errors="replace")[-2000:]
        raise RuntimeError(f"packshot serve did not get ready: {said}")

    def kill(self) -> None:
        """SIGKILL: it gets to do nothing more."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM; the exit status after it has finished what it does."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(_STOP_SECONDS)

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The process that was started last."""
        assert self._process is not None
        return self._process

    def peak_memory(self) -> int:
        """The most memory (bytes) that the process has held so far."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024


def submit(
    client: httpx.Client,
    key: str,
    photos: Sequence[tuple[str, bytes]],
    fields: Mapping[str, str],
    *,
    stop: Event | None = None,
    answers: list[httpx.Response] | None = None,
) -> str | None:
    """Submit a batch until it is accepted, with the same key; its name, None when ``stop`` was set before.

    Args:
        client: its base URL is the service's.
        key: the batch's ``Idempotency-Key``.
        photos: names and bytes.
        fields: of the form, beside the files.
        stop: gives up when it is set.
        answers: every answer is added to it.

    Raises:
        RuntimeError: the service answers what is neither acceptance nor 'later'.
    """
    files = [("files", (name, data, "image/jpeg")) for name, data in photos]
    while stop is None or not stop.is_set():
        try:
            answer = client.post(
                "/v1/batches", files=files, data=dict(fields), headers={"idempotency-key": key}
            )
        except httpx.HTTPError:
            time.sleep(random.uniform(0.02, 0.2))
            continue
        if answers is not None:
            answers.append(answer)
        if answer.status_code == 202:
            accepted: str = answer.json()["id"]
            return accepted
        if answer.status_code not in _LATER:
            raise RuntimeError(f"{answer.status_code}: {answer.text}")
        asked = float(answer.headers["retry-after"])
        time.sleep(random.uniform(0.5, 1.0) * min(asked, _LONGEST_PAUSE))
    return None
