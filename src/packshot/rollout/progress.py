"""Where a rollout is, and where a judgement or a person takes it. Pure: the same input, the same step."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from packshot.rollout.errors import NotPossibleError
from packshot.rollout.gate import Verdict
from packshot.rollout.plan import Plan


class Status(StrEnum):
    """What a rollout does."""

    RUNNING = "running"
    HELD = "held"
    """It stays where it is until a person decides; the candidate keeps its share."""
    PROMOTED = "promoted"
    ROLLED_BACK = "rolled_back"
    ABORTED = "aborted"


class Action(StrEnum):
    """What can happen to it."""

    START = "start"
    ADVANCE = "advance"
    PROMOTE = "promote"
    ROLL_BACK = "roll_back"
    HOLD = "hold"
    RESUME = "resume"
    ABORT = "abort"


OPEN = frozenset({Status.RUNNING, Status.HELD})


@dataclass(frozen=True, slots=True)
class Progress:
    """Where it is.

    Attributes:
        status: what it does.
        phase: index of its phase in the plan.
        errors: judgements in a row that ended in an error.
    """

    status: Status = Status.RUNNING
    phase: int = 0
    errors: int = 0

    def share(self, plan: Plan) -> float:
        """The share of products that get the candidate's result, 0..1."""
        return plan.phases[self.phase].share if self.status in OPEN else 0.0


@dataclass(frozen=True, slots=True)
class Step:
    """What a judgement leads to: the new progress, and the action; None where it only goes on."""

    progress: Progress
    action: Action | None = None


def judged(plan: Plan, progress: Progress, verdict: Verdict) -> Step:
    """Where ``verdict`` takes a rollout. One that is held moves only backwards by itself."""
    if progress.status not in OPEN:
        return Step(progress)
    errors = progress.errors + 1 if verdict is Verdict.ERROR else 0
    now = replace(progress, errors=errors)
    if verdict is Verdict.ROLL_BACK or errors >= plan.threshold:
        return Step(replace(now, status=Status.ROLLED_BACK), Action.ROLL_BACK)
    if progress.status is Status.HELD or verdict in (Verdict.HOLD, Verdict.ERROR):
        return Step(now)
    if verdict is Verdict.INCONCLUSIVE:
        return Step(replace(now, status=Status.HELD), Action.HOLD)
    return _onward(plan, now)


def told(plan: Plan, progress: Progress, action: Action) -> Step:
    """Where a person's ``action`` takes a rollout.

    Raises:
        NotPossibleError: it has ended, or is not in a state for that.
    """
    if progress.status not in OPEN:
        raise NotPossibleError(action=action.value, status=progress.status.value)
    if action is Action.ROLL_BACK:
        return Step(replace(progress, status=Status.ROLLED_BACK), action)
    if action is Action.ABORT:
        return Step(replace(progress, status=Status.ABORTED), action)
    if action is Action.PROMOTE:
        return Step(replace(progress, status=Status.PROMOTED), action)
    if action is Action.ADVANCE:
        return _onward(plan, replace(progress, status=Status.RUNNING, errors=0))
    wanted, result = {
        Action.HOLD: (Status.RUNNING, Status.HELD),
        Action.RESUME: (Status.HELD, Status.RUNNING),
    }.get(action, (None, progress.status))
    if progress.status is not wanted:
        raise NotPossibleError(action=action.value, status=progress.status.value)
    return Step(replace(progress, status=result), action)


def _onward(plan: Plan, progress: Progress) -> Step:
    if progress.phase + 1 == len(plan.phases):
        return Step(replace(progress, status=Status.PROMOTED), Action.PROMOTE)
    return Step(replace(progress, phase=progress.phase + 1, errors=0), Action.ADVANCE)
