"""The kinds of rule that a sales channel can state, each a frozen model; ``kind:`` in YAML chooses one."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from packshot.finding import Severity

Pixels = Annotated[int, Field(gt=0)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]


class Rule(BaseModel):
    """What every rule states beside its demand.

    Attributes:
        severity: ``error`` where the channel refuses the photo, ``warning`` where it disadvantages it,
            ``info`` where it only advises.
        effective_from: first day on which it holds; null where the channel names none, taken as always.
        effective_until: first day on which it no longer holds.
        source_url: where it is written.
        verified_on: the day on which someone last read it there.
        confidence: ``secondary`` when the source is not the channel itself.
        categories: product categories that it is limited to; empty means all.
        note: what a reader should know.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    severity: Severity
    effective_from: date | None
    effective_until: date | None = None
    source_url: str
    verified_on: date
    confidence: Literal["primary", "secondary"]
    categories: tuple[str, ...] = ()
    note: str = ""

    def in_force(self, day: date) -> bool:
        """Whether it holds on ``day``."""
        begun = self.effective_from is None or self.effective_from <= day
        return begun and (self.effective_until is None or day < self.effective_until)

    def covers(self, category: str | None) -> bool:
        """Whether it applies to a category such as ``apparel/knit``: any of its parts may be named."""
        if not self.categories:
            return True
        parts = (category or "").replace(">", "/").split("/")
        return any(part.strip() in self.categories for part in parts)


class MinLongSide(Rule):
    """The longer side has at least ``px`` pixels."""

    kind: Literal["min_long_side"]
    px: Pixels

    @property
    def long_side(self) -> int:
        """The least long side that can satisfy it, in pixels."""
        return self.px

    def growth(self, width: int, height: int) -> tuple[float, int, str]:
        """What a photo of ``width`` by ``height`` pixels lacks.

        Returns:
            The factor by which it must grow (1 or less: it satisfies the rule), the pixels demanded, and of
            which axis: ``long side``, ``short side``, ``width`` or ``height``.
        """
        return self.px / max(width, height), self.px, "long side"


class MinShortSide(Rule):
    """The shorter side has at least ``px`` pixels."""

    kind: Literal["min_short_side"]
    px: Pixels

    @property
    def long_side(self) -> int:
        """``px``: a square photo satisfies it."""
        return self.px

    def growth(self, width: int, height: int) -> tuple[float, int, str]:
        """See :meth:`MinLongSide.growth`."""
        return self.px / min(width, height), self.px, "short side"


class MinSize(Rule):
    """At least ``width`` by ``height`` pixels."""

    kind: Literal["min_size"]
    width: Pixels
    height: Pixels

    @property
    def long_side(self) -> int:
        """The greater of the two."""
        return max(self.width, self.height)

    def growth(self, width: int, height: int) -> tuple[float, int, str]:
        """See :meth:`MinLongSide.growth`."""
        across, down = self.width / width, self.height / height
        return (across, self.width, "width") if across >= down else (down, self.height, "height")


SizeRule = MinLongSide | MinShortSide | MinSize
"""A least size in pixels."""


class MaxSide(Rule):
    """No side has more than ``px`` pixels."""

    kind: Literal["max_side"]
    px: Pixels


class MaxMegapixels(Rule):
    """At most ``megapixels`` million pixels."""

    kind: Literal["max_megapixels"]
    megapixels: Annotated[float, Field(gt=0)]


class MaxBytes(Rule):
    """The file has at most ``bytes`` bytes."""

    kind: Literal["max_bytes"]
    bytes: Annotated[int, Field(gt=0)]


class Formats(Rule):
    """The file is one of ``formats``, the preferred one first."""

    kind: Literal["formats"]
    formats: Annotated[
        tuple[Literal["jpeg", "png", "webp", "avif", "tiff", "gif", "bmp"], ...], Field(min_length=1)
    ]


class ExtensionMatches(Rule):
    """The name's extension belongs to the file's real format."""

    kind: Literal["extension_matches"]


class Colour(Rule):
    """The file's colour is stored in one of ``modes``, as Pillow names them (``RGB``, ``CMYK``, ...)."""

    kind: Literal["colour"]
    modes: Annotated[tuple[str, ...], Field(min_length=1)]


class AspectRatio(Rule):
    """``width : height``, where the measured quotient may differ by the share ``tolerance``."""

    kind: Literal["aspect_ratio"]
    width: Annotated[float, Field(gt=0)]
    height: Annotated[float, Field(gt=0)]
    tolerance: Share

    @model_validator(mode="after")
    def _is_a_frame(self) -> Self:
        if not 0.01 <= self.width / self.height <= 100:
            raise ValueError("width : height must lie between 1 : 100 and 100 : 1")
        return self


class WhiteBackground(Rule):
    """At least ``share`` of the backdrop has all channels at ``255 - tolerance`` or above."""

    kind: Literal["white_background"]
    tolerance: Annotated[int, Field(ge=0, le=255)]
    share: Share


class Fill(Rule):
    """The product takes ``min`` to ``max`` of the frame.

    Measured on the product's bounding box, along the side on which it comes closest to filling the frame:
    ``max(box width / photo width, box height / photo height)``.
    """

    kind: Literal["fill"]
    min: Share
    max: Annotated[float, Field(ge=0.01, le=1.0)]


class NoOverlay(Rule):
    """No text, logo or watermark is laid over the photo."""

    kind: Literal["no_overlay"]


class NoBorder(Rule):
    """No frame is drawn around the photo."""

    kind: Literal["no_border"]


AnyRule = Annotated[
    SizeRule
    | MaxSide
    | MaxMegapixels
    | MaxBytes
    | Formats
    | ExtensionMatches
    | Colour
    | AspectRatio
    | WhiteBackground
    | Fill
    | NoOverlay
    | NoBorder,
    Field(discriminator="kind"),
]
