"""What every format of feed comes down to: rows that offer photos of a product, and what is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from packshot.edges.sources.errors import FeedTooLargeError, UrlRefusedError
from packshot.edges.sources.offer import LONGEST_LABEL, Offer, safe_name
from packshot.edges.sources.urls import parse_url

_MOST_IMAGES = 250  # of a product: Shopify's limit; Google's is 11
_MOST_FOUND = 1_000_000  # offers and problems of a feed: what memory holds


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a feed that cannot be used.

    Attributes:
        line: of the file, from 1.
        message: what is wrong and what to do, for a person.
    """

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Row:
    """One product as a feed has it; nothing is checked yet.

    Attributes:
        line: of the file, from 1.
        product: its id.
        images: line and URL of each photo, in the product's order.
        category, merchant: empty where unknown.
    """

    line: int
    product: str
    images: tuple[tuple[int, str], ...]
    category: str = ""
    merchant: str = ""


def collect(rows: Iterable[Row | Problem], name: str) -> tuple[tuple[Offer, ...], tuple[Problem, ...]]:
    """The offers of ``rows`` in order, and the problems by line.

    The first row of a product counts, a photo that a product has twice is offered once. ``SKU123-2`` is the
    name of the second photo of SKU123.

    Raises:
        FeedTooLargeError: there are more than a million of both.
    """
    offers: list[Offer] = []
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    for row in rows:
        if isinstance(row, Problem):
            problems.append(row)
        elif (wrong := _wrong_label(row)) is not None:
            problems.append(Problem(row.line, wrong))
        elif (first := seen.setdefault(row.product, row.line)) != row.line:
            message = f"The id {row.product!r} was in line {first} already, which counts. Make ids unique."
            problems.append(Problem(row.line, message))
        else:
            _offer(row, offers, problems)
        if len(offers) + len(problems) > _MOST_FOUND:
            raise FeedTooLargeError(name=name, limit=_MOST_FOUND, unit="photos and problems")
    return tuple(offers), tuple(sorted(problems, key=lambda problem: problem.line))


def _offer(row: Row, offers: list[Offer], problems: list[Problem]) -> None:
    unique: dict[str, int] = {}
    for line, url in row.images:
        if url:
            unique.setdefault(url, line)
    if not unique:
        problems.append(Problem(row.line, f"The product {row.product!r} has no image. Add its link."))
    if len(unique) > _MOST_IMAGES:
        message = f"The product {row.product!r} has {len(unique)} images; the first {_MOST_IMAGES} are taken."
        problems.append(Problem(row.line, message))
    for number, (url, line) in enumerate(list(unique.items())[:_MOST_IMAGES], 1):
        try:
            parse_url(url)
        except UrlRefusedError as error:
            problems.append(Problem(line, f"Image {number} of {row.product!r}, {error}"))
            continue
        category, merchant = row.category or None, row.merchant or None
        offers.append(Offer(url, f"{safe_name(row.product)}-{number}", row.product, category, merchant))


def _wrong_label(row: Row) -> str | None:
    """What is wrong with the words of a row, for a person."""
    if not row.product:
        return "The row has no id. Give each product one."
    for what, text in (("id", row.product), ("category", row.category), ("seller", row.merchant)):
        if len(text) > LONGEST_LABEL:
            return f"The {what} {text[:40]!r}... has more than {LONGEST_LABEL} characters. Shorten it."
        if not text.isprintable() or "\ufffd" in text:
            return f"The {what} {text!r} holds characters that are no text. Export the feed as UTF-8."
    return None
