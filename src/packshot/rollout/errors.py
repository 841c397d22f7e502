"""What the statistics of a rollout cannot be computed from."""

from __future__ import annotations

from packshot.errors import PackshotError


class MeasuredValueError(PackshotError):
    """{value} is not a value of {metric}: {wanted}. Correct what measures it."""

    code = "measured_value"


class NotBinaryError(PackshotError):
    """These are not the sums of zeros and ones, one a photo: n {n}, total {total}, squares {squares}."""

    code = "not_binary"


class DesignError(PackshotError):
    """{detail}."""

    code = "statistical_design"


class PlanError(PackshotError):
    """The plan in {where} cannot be used: {detail}."""

    code = "invalid_plan"


class NotPossibleError(PackshotError):
    """A rollout that is {status} cannot be told to {action}; see `packshot rollout status`."""

    code = "not_possible"
