"""What a submission may ask for, photo by photo."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from packshot.edges.sources.offer import Offer
from packshot.stages.erase_text import Hint

Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00]+$")
]
"""A name that a person or a shop's system gave. PostgreSQL keeps no text with a NUL in it."""


class Options(BaseModel):
    """How a photo is to be treated, where it differs from the recipe.

    Attributes:
        hint: kinds of overlay to erase.
        backends: role to backend, where it is not the recipe's.
        channels: channels to publish for; the recipe's by default.
        paint: artefact of the mask that reviewers painted: its white pixels are filled.
        painted_by: who painted it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    hint: Hint = "all"
    backends: Mapping[str, str] = Field(default_factory=dict)
    channels: tuple[str, ...] = ()
    paint: str | None = None
    painted_by: str | None = None


class Offered(BaseModel):
    """A photo that is submitted: a kept artefact, or a place to fetch it from.

    Attributes:
        name: unique in its batch; names the photo's place among those of its product.
        digest: artefact that holds its bytes.
        location: URL, path or key to fetch it from.
        version: tells this state of what is there from the next.
        product, category, merchant: what it shows and who sent it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    digest: str | None = None
    location: str | None = None
    version: str | None = None
    product: Name | None = None
    category: Name | None = None
    merchant: Name | None = None

    @classmethod
    def of(cls, offer: Offer) -> Self:
        """What a source offers."""
        return cls(
            name=offer.name,
            location=offer.location,
            version=offer.version,
            product=offer.product,
            category=offer.category,
            merchant=offer.merchant,
        )
