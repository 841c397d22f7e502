"""Sessions of people: a signed cookie that holds the id of their key, never its secret."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from packshot.edges.secret_file import create_secret
from packshot.ledger.tables import ApiKey
from packshot.service.context import Context
from packshot.web.auth import Actor
from packshot.web.review.errors import SessionKeyError

COOKIE = "packshot_session"
LASTS_SECONDS = 12 * 3600

KEY_FILE = "session.key"
_KEY_BYTES = 32
_OTHERS = 0o077  # permission bits of everybody but the owner
_VALUE = re.compile(r"(key_[0-9a-f]{1,64})\.([0-9]{1,12})\.([0-9a-f]{32})\.([0-9a-f]{64})")
_KEPT_SECONDS = 5.0
"""How long a key that was found is not looked up again: a revoked one works so much longer."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs with one secret; ``purpose`` keeps what is signed for one thing from passing for another."""

    key: bytes

    def sign(self, purpose: str, text: str) -> str:
        """64 hexadecimal digits."""
        return hmac.new(self.key, f"{purpose}\0{text}".encode(), hashlib.sha256).hexdigest()

    def holds(self, purpose: str, text: str, signature: str) -> bool:
        """Whether ``signature`` is that of ``text``."""
        return hmac.compare_digest(self.sign(purpose, text).encode(), signature.encode(errors="replace"))


class Sessions:
    """Opens sessions and finds whose they are. Thread-safe.

    Args:
        context: where keys are found.
        signer: signs the cookies.
        clock: seconds since 1970.
    """

    def __init__(self, context: Context, signer: Signer, clock: Callable[[], float] = time.time) -> None:
        self._context = context
        self._signer = signer
        self._clock = clock
        self._lock = Lock()
        self._kept: dict[str, tuple[float, Actor | None]] = {}

    def open(self, key_id: str) -> str:
        """The value of the cookie of a new session of the holder of a key."""
        text = f"{key_id}.{int(self._clock()) + LASTS_SECONDS}.{secrets.token_hex(16)}"
        return f"{text}.{self._signer.sign('session', text)}"

    def actor(self, value: str) -> Actor | None:
        """Whose session that is; None when it is over, forged, or its key is not valid any more."""
        parts = _VALUE.fullmatch(value)
        if parts is None:
            return None
        key_id, until, _, signature = parts.groups()
        if not self._signer.holds("session", value.rpartition(".")[0], signature):
            return None
        return self._by_id(key_id) if int(until) > self._clock() else None

    def token(self, session: str) -> str:
        """What a form of this session must carry, so that no other site can send it."""
        return self._signer.sign("form", session)

    def is_token(self, session: str, token: str) -> bool:
        """Whether ``token`` is that of ``session``."""
        return self._signer.holds("form", session, token)

    def _by_id(self, key_id: str) -> Actor | None:
        now = self._clock()
        with self._lock:
            until, actor = self._kept.get(key_id, (0.0, None))
            if now < until:
                return actor
        with self._context.ledger.reading() as session:
            row = session.get(ApiKey, key_id)
        valid = (
            row is not None and row.revoked_at is None and (row.expires_at is None or row.expires_at > now)
        )
        actor = Actor(row.name, frozenset(row.scopes), row.per_minute) if row is not None and valid else None
        with self._lock:
            if len(self._kept) > 1000:
                self._kept.clear()
            self._kept[key_id] = now + _KEPT_SECONDS, actor
        return actor


def load_or_create(folder: Path) -> Signer:
    """The key in ``folder`` that signs sessions, made when there is none.

    Without it all sessions end, and nothing else: it needs no backup.

    Raises:
        SessionKeyError: it cannot be read or written, or others can read it.
    """
    path = folder / KEY_FILE
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            create_secret(path, secrets.token_bytes(_KEY_BYTES))
        with path.open("rb") as file:
            mode, key = os.fstat(file.fileno()).st_mode, file.read(_KEY_BYTES + 1)
    except OSError as error:
        raise SessionKeyError(path=path, detail=f"{error.strerror}.") from error
    if mode & _OTHERS:
        detail = f"others than its owner have access to it. Remove {path} for a new one; all sessions end."
        raise SessionKeyError(path=path, detail=detail)
    if len(key) != _KEY_BYTES:
        raise SessionKeyError(path=path, detail="it has not 32 bytes. Remove it for a new one.")
    return Signer(key)
