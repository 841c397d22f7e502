"""What there is to hold against a receipt: the file and the original, decoded as the pipeline decodes."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256

from packshot.edges.receipt.facts import decode
from packshot.edges.receipt.masks import unpack
from packshot.edges.receipt.statement import Receipt
from packshot.errors import PackshotError
from packshot.finding import Mask
from packshot.photo import Photo


@dataclass(frozen=True, slots=True)
class Picture:
    """A file and what is in it: the photo, or why there is none."""

    digest: str
    photo: Photo | None = field(repr=False)
    problem: str = ""

    @classmethod
    def of(cls, data: bytes, name: str) -> Picture:
        """The picture in ``data``."""
        digest = sha256(data).hexdigest()
        try:
            return cls(digest, decode(data, name))
        except PackshotError as error:
            return cls(digest, None, str(error))


@dataclass(frozen=True, slots=True)
class Evidence:
    """A receipt with what it speaks of; ``original`` is None when it was not given."""

    receipt: Receipt
    mask: Mask | None = field(repr=False)
    output: Picture
    original: Picture | None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the input, in pixels, as the receipt has them."""
        facts = self.receipt.predicate.input
        return facts.width, facts.height

    @property
    def is_passthrough(self) -> bool:
        """Whether the output is the input, byte for byte."""
        return self.output.digest == self.receipt.predicate.input.sha256

    def pair(self) -> tuple[Photo, Photo] | None:
        """Output and original where both are at hand and of the input's size."""
        photos = [one.photo for one in (self.output, self.original) if one is not None]
        output, original = [*photos, None][:2]
        if output is None or original is None or not self.fits(output) or not self.fits(original):
            return None
        return output, original

    def fits(self, photo: Photo) -> bool:
        """Whether a photo has the input's size."""
        return (photo.width, photo.height) == self.size


def gather(file: bytes, receipt: Receipt, original: bytes | None) -> Evidence:
    """All of it.

    Raises:
        ReceiptError: the receipt's mask is damaged.
    """
    facts = receipt.predicate.input
    text = receipt.predicate.edits.mask
    mask = None if text is None else unpack(text, (facts.width, facts.height))
    came = None if original is None else Picture.of(original, "the original")
    return Evidence(receipt, mask, Picture.of(file, "the file"), came)
