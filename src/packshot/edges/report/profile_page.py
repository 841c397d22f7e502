"""The page of ``packshot profile``: what fails, what it costs, and the pictures of what differs most."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any, Self

import cv2
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image

from packshot.edges.encode import write_atomically
from packshot.fidelity.difference import widest_gap
from packshot.photo import Pixels

GROUPS = 50
"""Categories and merchants on a page at most; those that are left out are counted."""

UNKNOWN = "\N{EN DASH}"
"""What stands for a value that is not known: never 0."""

_WHOLE = 480  # pixels of the longer side of a whole photo: three stand side by side
_DETAIL = 320  # pixels a side of the part where two results differ most, and of that part in the larger one


@dataclass(frozen=True, slots=True)
class Shown:
    """One picture of an exhibit, as JPEG.

    Attributes:
        size: (width, height) of the photo in pixels.
        whole: the photo, reduced.
        detail: the part of it where the results differ most; None where no part can be told.
    """

    size: tuple[int, int]
    whole: bytes
    detail: bytes | None


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A photo before, and what two recipes made of it; None for what is not there.

    ``part`` is where they differ most: left, top, right and bottom as shares of the results' frame.
    """

    before: Shown | None
    live: Shown | None
    candidate: Shown | None
    part: tuple[float, float, float, float] | None

    @classmethod
    def of(
        cls, before: Pixels | None, live: Pixels | None, candidate: Pixels | None, *, reframed: bool
    ) -> Self:
        """An exhibit of these photos; ``reframed`` says that the results show another section than before."""
        part = None
        if live is not None and candidate is not None:
            part = _part(live, candidate)
        shown = (
            _shown(before, None if reframed else part),
            _shown(live, part),
            _shown(candidate, part),
        )
        return cls(*shown, part)

    def addresses(self) -> list[dict[str, Any]]:
        """Title, size and data addresses of the three pictures, for a page; empty ones are None."""
        named = (("before", self.before), ("live", self.live), ("candidate", self.candidate))
        return [
            {
                "title": title,
                "size": one.size if one else None,
                "whole": _address(one.whole) if one else None,
                "detail": _address(one.detail) if one and one.detail else None,
            }
            for title, one in named
        ]


def write_profile(
    told: Mapping[str, Any], facts: Mapping[str, str], exhibits: Sequence[Exhibit | None], path: Path
) -> None:
    """Write a profile as one page that needs nothing but itself.

    Args:
        told: what ``packshot profile --json`` prints.
        facts: what was profiled, as names and values for the head of the page.
        exhibits: pictures of ``told["beside"]["worst"]``, in its order.
        path: where to.

    Raises:
        OSError: it cannot be written.
    """
    environment = Environment(
        loader=PackageLoader("packshot.edges", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": percent, "seconds": seconds, "worded": worded}
    style = (files("packshot.edges.report") / "style.css").read_text(encoding="utf-8")
    page = environment.get_template("profile.html.j2").render(
        made=datetime.now(UTC).strftime("%d %B %Y, %H:%M UTC"),
        told=told,
        facts=facts,
        groups=GROUPS,
        pictures=[exhibit.addresses() if exhibit else [] for exhibit in exhibits],
        parts=[exhibit.part if exhibit else None for exhibit in exhibits],
        style=Markup(style),  # noqa: S704 - our own file
    )
    write_atomically(path, page.encode("utf-8", "replace"))


def percent(share: float | None) -> str:
    """A share, 0..1, for people; a dash for what is not known."""
    return UNKNOWN if share is None else f"{100 * share:.1f} %"


def seconds(time: float | None) -> str:
    """A time for people, short ones in milliseconds; a dash for what is not known."""
    if time is None:
        return UNKNOWN
    if time < 1:
        return f"{1000 * time:.0f} ms"
    return f"{time:,.2f} s" if time < 100 else f"{time:,.0f} s"


def worded(value: float, unit: str) -> str:
    """The value of a metric for people; ``unit`` is one of :class:`packshot.rollout.metric.Metric`."""
    if unit == "share of photos":
        return percent(value)
    if unit == "seconds":
        return seconds(value)
    if unit == "bytes":
        return f"{value / 2**20:,.0f} MiB"
    return f"{1000 * value:.1f}" if unit == "per 1,000 photos" else f"{value:.3f}"


def _part(live: Pixels, candidate: Pixels) -> tuple[float, float, float, float] | None:
    """A square about where two results differ most, as large as a detail in the larger of them."""
    centre = widest_gap(live, candidate).centre
    if centre is None:
        return None
    height, width = max(live.shape[:2], candidate.shape[:2])
    side = min(_DETAIL, width, height)
    edges = []
    for middle, length in zip(centre, (width, height), strict=True):
        half = side / length / 2
        start = min(max(middle - half, 0.0), 1.0 - 2 * half)
        edges.append((start, start + 2 * half))
    (left, right), (top, bottom) = edges
    return left, top, right, bottom


def _shown(pixels: Pixels | None, part: tuple[float, float, float, float] | None) -> Shown | None:
    if pixels is None:
        return None
    height, width = pixels.shape[:2]
    scale = min(1.0, _WHOLE / max(width, height))
    whole = cv2.resize(
        pixels,
        (max(1, round(width * scale)), max(1, round(height * scale))),
        interpolation=cv2.INTER_AREA,
    )
    detail = None
    if part is not None:
        left, top, right, bottom = part
        cut = pixels[
            int(top * height) : max(int(top * height) + 1, round(bottom * height)),
            int(left * width) : max(int(left * width) + 1, round(right * width)),
        ]
        method = cv2.INTER_AREA if cut.shape[0] > _DETAIL else cv2.INTER_CUBIC
        detail = _jpeg(cv2.resize(cut, (_DETAIL, _DETAIL), interpolation=method), 92)
    return Shown((width, height), _jpeg(whole, 82), detail)


def _jpeg(pixels: Pixels, quality: int) -> bytes:
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality, subsampling=0)
    return buffer.getvalue()


def _address(jpeg: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"
