"""Fetching from the web without being sent anywhere else (server-side request forgery, CWE-918).

A host must be on the list of the allowed; its name is resolved once, all its addresses are checked, and the
connection goes to a checked address while TLS still verifies the name. Every redirect starts over.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar
from urllib.parse import urljoin

import httpx

from packshot.edges.sources.addresses import Address, networks, refusal
from packshot.edges.sources.body import read_body
from packshot.edges.sources.errors import FetchFailedError, FetchInterruptedError, UrlRefusedError
from packshot.edges.sources.hosts import host_rules
from packshot.edges.sources.resolve import resolve
from packshot.edges.sources.urls import host_of, parse_url, port_of, shown

_REDIRECTS = 5
_MOVED = frozenset({301, 302, 303, 307, 308})
_LATER = frozenset({408, 425, 429})
_HEADERS = {"User-Agent": "packshot", "Accept": "*/*", "Accept-Encoding": "gzip"}

_T = TypeVar("_T")


class Fetcher:
    """Gets and posts over http and https, to allowed hosts only. Thread-safe; not for use in an event loop.

    Proxies of the environment are not used. Certificates come from ``SSL_CERT_FILE`` or ``SSL_CERT_DIR``
    where these are set.

    Args:
        allow: hosts, see :func:`packshot.edges.sources.hosts.host_rules`; none by default means none at all.
        limit_bytes: of a body, as sent and as decoded.
        timeout_seconds: for all of a call: names, connections, redirects and body.
        allow_networks: private networks that allowed hosts may lie in, see
            :func:`packshot.edges.sources.addresses.networks`.

    Raises:
        UsageError: an entry of ``allow`` or ``allow_networks`` cannot be read.
    """

    def __init__(
        self,
        allow: Sequence[str],
        limit_bytes: int,
        timeout_seconds: float,
        allow_networks: Sequence[str] = (),
    ) -> None:
        self._rules = host_rules(allow)
        self._networks = networks(allow_networks)
        self._limit = limit_bytes
        self._seconds = timeout_seconds
        self._tls = httpx.create_ssl_context()

    def fetch(self, url: str) -> bytes:
        """What is at ``url``, after at most 5 redirects.

        Raises:
            UrlRefusedError: it, or where it leads, is not allowed.
            FetchTooLargeError: it has more bytes than the limit.
            FetchFailedError: it cannot be had, and trying again would not help.
            FetchInterruptedError: it cannot be had now.
        """
        return self._within(url, lambda: self._get(url))

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Send ``body`` to ``url``; any 2xx is success, a redirect is not followed.

        Raises:
            UrlRefusedError: it is not allowed.
            FetchFailedError: it is not accepted, and trying again would not help.
            FetchInterruptedError: it is not accepted now.
        """
        return self._within(url, lambda: self._post(url, body, headers))

    def _within(self, url: str, work: Callable[[], Awaitable[_T]]) -> _T:
        """``work`` within the time for a call, its failures in our words."""

        async def timed() -> _T:
            async with asyncio.timeout(self._seconds):
                return await work()

        try:
            return asyncio.run(timed())
        except (TimeoutError, httpx.TimeoutException) as error:
            detail = f"it took longer than {self._seconds:g} seconds"
            raise FetchInterruptedError(url=shown(url), detail=detail) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            if _is_untrusted(error):
                detail = "its certificate is not valid for that name. Correct it, or set SSL_CERT_FILE"
                raise FetchFailedError(url=shown(url), detail=detail) from error
            detail = f"the connection failed ({type(error).__name__})"
            raise FetchInterruptedError(url=shown(url), detail=detail) from error

    async def _get(self, text: str) -> bytes:
        url = self._checked(text)
        for _ in range(_REDIRECTS + 1):
            async with self._answered("GET", url, _HEADERS) as response:
                if response.status_code not in _MOVED:
                    _check_status(url, response.status_code, accepted=response.status_code == 200)
                    return await read_body(url, response, self._limit)
                following = _next_url(url, response)
            moved = self._checked(following)
            if url.scheme == "https" and moved.scheme == "http":
                raise UrlRefusedError(url=shown(text), detail="it redirects from https to http")
            url = moved
        raise FetchFailedError(url=shown(text), detail=f"it redirects more than {_REDIRECTS} times")

    async def _post(self, text: str, body: bytes, headers: Mapping[str, str]) -> None:
        url = self._checked(text)
        async with self._answered("POST", url, {**_HEADERS, **headers}, body) as response:
            if response.status_code in _MOVED:
                raise FetchFailedError(url=shown(text), detail="it redirects; give the final address")
            _check_status(url, response.status_code, accepted=response.is_success)

    def _checked(self, text: str) -> httpx.URL:
        url = parse_url(text)
        if not any(rule.admits(url) for rule in self._rules):
            detail = f"{host_of(url)}:{port_of(url)} is not among the allowed hosts"
            raise UrlRefusedError(url=shown(text), detail=detail)
        return url

    @asynccontextmanager
    async def _answered(
        self, method: str, url: httpx.URL, headers: Mapping[str, str], body: bytes | None = None
    ) -> AsyncIterator[httpx.Response]:
        """The response to one request, its body not yet read.

        A client of its own for each hop: neither cookies nor connections are carried from host to host.
        """
        addresses = await self._addresses(url)
        # Where one of several addresses is silent, the others still get their share of the time.
        timeout = httpx.Timeout(None, connect=self._seconds / len(addresses))
        async with httpx.AsyncClient(verify=self._tls, trust_env=False, timeout=timeout) as client:
            for address in addresses:
                request = client.build_request(
                    method,
                    url.copy_with(host=str(address), fragment=None),
                    headers={**headers, "Host": url.netloc.decode("ascii")},
                    content=body,
                    extensions={"sni_hostname": host_of(url)},
                )
                try:
                    response = await client.send(request, stream=True, follow_redirects=False)
                except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                    if address == addresses[-1] or _is_untrusted(error):
                        raise
                    continue
                try:
                    yield response
                finally:
                    await response.aclose()
                return

    async def _addresses(self, url: httpx.URL) -> tuple[Address, ...]:
        """The addresses of a host, every one of them allowed."""
        try:
            found = await resolve(host_of(url), port_of(url))
        except (OSError, ValueError) as error:
            if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:
                detail = "the name cannot be resolved now"
                raise FetchInterruptedError(url=shown(str(url)), detail=detail) from error
            detail = "the name has no address. Check its spelling"
            raise FetchFailedError(url=shown(str(url)), detail=detail) from error
        for address in found:
            if (kind := refusal(address, self._networks)) is not None:
                detail = f"{host_of(url)} has the {kind} address {address}, in no allowed network"
                raise UrlRefusedError(url=shown(str(url)), detail=detail)
        return found


def _next_url(url: httpx.URL, response: httpx.Response) -> str:
    location: str | None = response.headers.get("location")
    try:
        if location:
            return urljoin(str(url), location)
    except ValueError as error:
        raise FetchFailedError(url=shown(str(url)), detail="it redirects to no URL") from error
    raise FetchFailedError(url=shown(str(url)), detail="it redirects to nowhere")


def _check_status(url: httpx.URL, status: int, *, accepted: bool) -> None:
    if accepted:
        return
    if status >= 500 or status in _LATER:
        raise FetchInterruptedError(url=shown(str(url)), detail=f"the server answers {status}")
    detail = f"the server answers {status}. Check that the address is right and open to packshot"
    raise FetchFailedError(url=shown(str(url)), detail=detail)


def _is_untrusted(error: BaseException | None) -> bool:
    """Whether a certificate that does not verify is behind ``error``."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False
