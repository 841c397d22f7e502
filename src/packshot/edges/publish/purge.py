"""Telling a CDN, by a hook of the shop's, what it must fetch anew."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import httpx

from packshot.errors import UsageError

SIGNATURE: Final = "packshot-signature"
"""Header: ``t=SECONDS,v1=HEX``, HMAC-SHA256 under the shared secret over ``SECONDS.BODY``."""

_ATTEMPTS, _FIRST_PAUSE_S, _TIMEOUT_S = 3, 0.2, 5.0
_LATER: Final = frozenset({408, 425, 429, *range(500, 600)})  # statuses after which another try can help


@dataclass(frozen=True, slots=True)
class Purge:
    """The hook: gets ``POST {"urls": [...]}``, signed, and answers 2xx.

    Attributes:
        url: its address.
        secret: shared with it.

    Raises:
        UsageError: the address is none, or there is no secret.
    """

    url: str
    secret: str = field(repr=False)

    def __post_init__(self) -> None:
        try:
            address = httpx.URL(self.url)
        except httpx.InvalidURL as error:
            raise UsageError(detail=f"The purge hook's address is no URL: {error}.") from error
        if address.scheme not in ("http", "https") or not address.host:
            raise UsageError(detail="The purge hook's address must begin with https:// or http://.")
        if not self.secret:
            raise UsageError(detail="The purge hook needs a secret: without one, anybody could call it.")

    def send(self, urls: Sequence[str]) -> str | None:
        """Purge ``urls``; what went wrong in the end, or None. Tries 3 times, for at most some 15 seconds."""
        body = json.dumps({"urls": list(urls)}).encode()
        problem = ""
        with httpx.Client(timeout=_TIMEOUT_S) as client:
            for attempt in range(_ATTEMPTS):
                if attempt:
                    time.sleep(_FIRST_PAUSE_S * 2 ** (attempt - 1))
                try:
                    response = client.post(self.url, content=body, headers=self._headers(body))
                except httpx.HTTPError as error:
                    problem = f"the purge hook cannot be reached: {error or type(error).__name__}"
                    continue
                if response.is_success:
                    return None
                problem = f"the purge hook answered {response.status_code}"
                if response.status_code not in _LATER:
                    break
        return problem

    def _headers(self, body: bytes) -> dict[str, str]:
        now = int(time.time())
        signature = hmac.new(self.secret.encode(), f"{now}.".encode() + body, hashlib.sha256).hexdigest()
        return {"content-type": "application/json", SIGNATURE: f"t={now},v1={signature}"}
