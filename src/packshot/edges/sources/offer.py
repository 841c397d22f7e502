"""One photo that a source offers, and the name it goes by."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import PurePosixPath

PHOTO_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".avif", ".tif", ".tiff", ".gif", ".bmp"}
)
"""Lower-case suffixes of what is taken from folders and buckets."""

LONGEST_LABEL = 200
"""Characters of a product, category or merchant at most."""

_PLAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,78}[A-Za-z0-9_-])?")
_DIGESTED = re.compile(r"-[0-9a-f]{16}\Z")


@dataclass(frozen=True, slots=True)
class Offer:
    """One photo that a source offers.

    Attributes:
        location: URL, absolute path or ``s3://`` address to read it from; the same at every look.
        name: unique within its source, at most 200 characters out of A-Z, a-z, 0-9, dot, dash and underscore.
        product, category, merchant: what it shows and who sells it; None where the source does not say.
        version: tells this state of what is at the location from the next; None where that is not known
            before it is fetched.
    """

    location: str
    name: str
    product: str | None = None
    category: str | None = None
    merchant: str | None = None
    version: str | None = None


def safe_name(text: str) -> str:
    """``text`` as a name that is safe in file names, keys and pages; different texts get different names.

    A text of up to 80 plain characters stays as it is. Any other, and one that looks as if it had been
    changed, gets a part of its digest: so the name depends on nothing but the text.
    """
    if _PLAIN.fullmatch(text) and not _DIGESTED.search(text):
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    stem = re.sub(r"[^A-Za-z0-9._-]+", "_", text)[:60].strip("._-") or "photo"
    return f"{stem}-{digest}"


def is_photo_name(path: PurePosixPath) -> bool:
    """Whether a file or object looks like a photo by its path: a photo's suffix, and no part of it hidden."""
    return path.suffix.lower() in PHOTO_SUFFIXES and not any(part.startswith(".") for part in path.parts)


def category_of(path: PurePosixPath) -> str | None:
    """The first folder of a relative path; None where there is none."""
    return (path.parts[0].strip() or None) if len(path.parts) > 1 else None
