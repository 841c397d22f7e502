"""Effects as people read them: in words, as places on a line, and as levels of either lane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from packshot.rollout.metric import METRICS, Metric, Scale
from packshot.web.review.wording import UNKNOWN, duration, percent, size

_MINUS = "\N{MINUS SIGN}"
_REACH = 3.0
"""A guardrail's line goes so many margins to either side of no effect."""
_ENDS = ("effect", "lower", "upper")
_FARTHEST = 3.0
"""A logarithm, twenty times as slow: intervals that go beyond it are cut off."""
_SECONDS = frozenset({"latency", "cpu", "time_to_publish"})


@dataclass(frozen=True, slots=True)
class Plot:
    """An interval as places on a line, 0 to 100 from left (worse) to right (better); no effect is at 50.

    Attributes:
        low, high: its ends, or the line's where it goes on beyond.
        middle: the effect itself; None where it lies beyond the line.
        cut_low, cut_high: whether it goes on beyond the line.
        limit: what the effect is held against; None for nothing.
    """

    low: float
    high: float
    middle: float | None
    cut_low: bool
    cut_high: bool
    limit: float | None = None

    @classmethod
    def of(cls, one: Mapping[str, Any], reach: float, limit: float | None = None) -> Plot | None:
        """Of ``effect``, ``lower`` and ``upper``, on a line from minus to plus ``reach``."""
        if one["effect"] is None:
            return None
        low = -reach if one["lower"] is None else max(-reach, min(reach, one["lower"]))
        high = reach if one["upper"] is None else max(-reach, min(reach, one["upper"]))

        def place(value: float) -> float:
            return round(50 + 50 * value / reach, 2)

        return cls(
            low=place(low),
            high=place(high),
            middle=place(one["effect"]) if abs(one["effect"]) <= reach else None,
            cut_low=one["lower"] is None or one["lower"] < -reach,
            cut_high=one["upper"] is None or one["upper"] > reach,
            limit=None if limit is None else place(limit),
        )


@dataclass(frozen=True, slots=True)
class Condition:
    """A metric of a rollout: how both lanes stand, and what its gate says; all in words.

    Attributes:
        metric: its name.
        label: the same for people.
        about: what it measures.
        kind: ``guardrail``, ``goal``, ``check``; empty where nothing is asked of it.
        outcome: ``pass``, ``breach``, ``open``; empty likewise.
        photos: that say something about it.
        paired: whether both lanes saw the same ones.
        live, candidate: levels of the lanes.
        effect, between, limit: what was found, its bounds, and what it is held against.
        sentence: the gate's own.
        plot: the same as a line.
    """

    metric: str
    label: str
    about: str
    kind: str
    outcome: str
    photos: int
    paired: bool
    live: str
    candidate: str
    effect: str
    between: str
    limit: str
    sentence: str
    plot: Plot | None


def conditions(judgement: Mapping[str, Any]) -> Sequence[Condition]:
    """What a judgement says of each metric: first what it was judged by, then what only was measured."""
    levels = judgement.get("levels", {})
    judged = [_judged(one, levels.get(one["metric"])) for one in judgement["evidence"]]
    known = {one.metric for one in judged}
    return [*judged, *(_measured(name, levels[name]) for name in METRICS if name in levels.keys() - known)]


def label(metric: str) -> str:
    """A metric's name for people."""
    words = metric.replace("_", " ")
    return {"cpu": "CPU"}.get(metric, words[:1].upper() + words[1:])


def level(metric: str, value: float | None) -> str:
    """The mean of a metric in one lane."""
    if value is None:
        return UNKNOWN
    known = METRICS[metric]
    if metric in _SECONDS:
        return duration(value)
    if metric == "memory":
        return size(value)
    if known.per != 1.0:
        return f"{value * known.per:.3g} per {known.per:,.0f}"
    return percent(value) if known.binary else f"{value:.4f}"


