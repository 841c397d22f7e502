"""Who sees a change: a stable share of the products, chosen by a salted hash.

The product, not the photo, is assigned, so that a gallery never mixes recipes. Whoever is chosen at one share
is chosen at every larger one.
"""

from __future__ import annotations

from collections.abc import Mapping

import xxhash

BUCKETS = 10_000
"""A share is kept to a hundredth of a per cent."""


def bucket(salt: str, subject: str) -> int:
    """The bucket of ``subject``, 0 to 9,999: xxh3 of ``SALT:SUBJECT``, the same on every machine."""
    return xxhash.xxh3_64_intdigest(f"{salt}:{subject}".encode(errors="surrogatepass")) % BUCKETS


def chosen(salt: str, subject: str, share: float) -> bool:
    """Whether ``subject`` is among the ``share`` (0..1) that is chosen."""
    return bucket(salt, subject) < round(share * BUCKETS)


def arm(salt: str, subject: str, shares: Mapping[str, float]) -> str | None:
    """The arm of ``subject`` among arms with these shares (0..1, together at most 1); None for none."""
    place, end = bucket(salt, subject), 0.0
    for name, share in shares.items():
        end += share
        if place < round(end * BUCKETS):
            return name
    return None
