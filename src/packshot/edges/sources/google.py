"""Google Merchant Center's product data, whatever file it comes in.

The attributes are those of Google's product data specification: ``id``, ``image_link``,
``additional_image_link``, ``product_type``, ``google_product_category``, ``external_seller_id``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from packshot.edges.sources.feed_rows import Problem, Row
from packshot.edges.sources.table import Table

ATTRIBUTES = frozenset(
    {
        *("id", "image link", "additional image link", "product type", "google product category"),
        *("seller id", "external seller id"),
    }
)
"""What is read, lower case with spaces."""

_NEEDED = frozenset({"id", "image link"})
# A comma that a new URL follows: commas inside URLs are common with image services.
_BETWEEN_LINKS = re.compile(r"[,\s]+(?=[A-Za-z][A-Za-z0-9+.-]*://)")


def is_google(columns: Sequence[str]) -> bool:
    """Whether a table with these columns is Google's."""
    return set(columns) >= _NEEDED


def google_rows(table: Table, delimiter: str) -> Iterator[Row | Problem]:
    """The products of a text feed."""
    for found in table.rows(delimiter):
        if isinstance(found, Problem):
            yield found
        else:
            yield google_row(found.line, {column: [text] for column, text in found.cells.items()})


def google_row(line: int, values: Mapping[str, Sequence[str]]) -> Row:
    """One product from its attributes' values, each in the order of the file."""

    def first(*attributes: str) -> str:
        texts = (" ".join(text.split()) for attribute in attributes for text in values.get(attribute, ()))
        return next(filter(None, texts), "")

    links = [text.strip() for text in values.get("image link", ())]
    for text in values.get("additional image link", ()):
        links += [link.strip(", \t\r\n") for link in _BETWEEN_LINKS.split(text)]
    return Row(
        line,
        next((text.strip() for text in values.get("id", ())), ""),
        tuple((line, link) for link in links if link),
        first("product type", "google product category"),
        first("external seller id", "seller id"),
    )
