"""What the review pages ask of the ledger. Nothing here changes anything."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Case,
    ColumnElement,
    Executable,
    Select,
    TableValuedAlias,
    and_,
    case,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Session

from packshot.ledger.tables import Item, Publication, Review, State, TrailRow

NOBODY = "-"
"""Stands for 'no merchant is known' where a name is expected."""

_TOGETHER_SECONDS = 0.25
"""Reviews that one person's one decision makes come closer together than this; two decisions never do."""
_UNDO_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which part of the queue is wanted; None for all.

    Attributes:
        merchant: its name, or :data:`NOBODY` for photos of no known merchant.
        category: product category.
        code: of an error that stands on the photo, which is why it is in review.
    """

    merchant: str | None = None
    category: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Choices:
    """What the queue can be narrowed to, each with how many photos."""

    merchants: Sequence[tuple[str, int]]
    categories: Sequence[tuple[str, int]]
    codes: Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The names of the items before and after one in the queue."""

    before: str | None
    after: str | None


def in_review(session: Session, wanted: Wanted, *, limit: int, offset: int = 0) -> list[Item]:
    """The queue: what is likely to cost most comes first."""
    order = (Item.loss.desc(), Item.created_at, Item.id)
    return list(session.scalars(_queue(session, wanted).order_by(*order).limit(limit).offset(offset)))


def how_many(session: Session, wanted: Wanted | None = None) -> int:
    """How many photos are in review."""
    return session.scalar(_queue(session, wanted or Wanted()).with_only_columns(func.count())) or 0


def neighbours(session: Session, item: Item, wanted: Wanted) -> Neighbours:
    """The items of the queue on both sides of ``item``, which need not be in it any more."""
    place = (-Item.loss, Item.created_at, Item.id)
    here = (-item.loss, item.created_at, item.id)
    queue = _queue(session, wanted).with_only_columns(Item.id).where(Item.id != item.id)
    after = queue.where(_beyond(place, here)).order_by(*place).limit(1)
    before = queue.where(~_beyond(place, here)).order_by(*(column.desc() for column in place)).limit(1)
    return Neighbours(session.scalar(before), session.scalar(after))


def choices(session: Session) -> Choices:
    """What the whole queue could be narrowed to, the most frequent first."""
    code, found = _code(session)
    stands = select(Item.id, code.label("code")).join(TrailRow, TrailRow.id == Item.trail_id)
    each = stands.join(found, _is_error(session, found)).where(Item.state == State.NEEDS_REVIEW)
    once = each.distinct().subquery()
    codes = select(once.c.code, func.count()).group_by(once.c.code)
    senders, categories = (
        select(column, func.count()).where(Item.state == State.NEEDS_REVIEW).group_by(column)
        for column in (Item.merchant, Item.category)
    )
    return Choices(
        [(name or NOBODY, many) for name, many in _ordered(session, senders)],
        [(name, many) for name, many in _ordered(session, categories) if name is not None],
        [(name, many) for name, many in _ordered(session, codes) if name is not None],
    )


def trails_of(session: Session, items: Sequence[Item]) -> dict[str, TrailRow]:
    """The current trail of each item that has one, by the item's name."""
    names = {item.trail_id: item.id for item in items if item.trail_id}
    rows = session.scalars(select(TrailRow).where(TrailRow.id.in_(names)))
    return {names[row.id]: row for row in rows}


def history(session: Session, item_id: str) -> list[TrailRow]:
    """Every attempt at an item, the first one first."""
    return list(
        session.scalars(
            select(TrailRow).where(TrailRow.item_id == item_id).order_by(TrailRow.created_at, TrailRow.id)
        )
    )


def last_decision(session: Session, actor: str) -> list[Review]:
    """The reviews that ``actor``'s last decision made within an hour, and that stand; none without."""
    standing = (
        select(Review)
        .where(
            Review.actor == actor,
            Review.undone_at.is_(None),
            Review.created_at > time.time() - _UNDO_SECONDS,
        )
        .order_by(Review.created_at.desc(), Review.id.desc())
        .limit(1000)
    )
    found: list[Review] = []
    for review in session.scalars(standing):
        if found and (
            (review.action, review.reason) != (found[-1].action, found[-1].reason)
            or found[-1].created_at - review.created_at > _TOGETHER_SECONDS
        ):
            break
        found.append(review)
    return found


def named(session: Session, names: Sequence[str]) -> list[Item]:
    """The items of these names that there are."""
    return list(session.scalars(select(Item).where(Item.id.in_(names)).order_by(Item.id)))


