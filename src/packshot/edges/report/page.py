"""Builds the page: totals, what was found, where the time went, and a card for each photo."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from packshot.edges.encode import write_atomically
from packshot.edges.report.cards import Card, State, card_of
from packshot.edges.report.standing import Line
from packshot.finding import Severity

PICTURE_BUDGET = 30_000_000
"""Characters of pictures in one page; browsers stay quick. Later cards, the least urgent ones, have none."""

_HERE = files("packshot.edges.report")


@dataclass(frozen=True, slots=True)
class Run:
    """What was run, as far as the trail's lines do not tell.

    Attributes:
        total: photos that were given.
        resumed: of them, done by an earlier call.
        channels: whose rules were applied.
        as_of: the day on which those rules are in force.
        version: of packshot.
        attested_by: who stated the right to alter the photos; None when nobody did.
        images_per_hour, cpu_seconds_per_image: measured over those that this call did; None where unknown.
    """

    total: int
    resumed: int
    channels: tuple[str, ...]
    as_of: date
    version: str
    attested_by: str | None = None
    images_per_hour: float | None = None
    cpu_seconds_per_image: float | None = None


@dataclass(frozen=True, slots=True)
class CodeCount:
    """How many photos came with a finding, and on how many of them it is gone."""

    code: str
    photos: int
    cured: int


@dataclass(frozen=True, slots=True)
class StageCost:
    """Processor time of a stage over all photos, and its share of the whole, 0..1."""

    stage: str
    cpu_seconds: float
    share: float
    applied: int


def write_report(
    lines: Sequence[Line],
    run: Run,
    *,
    out: Path,
    previews: Path,
    name: str = "report.html",
    notes: Mapping[str, str] | None = None,
) -> Path:
    """Write the report of the output folder ``out``.

    Args:
        lines: a line of the trail for each photo.
        run: what the lines do not tell.
        out: the output folder; addresses of files are relative to it.
        previews: folder of the pictures.
        name: file name of the page.
        notes: a remark to show with a photo, by the photo's target.

    Raises:
        OSError: it cannot be written.
    """
    cards = sorted((card_of(line, out) for line in lines), key=lambda card: list(State).index(card.state))
    script = (_HERE / "script.js").read_text(encoding="utf-8")
    environment = Environment(
        loader=PackageLoader("packshot.edges", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("page.html.j2").render(
        made=datetime.now(UTC).strftime("%d %B %Y, %H:%M UTC"),
        run=run,
        facts=_facts(lines, run),
        cards=_illustrated(cards, previews),
        states=Counter(card.state.value for card in cards),
        codes=code_counts(cards),
        stages=stage_costs(lines),
        notes=notes or {},
        style=Markup((_HERE / "style.css").read_text(encoding="utf-8")),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - our own file
        # The browser runs this one script and no other, even if something slipped through the escaping.
        script_digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )
    path = out / name
    write_atomically(path, page.encode("utf-8", "replace"))
    return path


def code_counts(cards: Sequence[Card]) -> list[CodeCount]:
    """Findings of severity warning or error by the number of photos with them, most frequent first.

    On a photo with several of a code the gravest count: advice that is left does not hide a demand that was
    met.
    """
    photos: Counter[str] = Counter()
    cured: Counter[str] = Counter()
    order = list(Severity)
    for card in cards:
        for code in dict.fromkeys(flaw.code for flaw in card.flaws):
            own = [flaw for flaw in card.flaws if flaw.code == code]
            gravest = max((flaw.severity for flaw in own), key=lambda name: order.index(Severity(name)))
            photos[code] += 1
            cured[code] += all(flaw.cured for flaw in own if flaw.severity == gravest)
    return [CodeCount(code, number, cured[code]) for code, number in photos.most_common()]


def stage_costs(lines: Sequence[Line]) -> list[StageCost]:
    """Processor time per stage in the order of the pipeline."""
    whole_story: Sequence[Mapping[str, Any]] = max((line["steps"] for line in lines), key=len, default=[])
    seconds: dict[str, float] = {step["stage"]: 0.0 for step in whole_story}
    applied: Counter[str] = Counter()
    for line in lines:
        for step in line["steps"]:
            seconds[step["stage"]] = seconds.get(step["stage"], 0.0) + step["cpu_seconds"]
            applied[step["stage"]] += step["outcome"] in ("applied", "partly_undone")
    whole = sum(seconds.values()) or 1.0
    return [StageCost(stage, cost, cost / whole, applied[stage]) for stage, cost in seconds.items()]


def _facts(lines: Sequence[Line], run: Run) -> dict[str, str]:
    """What was run, as names and values for the head of the page."""
    done = f"{len(lines)}" if len(lines) == run.total else f"{len(lines)} of {run.total}, interrupted"
    facts = {
        "Photos": done,
        "Channels": ", ".join(run.channels),
        "Rules as of": run.as_of.isoformat(),
        "Right to alter attested by": run.attested_by or "nobody",
        "packshot": run.version,
    }
    return facts | ({"Recipe": lines[0]["recipe_digest"][:12]} if lines else {})


def _illustrated(cards: Sequence[Card], previews: Path) -> Iterator[tuple[Card, dict[str, Any]]]:
    """Cards with their pictures, until the budget is spent; lazily, so that few are in memory at a time."""
    left = PICTURE_BUDGET
    for card in cards:
        pictures = card.pictures(previews if left > 0 else Path())
        left -= sum(len(picture) for picture in pictures.values() if picture)
        yield card, pictures
