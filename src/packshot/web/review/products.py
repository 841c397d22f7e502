"""A product: its photos, what is published of it, and what happened."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from packshot.ledger.errors import NotFoundError
from packshot.service import browse, views
from packshot.web.auth import Parts
from packshot.web.review.names import Part, unsegment
from packshot.web.review.pages import PageRoute, page
from packshot.web.review.queue import row_of
from packshot.web.review.visitor import Viewer

router = APIRouter(prefix="/products", route_class=PageRoute, include_in_schema=False)

_MOST = 200


@router.get("/{merchant}/{product}")
def product(merchant: Part, product: Part, request: Request, parts: Parts, who: Viewer) -> Response:
    """The page of a product; ``-`` stands for no merchant."""
    seller = None if merchant == browse.NOBODY else unsegment(merchant)
    name = unsegment(product)
    with parts.ledger.reading() as session:
        items = browse.of_product(session, seller, name, limit=_MOST)
        if not items:
            raise NotFoundError(kind="product", name=name)
        trails = browse.trails_of(session, items)
        published = browse.publications(session, seller, name, limit=_MOST)
        reviews = browse.reviews_of(session, [item.id for item in items])
    return page(
        request,
        "product.html",
        who,
        product=name,
        merchant=seller,
        rows=[(row_of(item, trails.get(item.id)), views.state_of(item)) for item in items],
        items={item.id: item for item in items},
        published=published,
        reviews=reviews,
    )