def of_product(session: Session, merchant: str | None, product: str, *, limit: int) -> list[Item]:
    """The newest photos of a product; its name is the photo's own where none was given."""
    mine = or_(Item.product == product, and_(Item.product.is_(None), Item.name == product))
    query = select(Item).where(Item.merchant.is_not_distinct_from(merchant), mine)
    return list(session.scalars(query.order_by(Item.created_at.desc(), Item.id.desc()).limit(limit)))


def publications(session: Session, merchant: str | None, product: str, *, limit: int) -> list[Publication]:
    """What was published of a product, the newest first."""
    query = select(Publication).where(
        Publication.merchant.is_not_distinct_from(merchant), Publication.product == product
    )
    newest = query.order_by(Publication.published_at.desc(), Publication.id.desc())
    return list(session.scalars(newest.limit(limit)))


def reviews_of(session: Session, items: Sequence[str]) -> list[Review]:
    """What people decided about these items, the newest first."""
    query = select(Review).where(Review.item_id.in_(items))
    return list(session.scalars(query.order_by(Review.created_at.desc(), Review.id.desc())))


def merchants(session: Session, *, limit: int) -> list[dict[str, Any]]:
    """Merchants by how many of their photos are in review, then by how many they sent."""
    waiting = func.sum(_one_if(Item.state == State.NEEDS_REVIEW))
    done = func.sum(_one_if(Item.state == State.DONE))
    query = (
        select(Item.merchant, func.count(), waiting, done, func.max(Item.created_at))
        .group_by(Item.merchant)
        .order_by(waiting.desc(), func.count().desc(), Item.merchant)
        .limit(limit)
    )
    keys = ("name", "photos", "in_review", "published", "last_at")
    return [dict(zip(keys, row, strict=True)) for row in session.execute(query)]


def products_of(session: Session, merchant: str | None, *, limit: int) -> list[tuple[str, int, float]]:
    """A merchant's products, the last active first: name, photos, when its last photo came."""
    name, last = func.coalesce(Item.product, Item.name), func.max(Item.created_at)
    query = select(name, func.count(), last).where(Item.merchant.is_not_distinct_from(merchant))
    newest = query.group_by(name).order_by(last.desc(), name).limit(limit)
    return [(product, many, at) for product, many, at in session.execute(newest)]


def _queue(session: Session, wanted: Wanted) -> Select[Item]:
    query = select(Item).where(Item.state == State.NEEDS_REVIEW)
    if wanted.merchant is not None:
        merchant = None if wanted.merchant == NOBODY else wanted.merchant
        query = query.where(Item.merchant.is_not_distinct_from(merchant))
    if wanted.category is not None:
        query = query.where(Item.category == wanted.category)
    if wanted.code is not None:
        code, found = _code(session)
        stands = select(TrailRow.id).select_from(TrailRow).join(found, _is_error(session, found))
        query = query.where(stands.where(TrailRow.id == Item.trail_id, code == wanted.code).exists())
    return query


def _code(session: Session) -> tuple[ColumnElement[str], TableValuedAlias]:
    """The code of each finding that stands on a photo, and the table of those findings."""
    if _is_sqlite(session):
        found = func.json_each(TrailRow.body, "$.findings_after").table_valued("value", name="found")
        return func.json_extract(found.c.value, "$.code"), found
    after = TrailRow.body["findings_after"]
    found = func.json_array_elements(after).table_valued("value", name="found")
    return func.json_extract_path_text(found.c.value, "code"), found


def _is_error(session: Session, found: TableValuedAlias) -> ColumnElement[bool]:
    read = func.json_extract(found.c.value, "$.severity")
    if not _is_sqlite(session):
        read = func.json_extract_path_text(found.c.value, "severity")
    return read == "error"


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _ordered(session: Session, counted: Executable) -> list[tuple[str | None, int]]:
    """What was counted, the most frequent first."""
    found = [(name, many) for name, many in session.execute(counted)]
    return sorted(found, key=lambda pair: (-pair[1], pair[0] or ""))


def _beyond(columns: Sequence[Any], values: Sequence[Any]) -> ColumnElement[bool]:
    """Whether a row comes after ``values`` in the order of ``columns``."""
    first, second, third = columns
    one, two, three = values
    tied = and_(first == one, or_(second > two, and_(second == two, third > three)))
    return or_(first > one, tied)


def _one_if(condition: ColumnElement[bool]) -> Case[Any]:
    return case((condition, 1), else_=0)
