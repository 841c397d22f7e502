"""How a measured value becomes a severity and a score."""

from __future__ import annotations

import math
from dataclasses import dataclass

from packshot.finding import Severity


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a measured value starts to matter.

    Attributes:
        warning: the value from which the defect is noticeable; its score is 0 there.
        worst: the value from which it cannot get worse; its score is 1 there. Larger values are worse when
            it is above ``warning``, smaller ones when it is below.
        error: the value from which the photo is unfit to publish; infinite when it never is by this alone.
    """

    warning: float
    worst: float
    error: float = math.inf

    def severity(self, value: float) -> Severity | None:
        """The severity of ``value``; None when there is nothing to report."""
        sign = math.copysign(1.0, self.worst - self.warning)
        if sign * value < sign * self.warning:
            return None
        beyond = math.isfinite(self.error) and sign * value >= sign * self.error
        return Severity.ERROR if beyond else Severity.WARNING

    def score(self, value: float) -> float:
        """How bad ``value`` is, linear from 0 at ``warning`` to 1 at ``worst``, clipped."""
        return min(1.0, max(0.0, (value - self.warning) / (self.worst - self.warning)))
