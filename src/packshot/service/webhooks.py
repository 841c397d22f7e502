"""Telling the owners of batches: signed, retried, at least once."""

from __future__ import annotations

import hashlib
import hmac
import threading
import time

import structlog
from sqlalchemy import select

from packshot.errors import PackshotError
from packshot.ledger.tables import Delivery
from packshot.service.context import Context

_WAITS = (5, 30, 120, 600, 3600, 14_400, 43_200)
"""Seconds between attempts; after the last the message is given up, and stays in the ledger."""
_LOOK_SECONDS = 1.0
_SENDERS = 4
_HOLD_SECONDS = 60.0
"""While one process sends a message no other tries; longer than a request may take."""

_log = structlog.get_logger(__name__)


def signature(secret: str, body: bytes, at: int) -> str:
    """The header ``packshot-signature``: ``t=SECONDS,v1=HEX`` with HMAC-SHA256 over ``SECONDS.BODY``.

    The receiver computes it anew over the raw body and refuses what is older than a few minutes.
    """
    signed = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256)
    return f"t={at},v1={signed.hexdigest()}"


class Messenger:
    """Threads that deliver what is due until they are stopped; a few, so that a slow receiver delays few."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, name=f"packshot-webhooks-{number}")
            for number in range(_SENDERS)
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish the messages in flight, then return."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                if not self.deliver_one():
                    self._stop.wait(_LOOK_SECONDS)
            except Exception:  # the next message may fare better
                _log.exception("webhook.failed")
                self._stop.wait(_LOOK_SECONDS)

    def deliver_one(self) -> bool:
        """Try the next message that is due; False when none is."""
        now = time.time()
        due = select(Delivery).where(Delivery.next_at <= now).order_by(Delivery.next_at).limit(1)
        with self._context.ledger.reading() as session:  # holds up no writer while there is nothing to do
            if session.scalar(due) is None:
                return False
        with self._context.ledger.transaction() as session:
            message = session.scalar(due.with_for_update(skip_locked=True))
            if message is None:
                return False
            message.next_at, message.attempts = now + _HOLD_SECONDS, message.attempts + 1
        error = self._send(message)
        with self._context.ledger.transaction() as session:
            row = session.get_one(Delivery, message.id)
            row.error = error
            if error is None:
                row.delivered_at, row.next_at = time.time(), None
            elif row.attempts > len(_WAITS):
                row.next_at = None
                _log.warning("webhook.given_up", delivery=row.id, error=error)
            else:
                row.next_at = time.time() + _WAITS[row.attempts - 1]
        return True

    def _send(self, message: Delivery) -> str | None:
        """What went wrong; None when it has arrived."""
        secret = self._context.settings.webhook_secret
        if not secret:
            return "PACKSHOT_WEBHOOK_SECRET is not set any more"
        body = message.body.encode()
        headers = {
            "content-type": "application/json",
            "packshot-event": message.id,
            "packshot-signature": signature(secret, body, int(time.time())),
        }
        try:
            self._context.fetcher.post(message.url, body, headers)
        except PackshotError as error:
            return str(error)
        return None
