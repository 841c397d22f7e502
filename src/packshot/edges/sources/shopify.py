"""Shopify's product CSV: a product's first row says what it is, further rows add photos and variants.

Columns of the export and of the newer template: Handle / URL handle, Image Src / Product image URL,
Image Position, Type, Product Category, Vendor.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from packshot.edges.sources.feed_rows import Problem, Row
from packshot.edges.sources.table import Table, TableRow

_HANDLE = ("handle", "url handle")
_IMAGE = ("image src", "product image url")
_LAST = 10**6  # the place of an image without a number


@dataclass(slots=True)
class _Product:
    line: int
    category: str = ""
    merchant: str = ""
    images: list[tuple[int, int, str]] = field(default_factory=list)  # place, line, URL


def is_shopify(columns: Sequence[str]) -> bool:
    """Whether a table with these columns is Shopify's."""
    return not set(columns).isdisjoint(_HANDLE) and not set(columns).isdisjoint(_IMAGE)


def shopify_rows(table: Table, delimiter: str) -> Iterator[Row | Problem]:
    """The products, in the order of their first rows, their photos by position."""
    products: dict[str, _Product] = {}
    for found in table.rows(delimiter):
        if isinstance(found, Problem):
            yield found
            continue
        handle = found.cells.get("handle") or found.cells.get("url handle", "")
        if not handle:
            yield Problem(found.line, "The row has no handle. Give each row its product's.")
            continue
        product = products.setdefault(handle, _Product(found.line))
        product.category = product.category or _first(found, "type", "product category")
        product.merchant = product.merchant or _first(found, "vendor")
        if image := _first(found, *_IMAGE):
            position = _first(found, "image position")
            place = int(position) if position.isdecimal() and len(position) < 6 else _LAST
            product.images.append((place, found.line, image))
    for handle, product in products.items():
        # Stable: images without a number keep the order of the rows.
        images = sorted(product.images, key=lambda image: image[0])
        links = tuple((line, url) for _, line, url in images)
        yield Row(product.line, handle, links, product.category, product.merchant)


def _first(row: TableRow, *columns: str) -> str:
    """The first of these cells that is not empty."""
    return next(filter(None, (" ".join(row.cells.get(column, "").split()) for column in columns)), "")
