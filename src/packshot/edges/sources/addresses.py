"""Which network addresses may be connected to: public ones, and networks that are allowed by name."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

from packshot.errors import UsageError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# RFC 6052 (NAT64), 2.1: the last 32 bits are an IPv4 address.
_NAT64 = IPv6Network("64:ff9b::/96")
# Global unicast so far (RFC 4291, 2.4, and IANA's registry); everything else is special or unassigned.
_GLOBAL_UNICAST = IPv6Network("2000::/3")
# Special by IANA's registries, but public in the eyes of some versions of the standard library.
_SPECIAL = (
    IPv4Network("192.0.0.0/24"),  # IETF protocol assignments
    IPv4Network("192.88.99.0/24"),  # relays of 6to4, retired
    IPv6Network("2001::/23"),  # IETF protocol assignments, Teredo among them
    IPv6Network("3fff::/20"),  # documentation
)


def networks(entries: Sequence[str]) -> tuple[Network, ...]:
    """Addresses and networks, such as ``127.0.0.1``, ``10.1.0.0/16`` or ``fd00::/8``.

    Raises:
        UsageError: an entry is neither.
    """
    parsed = []
    for entry in entries:
        try:
            parsed.append(ip_network(entry))
        except ValueError as error:
            detail = f"{entry!r} is no network: {error}. Write one as 10.1.0.0/16 or fd00::/8."
            raise UsageError(detail=detail) from error
    return tuple(parsed)


def refusal(address: Address, allowed: Sequence[Network]) -> str | None:
    """Why ``address`` may not be connected to; None when it may.

    An IPv6 address that carries an IPv4 one (IPv4-mapped, 6to4, NAT64) is judged by what it carries.
    """
    if any(address in network for network in allowed):
        return None
    if isinstance(address, IPv6Address) and (inner := _carried(address)) is not None:
        return refusal(inner, allowed)
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return _kind(address)
    special = any(address in network for network in _SPECIAL)
    if special or not address.is_global or address.is_multicast or address.is_reserved:
        return _kind(address)
    return None


def _carried(address: IPv6Address) -> IPv4Address | None:
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _kind(address: Address) -> str:
    """What sort of address it is, in a word for a person."""
    if address.is_unspecified:
        return "unspecified"
    if address.is_loopback:
        return "loopback"
    if address.is_link_local:
        return "link-local"
    if address.is_multicast:
        return "multicast"
    return "private or reserved"
