"""The gate of a phase: what was observed, judged against guardrails and goals.

The verdict may be asked for after every photo. A candidate that keeps all guardrails is ever rolled back with
probability at most ``alpha_rollback``; one that breaks a guardrail ever advances with probability at most
``alpha_advance``. Both hold for one stream of photos: a phase that starts counting anew spends them anew.

Photos are taken as independent. Where photos of one product share their fate, compare one photo a product:
with galleries of 4 that always agree, a simulation rolled back 2 to 3 % of equal candidates and advanced a
tenth of those at the margin; with galleries of 10 the bounds mean nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from packshot.rollout import sequential
from packshot.rollout.errors import DesignError
from packshot.rollout.metric import Metric, metric_named
from packshot.rollout.srm import Assigned, sample_ratio
from packshot.rollout.summary import Observed, Paired, Summary

TUNED_ROLLBACK = 50
"""Photos at which the bounds that roll back are closest: gross harm shall be seen early."""
TUNED_ADVANCE = 500
"""Photos at which the bounds that let through are closest."""
_FARTHEST = 10.0  # a bound of e**10 times as slow says nothing yet


class Verdict(StrEnum):
    """What the evidence says about a phase."""

    ADVANCE = "advance"
    HOLD = "hold"
    ROLL_BACK = "roll_back"
    INCONCLUSIVE = "inconclusive"
    """The phase's limit is reached and the question is still open."""
    ERROR = "error"
    """It cannot be judged: a metric is not measured."""


class Outcome(StrEnum):
    """What the evidence says about one condition."""

    PASS = "pass"  # noqa: S105 - not a password
    BREACH = "breach"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Guardrail:
    """What must not get worse: the candidate may be worse by less than ``margin``.

    ``margin`` is in the metric's unit as shown: 0.02 is two points of a share, 0.2 a fifth of a ratio (20 %
    slower), 5 is five manual edits per 1,000.
    """

    metric: str
    margin: float

    def __post_init__(self) -> None:
        known = metric_named(self.metric)
        if not self.margin > 0.0 or not math.isfinite(known.inside(-self.margin)):
            raise DesignError(
                detail=f"The margin of {self.metric} must be above 0 and possible, not {self.margin}"
            )


@dataclass(frozen=True, slots=True)
class Goal:
    """What must get better, by at least ``at_least`` in the metric's unit as shown; 0: not worse."""

    metric: str
    at_least: float

    def __post_init__(self) -> None:
        known = metric_named(self.metric)
        if not self.at_least >= 0.0 or not math.isfinite(known.inside(self.at_least)):
            raise DesignError(
                detail=f"The aim for {self.metric} must be at least 0 and possible, not {self.at_least}"
            )


