"""What ``packshot profile`` prints. Heavy: imported only when it runs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from packshot.edges.report.profile_page import UNKNOWN, percent, seconds, worded
from packshot.rollout.metric import METRICS, Scale

_ROWS = 15  # categories and merchants that a terminal shows; --json and the page have more
_WIDE = 200  # columns where no terminal says how many there are: no name is cut in a log


def judged(metrics: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Metrics in their order, each with what it is, and whether the candidate is ``better`` or ``worse``.

    None where it is neither: differences that a metric's spread explains do not count.
    """
    order = list(METRICS)
    return sorted((_judged(row) for row in metrics), key=lambda row: order.index(row["metric"]))


def show(told: Mapping[str, Any], facts: Mapping[str, str]) -> None:
    """Print a profile on stdout; ``told`` is what ``--json`` prints, ``facts`` say what was profiled."""
    for name, value in facts.items():
        typer.echo(f"{name}: {value}")
    verdicts = ", ".join(f"{count} {verdict}" for verdict, count in told["verdicts"].items())
    typer.echo(f"{told['photos']} photos: {verdicts}; {percent(told['failing_share'])} failing as they came")
    if told["untreated"]:
        typer.echo(f"Photos without a trail: {counted(told['untreated'])}")
    _table(
        "What photos come with: errors",
        ("code", "photos", "share", "for a person", "rejected"),
        [(r["code"], r["photos"], percent(r["share"]), r["review"], r["reject"]) for r in told["came_with"]],
    )
    _table(
        "What holds photos back: findings that stand",
        ("code", "photos", "share", "alone", "for a person", "rejected"),
        [
            (r["code"], r["photos"], percent(r["share"]), r["alone"], r["review"], r["reject"])
            for r in told["held_back"]
        ],
    )
    _table(
        "What was undone",
        ("stage", "tried on", "undone", "in part", "because of"),
        [
            (r["stage"], r["tried"], r["undone"], r["partly_undone"], counted(r["harm"]))
            for r in told["undone"]
        ],
    )
    times = ("cpu_seconds", "cpu_p50", "cpu_p95", "seconds", "wall_p50", "wall_p95")
    _table(
        "What each stage costs",
        ("stage", "share", "CPU", "p50", "p95", "wall", "p50", "p95", "tried on"),
        [
            (r["stage"], percent(r["share"]), *(seconds(r[time]) for time in times), r["tried"] or "")
            for r in told["stages"]
        ],
    )
    for key, title in (("category", "categories"), ("merchant", "merchants")):
        rows = told[title]
        more = f": the first {_ROWS} of {len(rows)}" if len(rows) > _ROWS else ""
        _table(
            f"Which {title} hurt{more}",
            (key, "photos", "failing as they came", "for a person", "share", "rejected", "CPU a photo"),
            [
                (
                    r[key] or "not known",
                    r["photos"],
                    percent(r["failing_share"]),
                    r["review"],
                    percent(r["review_share"]),
                    r["reject"],
                    seconds(r["cpu_seconds_per_image"]),
                )
                for r in rows[:_ROWS]
            ],
        )
    if (beside := told["beside"]) is None:
        return
    _table(
        f"The candidate beside the live recipe: {beside['photos']} photos, {beside['differing']} differ",
        ("metric", "live", "candidate", "change", "", "pairs"),
        [
            (
                r["metric"],
                worded(r["live"], r["unit"]),
                worded(r["candidate"], r["unit"]),
                r["change"],
                r["judged"] or "",
                r["pairs"],
            )
            for r in beside["metrics"]
        ],
    )
    _table(
        "What differs most",
        ("photo", "difference", "live", "candidate", "only live", "only candidate"),
        [
            (
                r["photo"],
                f"{r['difference']:.3f}",
                r["live"],
                r["candidate"],
                ", ".join(r["only_live"] or ()),
                ", ".join(r["only_candidate"] or ()),
            )
            for r in beside["worst"]
        ],
    )


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table on stdout, unless it is empty; what begins with a digit or sign stands to the right."""
    if not rows:
        return
    grid = Table(title=title, title_justify="left", box=SIMPLE, pad_edge=False)
    for number, column in enumerate(columns):
        numeric = number > 0 and all(str(row[number])[:1] in f"0123456789+-{UNKNOWN}" for row in rows)
        grid.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        grid.add_row(*(escape(_printable(str(cell))) for cell in row))
    console = Console()
    (console if console.is_terminal else Console(width=_WIDE)).print(grid)


def counted(counts: Mapping[str, int]) -> str:
    """``3 seam, 1 residue``."""
    return ", ".join(f"{count} {name}" for name, count in counts.items())


def _printable(text: str) -> str:
    """``text`` without what steers a terminal: names of files come from anybody."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _judged(row: Mapping[str, Any]) -> dict[str, Any]:
    """See :func:`judged`."""
    metric = METRICS[row["metric"]]
    live, candidate = row["live"], row["candidate"]
    if metric.scale is Scale.RATIO:
        raw = math.log(max(candidate, metric.floor) / max(live, metric.floor))
        change = f"{100 * math.expm1(raw):+.1f} %"
    else:
        raw = candidate - live
        change = (
            f"{100 * raw:+.1f} points" if metric.binary and metric.per == 1 else f"{raw * metric.per:+.3f}"
        )
    effect = metric.effect(raw)
    side = None if abs(effect) <= metric.spread else "better" if effect > 0 else "worse"
    about = {"about": metric.about, "unit": metric.unit, "better": metric.better.value}
    return {**row, **about, "change": change if raw else "0", "judged": side}
