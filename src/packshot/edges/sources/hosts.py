"""The list of hosts that may be asked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import httpx

from packshot.edges.sources.urls import host_of, port_of
from packshot.errors import UsageError

_ENTRY = re.compile(
    r"(?P<below>\*\.)?(?P<host>\[[0-9A-Fa-f:.]+\]|[^\[\]:/?#@*\\\s]+)(?::(?P<port>[0-9]{1,5}))?"
)


@dataclass(frozen=True, slots=True)
class HostRule:
    """One entry of the list.

    Attributes:
        host: as :func:`packshot.edges.sources.urls.host_of` gives it.
        below: the sub-domains of ``host`` are meant, not ``host`` itself.
        port: the only port; None for the scheme's own, 80 or 443.
    """

    host: str
    below: bool
    port: int | None

    def admits(self, url: httpx.URL) -> bool:
        """Whether ``url`` is on a host and port of this entry."""
        host = host_of(url)
        fits = host.endswith(f".{self.host}") if self.below else host == self.host
        own = 443 if url.scheme == "https" else 80
        return fits and port_of(url) == (own if self.port is None else self.port)


def host_rules(entries: Sequence[str]) -> tuple[HostRule, ...]:
    """``host``, ``*.example.com`` for all its sub-domains, each with ``:port`` where it is not the usual one.

    Raises:
        UsageError: an entry is none of these.
    """
    return tuple(_rule(entry) for entry in entries)


def _rule(entry: str) -> HostRule:
    match = _ENTRY.fullmatch(entry)
    port = int(match["port"]) if match and match["port"] else None
    try:
        if match and (port is None or 0 < port < 2**16):
            return HostRule(host_of(httpx.URL(f"http://{match['host']}/")), bool(match["below"]), port)
    except (httpx.InvalidURL, ValueError) as error:
        raise UsageError(detail=_refused(entry)) from error
    raise UsageError(detail=_refused(entry))


def _refused(entry: str) -> str:
    return f"{entry!r} is no host. Write shop.example, *.shop.example or shop.example:8443, without https://."