@dataclass(frozen=True, slots=True)
class Check:
    """A check that needs no label, such as 'a second pass changes nothing'.

    Attributes:
        name: what holds.
        tried: photos that it was tried on.
        failed: photos on which it did not hold.
        allowed: the share of photos on which it need not hold; 0 makes any failure a breach.
    """

    name: str
    tried: int
    failed: int
    allowed: float = 0.0

    def __post_init__(self) -> None:
        if not (0 <= self.failed <= self.tried and 0.0 <= self.allowed < 1.0):
            raise DesignError(
                detail=f"{self.failed} failures of {self.tried} (allowed {self.allowed}) cannot be"
            )


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known about one condition.

    Attributes:
        metric: its name, or that of a check.
        kind: ``guardrail``, ``goal`` or ``check``.
        n: photos of the candidate.
        effect: how much better it was, in the metric's unit as shown; of a check, the share that failed.
        lower, upper: bounds of that, right at all times, each with its own risk; None while not known.
        margin: what the effect is held against: minus the margin, the aim, or the share allowed.
        outcome: pass, breach or open.
        paired: both lanes saw the same photos.
        sentence: the same for people.
    """

    metric: str
    kind: str
    n: int
    effect: float | None
    lower: float | None
    upper: float | None
    margin: float
    outcome: Outcome
    paired: bool
    sentence: str

    def as_dict(self) -> dict[str, Any]:
        """JSON-compatible form."""
        return asdict(self) | {"outcome": self.outcome.value}


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, the evidence for it, and the reasons in sentences."""

    verdict: Verdict
    evidence: tuple[Evidence, ...]
    reasons: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON-compatible form."""
        return {
            "verdict": self.verdict.value,
            "evidence": [evidence.as_dict() for evidence in self.evidence],
            "reasons": list(self.reasons),
        }


def judge(
    guardrails: Sequence[Guardrail],
    goals: Sequence[Goal],
    observed: Mapping[str, Observed],
    *,
    least: int,
    alpha_rollback: float = 0.01,
    alpha_advance: float = 0.01,
    assigned: Assigned | None = None,
    checks: Sequence[Check] = (),
    photos: int | None = None,
    exhausted: bool = False,
) -> Judgement:
    """What the evidence so far says.

    A breach rolls back, whatever else is known. Products that are not spread as planned hold everything else.

    Args:
        guardrails: what must not get worse.
        goals: what must get better.
        observed: by metric, what both lanes did; a metric that was not observed is left out or empty.
        least: photos that the candidate must have seen before it can advance.
        alpha_rollback: risk of ever rolling back a candidate that keeps all; shared out over the conditions.
        alpha_advance: risk of ever advancing one that breaks a guardrail or misses a goal.
        assigned: products of each lane; None where nothing is assigned, as in a shadow.
        checks: label-free checks.
        photos: how many the phase has seen; by default the most that any metric tells of.
        exhausted: the phase's limit of photos or hours is reached.
    """
    risk = alpha_rollback / max(1, len(guardrails) + len(checks))
    evidence = (
        *(
            _guarded(guardrail, observed.get(guardrail.metric), risk, alpha_advance)
            for guardrail in guardrails
        ),
        *(_aimed(goal, observed.get(goal.metric), risk, alpha_advance) for goal in goals),
        *(_checked(check, risk) for check in checks),
    )
    if photos is None:
        photos = max((seen.photos for seen in observed.values()), default=0)

    def because(verdict: Verdict, *reasons: str) -> Judgement:
        return Judgement(verdict, evidence, reasons)

    breaches = [part.sentence for part in evidence if part.outcome is Outcome.BREACH]
    if breaches:
        return because(Verdict.ROLL_BACK, *breaches)
    if assigned is not None and (ratio := sample_ratio(assigned)).mismatch:
        return because(
            Verdict.HOLD, f"Products are not spread as planned, so lanes don't compare: {ratio.sentence}."
        )
    silent = [part.metric for part in evidence if part.kind != "check" and part.effect is None]
    if silent and photos >= least:
        return because(Verdict.ERROR, f"Not measured in {photos:,} photos: {', '.join(silent)}.")
    waiting = [part.sentence for part in evidence if part.outcome is Outcome.OPEN and part.kind != "check"]
    if photos < least:
        waiting.insert(0, f"{photos:,} of at least {least:,} photos seen.")
    if not waiting:
        return because(Verdict.ADVANCE, f"All conditions hold after {photos:,} photos.")
    return because(Verdict.INCONCLUSIVE if exhausted else Verdict.HOLD, *waiting)


@dataclass(frozen=True, slots=True)
class _Found:
    """What is known of one metric: bounds as shown, None where not known."""

    metric: Metric
    seen: Observed | None
    effect: float | None = None
    lower: float | None = None
    upper: float | None = None

    @classmethod
    def of(cls, name: str, seen: Observed | None, risk: float, alpha: float) -> _Found:
        """The bounds: the upper one with ``risk``, the lower one with ``alpha``."""
        metric = metric_named(name)
        effect = None if seen is None else sequential.effect(seen, metric)
        if seen is None or effect is None:
            return cls(metric, seen)
        # What lets a candidate through must hold for rare extremes too; what takes it back shall be quick.
        lower = sequential.lower(seen, metric, alpha, tuned=TUNED_ADVANCE, exact=True)
        upper = sequential.upper(seen, metric, risk, tuned=TUNED_ROLLBACK, exact=False)
        return cls(
            metric,
            seen,
            metric.shown(effect),
            metric.shown(lower) if lower > -_FARTHEST else None,
            metric.shown(upper) if upper < _FARTHEST else None,
        )

    def evidence(self, kind: str, margin: float, outcome: Outcome, against: str) -> Evidence:
        """The same as evidence, with a sentence."""
        n, paired = (0, False) if self.seen is None else (self.seen.photos, isinstance(self.seen, Paired))
        text = "not measured yet"
        if self.effect is not None:
            side = "better" if self.effect >= 0.0 else "worse"
            text = f"{self.metric.words(self.effect)} {side} on {n:,} photos, {self._range()}"
        sentence = f"{self.metric.name}: {text}; {against}."
        figures = self.effect, self.lower, self.upper
        return Evidence(self.metric.name, kind, n, *figures, margin, outcome, paired, sentence)

    def _range(self) -> str:
        low, high = (
            None if end is None else f"{'+' if end >= 0.0 else '-'}{self.metric.words(end)}"
            for end in (self.lower, self.upper)
        )
        if low is None and high is None:
            return "too few to say how sure"
        if low is None:
            return f"surely below {high}"
        return f"surely above {low}" if high is None else f"surely between {low} and {high}"


def _guarded(guardrail: Guardrail, seen: Observed | None, risk: float, alpha: float) -> Evidence:
    found = _Found.of(guardrail.metric, seen, risk, alpha)
    if found.upper is not None and found.upper < -guardrail.margin:
        outcome = Outcome.BREACH
    elif found.lower is not None and found.lower > -guardrail.margin:
        outcome = Outcome.PASS
    else:
        outcome = Outcome.OPEN
    allowed = f"{found.metric.words(guardrail.margin)} worse allowed"
    return found.evidence("guardrail", -guardrail.margin, outcome, allowed)


def _aimed(goal: Goal, seen: Observed | None, risk: float, alpha: float) -> Evidence:
    found = _Found.of(goal.metric, seen, risk, alpha)
    outcome = Outcome.PASS if found.lower is not None and found.lower >= goal.at_least else Outcome.OPEN
    wanted = f"{found.metric.words(goal.at_least)} better wanted"
    return found.evidence("goal", goal.at_least, outcome, wanted)


def _checked(check: Check, risk: float) -> Evidence:
    counts = Summary(check.tried, float(check.failed), float(check.failed))
    lower = sequential.bounded_lower(counts, risk, low=0.0, binary=True)
    upper = sequential.bounded_upper(counts, risk, high=1.0, binary=True)
    if (check.allowed == 0.0 and check.failed) or lower > check.allowed:
        outcome = Outcome.BREACH
    elif counts.mean is not None and counts.mean <= check.allowed:
        outcome = Outcome.PASS
    else:
        outcome = Outcome.OPEN
    sentence = (
        f"{check.name}: failed on {check.failed:,} of {check.tried:,} photos; {check.allowed:g} allowed."
    )
    figures = counts.mean, lower, upper
    return Evidence(check.name, "check", check.tried, *figures, check.allowed, outcome, False, sentence)
