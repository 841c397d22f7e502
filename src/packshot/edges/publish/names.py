"""From the shop's own names to keys: any name, each its own key."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from urllib.parse import quote

from packshot.edges.publish.errors import InvalidNameError

_LONGEST = 180  # bytes of an encoded name; a file's name has 255
_KEPT = 100  # of the beginning of a longer one


@dataclass(frozen=True, slots=True)
class Product:
    """A product in the shop's words.

    Attributes:
        merchant: whose it is; None in a shop of one.
        product: its name or number.

    Raises:
        InvalidNameError: a name is empty or has half a surrogate pair.
    """

    merchant: str | None
    product: str

    def __post_init__(self) -> None:
        if self.merchant is not None:
            check_name(self.merchant, "merchant")
        check_name(self.product, "product")

    @property
    def key(self) -> str:
        """Where its manifest is."""
        merchant = "_" if self.merchant is None else _encoded(self.merchant)
        return f"products/{merchant}/{_encoded(self.product)}.json"


def check_name(name: str, kind: str) -> None:
    """Refuse what no key, database or page can hold.

    Raises:
        InvalidNameError: it is empty or has half a surrogate pair.
    """
    try:
        name.encode()
    except UnicodeEncodeError:
        raise InvalidNameError(name=name, kind=kind) from None
    if not name:
        raise InvalidNameError(name=name, kind=kind)


def _encoded(name: str) -> str:
    """``name`` percent-encoded, without a dot in front and never ``_`` alone, which stands for no name.

    A name that gets too long for a file is cut and gets its digest, after a ``~`` that no other one has.
    """
    encoded = quote(name, safe="").replace("~", "%7E")
    if encoded == "_":
        return "%5F"
    if encoded.startswith("."):
        encoded = "%2E" + encoded[1:]
    if len(encoded) > _LONGEST:
        return f"{encoded[:_KEPT]}~{hashlib.sha256(name.encode()).hexdigest()}"
    return encoded
