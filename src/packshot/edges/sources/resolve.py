"""From a host's name to its addresses, once, with a wait that can be given up."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import suppress
from ipaddress import ip_address

from packshot.edges.sources.addresses import Address


async def resolve(host: str, port: int) -> tuple[Address, ...]:
    """The addresses of ``host`` in the order to try them; ``host`` itself where it is an address.

    The system's resolver cannot be interrupted: it runs in a thread that nobody has to wait for.

    Raises:
        OSError: the name has no address, or none can be had now (``socket.EAI_AGAIN``).
        UnicodeError: it cannot be a name.
    """
    with suppress(ValueError):
        return (ip_address(host),)
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[tuple[Address, ...]] = loop.create_future()

    def settle(found: tuple[Address, ...] | Exception) -> None:
        if answer.done():  # given up meanwhile
            return
        if isinstance(found, Exception):
            answer.set_exception(found)
        else:
            answer.set_result(found)

    def look_up() -> None:
        found: tuple[Address, ...] | Exception
        try:
            entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found = tuple(dict.fromkeys(ip_address(entry[4][0]) for entry in entries))
        except (OSError, ValueError) as error:  # ValueError: UnicodeError too
            found = error
        with suppress(RuntimeError):  # the loop is closed: given up long ago
            loop.call_soon_threadsafe(settle, found)

    threading.Thread(target=look_up, name="packshot-resolve", daemon=True).start()
    return await answer
