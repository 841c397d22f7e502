"""Product feeds: the photos that a shop's export lists."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from packshot.edges.sources.errors import FeedError, FeedTooLargeError
from packshot.edges.sources.feed_rows import Problem, Row, collect
from packshot.edges.sources.google import google_rows, is_google
from packshot.edges.sources.google_xml import google_xml_rows
from packshot.edges.sources.offer import Offer
from packshot.edges.sources.shopify import is_shopify, shopify_rows
from packshot.edges.sources.table import Table

MAX_BYTES = 50 * 2**20
MAX_ROWS = 100_000

_BOMS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"))
_DELIMITERS = "\t,;"


@dataclass(frozen=True, slots=True)
class Feed:
    """What a feed offers.

    Attributes:
        offers: its photos, in order; no two share a name.
        problems: what of it cannot be used, by line.
    """

    offers: tuple[Offer, ...]
    problems: tuple[Problem, ...]


def read_feed(
    data: bytes, *, name: str = "The feed", max_bytes: int = MAX_BYTES, max_rows: int = MAX_ROWS
) -> Feed:
    """Read a feed: Google Merchant Center as text, RSS or Atom, or Shopify's product CSV, told by content.

    Text may be UTF-8 or UTF-16. A row that cannot be used becomes a :class:`Problem` and spoils no other.

    Args:
        data: the file.
        name: of the file, for messages.
        max_bytes: most bytes.
        max_rows: most rows of a table, or products of an XML file.

    Raises:
        FeedError: the file is none of these, or is XML that is hostile or not well-formed.
        FeedTooLargeError: it exceeds a limit.
    """
    if len(data) > max_bytes:
        raise FeedTooLargeError(name=name, limit=max_bytes, unit="bytes")
    offers, problems = collect(_rows(data, name, max_rows), name)
    return Feed(offers, problems)


def _rows(data: bytes, name: str, max_rows: int) -> Iterator[Row | Problem]:
    encoding = _encoding(data)
    if data[:4096].decode(encoding, "replace").lstrip().startswith("<"):
        return google_xml_rows(data, name, max_rows)
    table = Table(data, encoding, name, max_rows)
    for delimiter in _DELIMITERS:
        columns = table.columns(delimiter)
        if is_google(columns):
            return google_rows(table, delimiter)
        if is_shopify(columns):
            return shopify_rows(table, delimiter)
    raise FeedError(name=name, detail="it is not XML, and its first line names no columns of a feed")


def _encoding(data: bytes) -> str:
    """The encoding that the first bytes tell: a byte order mark, or the zeros of UTF-16 without one."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return encoding
    if data[1:2] == b"\0":
        return "utf-16-le"
    return "utf-16-be" if data[:1] == b"\0" else "utf-8"
