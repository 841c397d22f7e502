"""Submit photos to a running packshot and wait for what becomes of them: a typed client in one file.

python examples/client.py http://127.0.0.1:8000 photo.jpg [photo.jpg ...]
"""

from __future__ import annotations

import mimetypes
import sys
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx


@dataclass(frozen=True)
class Job:
    """One photo: its state is accepted, processing, done, failed, needs_review or skipped."""

    id: str
    name: str
    state: str
    reason: str | None


class Client:
    """The calls that a shop's system needs. ``key`` may be left out on the service's own machine."""

    def __init__(self, url: str, key: str | None = None) -> None:
        headers = {"authorization": f"Bearer {key}"} if key else {}
        self._http = httpx.Client(base_url=url, headers=headers, timeout=120)

    def submit(
        self, photos: list[Path], *, attested_by: str | None = None, merchant: str | None = None
    ) -> str:
        """Submit photos as one batch and return its id; waits while the queue is full."""
        fields = {"attested_by": attested_by, "merchant": merchant}
        once = {"idempotency-key": str(uuid.uuid4())}  # the same for every attempt: it is accepted once
        while True:
            answer = self._http.post(
                "/v1/batches",
                files=[("files", (p.name, p.read_bytes(), mimetypes.guess_type(p.name)[0])) for p in photos],
                data={name: value for name, value in fields.items() if value},
                headers=once,
            )
            if answer.status_code not in (429, 503):
                return str(self._checked(answer)["id"])
            time.sleep(int(answer.headers["retry-after"]))

    def jobs(self, batch: str) -> list[Job]:
        """All jobs of a batch."""
        found: list[Job] = []
        after: str | None = ""
        while after is not None:
            page = self._checked(self._http.get(f"/v1/batches/{batch}/jobs", params={"after": after}))
            found += [Job(j["id"], j["name"], j["state"], j["reason"]) for j in page["jobs"]]
            after = page["next"]
        return found

    def wait(self, batch: str, seconds: float = 600) -> list[Job]:
        """The jobs of a batch once workers have nothing more to do for it."""
        end = time.monotonic() + seconds
        while self._checked(self._http.get(f"/v1/batches/{batch}"))["finished_at"] is None:
            if time.monotonic() > end:
                raise TimeoutError(batch)
            time.sleep(0.5)
        return self.jobs(batch)

    def output(self, job: Job) -> bytes:
        """The file that a job came to."""
        answer = self._http.get(f"/v1/jobs/{job.id}/output")
        answer.raise_for_status()
        return answer.content

    @staticmethod
    def _checked(answer: httpx.Response) -> dict[str, Any]:
        body: dict[str, Any] = answer.json()
        if answer.is_error:
            raise RuntimeError(f"{body['code']}: {body['detail']} ({body['request_id']})")
        return body


def main() -> None:
    """Submit what the command line names and print what became of it."""
    url, *paths = sys.argv[1:]
    client = Client(url)
    batch = client.submit([Path(path) for path in paths])
    for job in client.wait(batch):
        print(f"{job.state:12} {job.name}  {job.reason or ''}")


if __name__ == "__main__":
    main()
