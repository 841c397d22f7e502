"""The places of products' galleries: what stands there, what stood there before, and what is newer."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from packshot.edges.publish import Entry, Product
from packshot.ledger.tables import Item, Publication


def product_of(item: Item) -> Product:
    """The product whose gallery an item's photo belongs to; its own name where none was given."""
    return Product(item.merchant, item.product or item.name)


def later(session: Session, item: Item) -> str | None:
    """An item that was submitted after this one and is published in its place; None without."""
    product = product_of(item)
    return session.scalar(
        select(Publication.item_id)
        .join(Item, Item.id == Publication.item_id)
        .where(
            Publication.product == product.product,
            Publication.slot == item.name,
            Publication.merchant.is_not_distinct_from(product.merchant),
            Publication.unpublished_at.is_(None),
            Item.created_at > item.created_at,
        )
        .order_by(Item.created_at.desc())
        .limit(1)
    )


def standing(session: Session, item: Item) -> Publication | None:
    """What the ledger says is published in an item's place: the newest that was not taken back."""
    product = product_of(item)
    history = publications(session, product.merchant, product.product, item.name)
    return next((row for row in history if row.unpublished_at is None), None)


def bare(session: Session, product: Product) -> bool:
    """Whether a product shows no photo at all."""
    shown = select(Publication.id).where(
        Publication.product == product.product,
        Publication.merchant.is_not_distinct_from(product.merchant),
        Publication.unpublished_at.is_(None),
    )
    return session.scalar(shown.limit(1)) is None


def publications(session: Session, merchant: str | None, product: str, slot: str) -> Sequence[Publication]:
    """All that was ever published in a place, the newest first."""
    return session.scalars(
        select(Publication)
        .where(
            Publication.product == product,
            Publication.slot == slot,
            Publication.merchant.is_not_distinct_from(merchant),
        )
        .order_by(Publication.published_at.desc(), Publication.id.desc())
    ).all()


def below(row: Publication, slot: Sequence[Publication]) -> Entry | None:
    """What stood before a publication and has not been taken back itself.

    Args:
        row: the publication.
        slot: all of its place, as :func:`publications` gives them.
    """
    found, under = row.previous, row
    while found is not None:
        known = [
            other for other in slot if other.entry["item"] == found["item"] and _order(other) < _order(under)
        ]
        if not known or known[0].unpublished_at is None:
            return Entry.from_dict(found)
        found, under = known[0].previous, known[0]
    return None


def is_older(current: Entry, row: Publication, slot: Sequence[Publication], below: Entry | None) -> bool:
    """Whether what is there may be replaced by an earlier publication that is put out again."""
    known = [other for other in slot if other.entry["item"] == current.item]
    return _order(known[0]) <= _order(row) if known else current == below


def _order(row: Publication) -> tuple[float, str]:
    return row.published_at, row.id
