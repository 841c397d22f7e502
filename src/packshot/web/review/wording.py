"""Values in words: times, shares, sizes, and names as parts of addresses."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime

from markupsafe import Markup, escape

_DAY = 86_400.0

STATES: Mapping[str, str] = {
    "accepted": "waiting",
    "processing": "in work",
    "done": "published",
    "needs_review": "in review",
    "skipped": "skipped",
    "failed": "rejected or failed",
}
"""The states of the API in words."""

ACTIONS: Mapping[str, str] = {
    "approve": "approved",
    "reject": "rejected",
    "redo": "sent back with other options",
    "erase": "painted and erased",
}
"""Decisions in words: somebody ... it."""

UNKNOWN = "\N{EN DASH}"
"""What is shown where a figure is not known."""


def percent(share: float | None) -> str:
    """A share 0..1; one decimal where it would read 0 or 100 and is neither."""
    if share is None:
        return UNKNOWN
    rough = f"{100 * share:.0f}"
    return f"{100 * share:.1f} %" if rough in ("0", "100") and share not in (0, 1) else f"{rough} %"


def duration(seconds: float | None) -> str:
    """A time span in its largest unit."""
    if seconds is None:
        return UNKNOWN
    if seconds < 1:
        return f"{1000 * seconds:.0f} ms"
    for limit, divisor, unit in ((90, 1, "s"), (5400, 60, "min"), (2 * _DAY, 3600, "h")):
        if seconds < limit:
            number = seconds / divisor
            return f"{number:.1f} {unit}" if number < 10 else f"{number:.0f} {unit}"
    return f"{seconds / _DAY:.0f} days"


def size(number: float) -> str:
    """A number of bytes."""
    for unit in ("B", "KB", "MB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "B" or number >= 10 else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} GB"


def ago(at: float) -> str:
    """How long ago that was, in words."""
    passed = time.time() - at
    return "just now" if passed < 5 else f"{duration(passed).replace('.0 ', ' ')} ago"


def moment(at: float) -> str:
    """A time of seconds since 1970, for people: in UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%d %b %Y, %H:%M:%S UTC")


def machine_time(at: float) -> str:
    """The same for machines: ISO 8601."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def plural(number: int, one: str, many: str | None = None) -> str:
    """``1 photo``, ``2 photos``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def breakable(name: str) -> Markup:
    """A name that may be wrapped where its parts end, such as a file's name."""
    marked = re.sub(r"([_./-]+)(?=.)", "\\1\u200b", name)
    return escape(marked).replace("\u200b", Markup("<wbr>"))
