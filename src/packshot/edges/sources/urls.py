"""Addresses on the web: read once, by the same reader that connects, so that no two readers can disagree."""

from __future__ import annotations

import re

import httpx

from packshot.edges.sources.errors import UrlRefusedError

LONGEST = 2048
"""Characters of a URL at most."""

_FORBIDDEN = re.compile(r'[\s\\"<>]')
_SCHEMES = ("http", "https")


def parse_url(text: str) -> httpx.URL:
    """``text`` as an absolute http or https URL without user name or password.

    Raises:
        UrlRefusedError: it is none; ``facts['detail']`` says why.
    """
    if len(text) > LONGEST:
        raise UrlRefusedError(url=shown(text), detail=f"it has more than {LONGEST} characters")
    if not text.isprintable() or _FORBIDDEN.search(text) or "\ufffd" in text:
        detail = "it holds a character that URLs do not have; write it percent-encoded, a space as %20"
        raise UrlRefusedError(url=shown(text), detail=detail)
    try:
        url = httpx.URL(text)
        usable = url.scheme in _SCHEMES and bool(url.host) and 0 < port_of(url) < 2**16
    except (httpx.InvalidURL, ValueError) as error:
        raise UrlRefusedError(url=shown(text), detail="it is not a well-formed URL") from error
    if not usable:
        raise UrlRefusedError(url=shown(text), detail="it is no http:// or https:// address of a host")
    if "@" in re.split("[/?#]", text.split("://", 1)[1], maxsplit=1)[0]:
        raise UrlRefusedError(url=shown(text), detail="it holds a user name; give it without")
    return url


def port_of(url: httpx.URL) -> int:
    """The port that ``url`` means, its scheme's own where it names none."""
    if url.port is not None:
        return url.port
    return 443 if url.scheme == "https" else 80


def host_of(url: httpx.URL) -> str:
    """The host as names are compared: lower case, IDNA, no dot at the end, no brackets."""
    return url.raw_host.decode("ascii").lower().removesuffix(".")


def shown(text: str) -> str:
    """``text`` for messages and logs: without query (it may hold a token) and user name, cut, escaped."""
    plain = re.sub(r"//[^/?#]*@", "//", re.split("[?#]", text, maxsplit=1)[0])
    return ascii(plain[:200])[1:-1]