def effect(metric: str, value: float | None) -> str:
    """How much better or worse."""
    if value is None:
        return "not measured"
    words = METRICS[metric].words(value)
    return "no difference" if words.startswith("0 ") else f"{words} {'better' if value > 0 else 'worse'}"


def between(metric: str, lower: float | None, upper: float | None) -> str:
    """The bounds of an effect; more is better."""
    if lower is None and upper is None:
        return "too few photos to say"
    known = METRICS[metric]
    low = "anything" if lower is None else _signed(known, lower)
    high = "anything" if upper is None else _signed(known, upper)
    unit = "" if upper is None else high[high.index(" ") :]
    if unit:
        low = low.removesuffix(unit).removesuffix(" point")
    return f"{low} to {high}"


def plots(comparisons: Sequence[Mapping[str, Any]]) -> Sequence[Plot | None]:
    """Of each comparison of an experiment; those on one scale share their line.

    Ratios are drawn as logarithms: twice as slow and twice as fast are equally far from the middle.
    """
    drawn = [{**one, **{end: _inside(one["metric"], one[end]) for end in _ENDS}} for one in comparisons]
    farthest: dict[Scale, float] = {}
    for one in drawn:
        scale = METRICS[one["metric"]].scale
        farthest[scale] = max(
            farthest.get(scale, 0.0), *(min(_FARTHEST, abs(one[end] or 0.0)) for end in _ENDS)
        )
    return [
        None if one["refusal"] else Plot.of(one, 1.05 * farthest[METRICS[one["metric"]].scale] or 1.0)
        for one in drawn
    ]


def _judged(one: Mapping[str, Any], levels: Sequence[float | None] | None) -> Condition:
    metric, kind, limit = one["metric"], one["kind"], one["margin"]
    checked = kind == "check"
    live, candidate = levels or (None, None)
    ends = [abs(one[end]) for end in _ENDS if one[end] is not None]
    reach = _REACH * abs(limit) or 1.05 * max(ends, default=0.0) or 1.0
    return Condition(
        metric=metric,
        label=label(metric),
        about="" if checked else METRICS[metric].about,
        kind=kind,
        outcome=one["outcome"],
        photos=one["n"],
        paired=one["paired"],
        live=UNKNOWN if checked else level(metric, live),
        candidate=UNKNOWN if checked else level(metric, candidate),
        effect=_failures(one["effect"]) if checked else effect(metric, one["effect"]),
        between=UNKNOWN if checked or one["effect"] is None else between(metric, one["lower"], one["upper"]),
        limit=_asked(metric, kind, limit),
        sentence=one["sentence"],
        plot=None if checked else Plot.of(one, reach, limit),
    )


def _measured(metric: str, levels: Sequence[float | None]) -> Condition:
    live, candidate = levels
    return Condition(
        metric=metric,
        label=label(metric),
        about=METRICS[metric].about,
        kind="",
        outcome="",
        photos=0,
        paired=False,
        live=level(metric, live),
        candidate=level(metric, candidate),
        effect=UNKNOWN,
        between=UNKNOWN,
        limit=UNKNOWN,
        sentence="",
        plot=None,
    )


def _asked(metric: str, kind: str, limit: float) -> str:
    if kind == "check":
        return f"{percent(limit)} may fail"
    if kind == "goal" and limit == 0.0:
        return "must not be worse"
    return f"{METRICS[metric].words(limit)} {'worse allowed' if kind == 'guardrail' else 'better wanted'}"


def _failures(share: float | None) -> str:
    return "not tried" if share is None else f"{percent(share)} failed"


def _inside(metric: str, shown: float | None) -> float | None:
    return None if shown is None else METRICS[metric].inside(shown)


def _signed(metric: Metric, value: float) -> str:
    words = metric.words(value)
    return words if words.startswith("0 ") else f"{'+' if value > 0 else _MINUS}{words}"
