"""The workers: take an item, treat it, write it down, publish. Where one is killed, another goes on."""

from __future__ import annotations

import os
import socket
import threading
import time
from contextlib import suppress

import cv2
import structlog

from packshot.edges.publish import ManifestConflictError
from packshot.edges.storage import StorageError, StorageRefusedError, UnconditionalStorageError
from packshot.errors import OutputError, PackshotError, WeightsError
from packshot.ledger import idempotency, queue
from packshot.ledger.errors import LostLeaseError
from packshot.ledger.identity import new_id
from packshot.ledger.queue import Lease
from packshot.ledger.tables import Item, State
from packshot.service import endings, process, publishing
from packshot.service.context import Context

_LOOK_SECONDS = 1.0
"""Between two looks for other processes' work."""
_REST_SECONDS = 5.0
"""After a defect of the machine, such as a full disk, before the next attempt."""

_TIDY_SECONDS = 3600.0
_PUT_OFF_SECONDS = 15.0
"""Before a photo is tried again that met such a defect."""
_WAITS = (5.0, 30.0, 120.0, 600.0)
"""After each attempt at a photo whose own source does not answer."""
_OF_THE_MACHINE = (
    StorageError,
    StorageRefusedError,
    UnconditionalStorageError,
    ManifestConflictError,
    OutputError,
    WeightsError,
)
"""What no photo is to blame for: such an attempt does not count, and the next photo would fare no better."""

_log = structlog.get_logger(__name__)


class Workers:
    """Threads that work off the queue until they are stopped."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._stop = threading.Event()
        self._flying: dict[str, Lease] = {}
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._work, name=f"packshot-worker-{number}")
            for number in range(context.settings.workers)
        ]
        self._threads.append(threading.Thread(target=self._beat, name="packshot-heartbeat"))

    def start(self) -> None:
        """Begin. Where this is the only process, what a dead one held is free again at once."""
        cv2.setNumThreads(1)  # parallel by photo: threads inside one photo would only compete
        if self._context.settings.embedded:
            with self._context.ledger.transaction() as session:
                queue.free_all(session)
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish what is in flight, then return."""
        self._stop.set()
        self._context.bell.ring()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        owner = f"{socket.gethostname()}-{os.getpid()}-{new_id('w')}"
        lease = Lease(owner, self._context.settings.lease_seconds)
        while not self._stop.is_set():
            rung = self._context.bell.count()
            try:
                busy = self.move_one(lease)
            except Exception:
                # The machine's fault, not the photo's: it is tried again when its lease has run out.
                _log.exception("worker.failed")
                self._stop.wait(_REST_SECONDS)
                continue
            if not busy:
                self._context.bell.wait(rung, _LOOK_SECONDS)

    def move_one(self, lease: Lease) -> bool:
        """Move one item on; False when there is none."""
        with self._context.ledger.transaction() as session:
            item = queue.claim(session, lease)
        if item is None:
            return False
        with self._lock:
            self._flying[item.id] = lease
        started = time.perf_counter()
        try:
            with suppress(LostLeaseError):  # another worker has it: what was done here is of no consequence
                state = self._move_on(item, lease)
                _log.info("job.moved", job=item.id, batch=item.batch_id, state=state.value,
                          seconds=round(time.perf_counter() - started, 3))  # fmt: skip
        finally:
            with self._lock:
                self._flying.pop(item.id, None)
        return True

    def _move_on(self, item: Item, lease: Lease) -> State:
        context = self._context
        if item.attempts > context.settings.attempts:
            return endings.give_up(context, item, lease)
        state = State(item.state)
        try:
            if state is State.PROCESSING:
                state = process.process(context, item, lease)
            if state is State.PUBLISHING:
                state = publishing.publish_item(context, item.id, lease)
        except LostLeaseError:
            raise
        except _OF_THE_MACHINE as error:
            endings.put_off(context, item, lease, error, _PUT_OFF_SECONDS, counted=False)
            raise
        except PackshotError as error:
            if not error.retryable or item.attempts == context.settings.attempts:
                return endings.put_aside(context, item, lease, error)
            wait = _WAITS[min(item.attempts, len(_WAITS)) - 1]
            state = endings.put_off(context, item, lease, error, wait, counted=True)
        return state

    def _beat(self) -> None:
        tidied = time.monotonic()
        while not self._stop.wait(self._context.settings.lease_seconds / 4):
            self._hold()
            if time.monotonic() - tidied > _TIDY_SECONDS:
                tidied = time.monotonic()
                self._tidy()
        while any(thread.is_alive() for thread in self._threads[:-1]):
            self._hold()
            time.sleep(min(0.2, self._context.settings.lease_seconds / 4))

    def _hold(self) -> None:
        with self._lock:
            flying = dict(self._flying)
        try:
            for item, lease in flying.items():
                with self._context.ledger.transaction() as session:
                    queue.heartbeat(session, lease, [item])
        except Exception:
            _log.exception("heartbeat.failed")

    def _tidy(self) -> None:
        try:
            with self._context.ledger.transaction() as session:
                idempotency.forget_old(session)
        except Exception:
            _log.exception("tidying.failed")
