"""What a line of text says about its purpose: dates, camera marks, promotion, contact, ownership."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from enum import StrEnum


class Purpose(StrEnum):
    """Why someone would write this on a photo; PLAIN when the words do not tell."""

    DATE = "date"
    CAMERA = "camera"
    PROMOTION = "promotion"
    CONTACT = "contact"
    COPYRIGHT = "copyright"
    AGENCY = "agency"
    PLAIN = "plain"


_ALIKE = 0.5  # share of two texts' letters that agree in order

# Stock agencies whose marks are never removed, whoever attests what; matched without spaces and punctuation.
AGENCIES = (
    "shutterstock", "gettyimages", "istockphoto", "istock", "adobestock", "alamy", "dreamstime",
    "depositphotos", "123rf", "bigstock",
    "fotolia", "stocksy", "vectorstock", "pond5", "canstockphoto", "picfair", "eyeem",
    "agefotostock", "masterfile", "imagebroker", "superstock", "corbis", "reutersconnect", "apimages",
    "imagoimages", "pictureallianc", "westend61", "freepik", "vecteezy", "pngtree", "lovepik",
)  # fmt: skip

_DATE = re.compile(
    r"(?<!\d)(\d{4}[-/.:\s]{1,2}\d{1,2}[-/.:\s]{1,2}\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2})(?!\d)"
    r"|['\u2019]?\d{2}\s\d{1,2}\s\d{1,2}(?!\d)"
    r"|\d{1,2}\s?(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s?\d{2,4})",
    re.IGNORECASE,
)
_CAMERA = re.compile(
    r"(quad|dual|triple)\s?cam|shot\s?on|ai\s?camera|(redmi|galaxy|oppo|vivo|realme|huawei|poco|infinix|tecno)\s?"
    r"[a-z]{0,6}\s?\d|\dmp\b",
    re.IGNORECASE,
)
_PROMOTION = re.compile(
    r"top\s?review|best\s?(seller|price|quality|offer)|\bsale\b|\boffer|discount|\b\d{1,2}\s?%\s?(off)?|\boff\b"
    r"|free\s?(shipping|delivery|gift)|\bnew\b|limited|special|hot\s?(deal|sale)|guarantee|warranty|original"
    r"|buy\s|shop\s?now|order\s?now|quality|\bonly\b|[$€£]\s?\d|\d\s?[$€£]|\brs\.?\s?\d|cash\s?on|self\s?pickup"
    r"|sales?\s?care|in\s?stock|wholesale|supplier|size\s?chart|why\s?you|features?\b",
    re.IGNORECASE,
)
_CONTACT = re.compile(
    r"www\.|https?:|\.(com|net|org|pk|cn|de|co|uk|in|shop|store)\b|@\w|whats\s?app|(\+?\d[\d\s().-]{8,}\d)",
    re.IGNORECASE,
)
_COPYRIGHT = re.compile(
    r"©|\(c\)\s|copy\s?right|all\s?rights|photo(graphy)?\s?(by|:)|courtesy|credit", re.IGNORECASE
)


# Phrases that are written on photos and not on products; single words such as 'new' or 'quality' are on both.
_NEVER_PRINTED = re.compile(
    r"top\s?review|best\s?sell|best\s?price|hot\s?(deal|sale)|free\s?(shipping|delivery)|sales?\s?care"
    r"|self\s?pickup|cash\s?on|(order|shop|buy)\s?now|whats\s?app|discount|\d\s?%\s?off|supplier|wholesale",
    re.IGNORECASE,
)


def tells_overlay(text: str) -> bool:
    """Whether the words by themselves say that they were laid over a photo."""
    marks = purpose(text) in (Purpose.CAMERA, Purpose.COPYRIGHT, Purpose.AGENCY)
    return marks or bool(_NEVER_PRINTED.search(text))


def count_different(texts: Iterable[str]) -> int:
    """How many texts are unlike each other; a mark that repeats is never read quite the same."""
    unlike: list[str] = []
    for text in sorted({re.sub(r"[\W_]", "", text.lower()) for text in texts} - {""}):
        if all(SequenceMatcher(None, text, other).ratio() < _ALIKE for other in unlike):
            unlike.append(text)
    return len(unlike)


def purpose(text: str) -> Purpose:
    """The purpose that a line's words give away; ownership weighs more than anything else."""
    squeezed = re.sub(r"[\W_]", "", text.lower())
    if any(agency in squeezed for agency in AGENCIES):
        return Purpose.AGENCY
    patterns = (
        (Purpose.COPYRIGHT, _COPYRIGHT),
        (Purpose.DATE, _DATE),
        (Purpose.CAMERA, _CAMERA),
        (Purpose.CONTACT, _CONTACT),
        (Purpose.PROMOTION, _PROMOTION),
    )
    return next((found for found, pattern in patterns if pattern.search(text)), Purpose.PLAIN)
