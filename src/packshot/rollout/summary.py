"""Statistics that add up: shards, hours and phases merge by ``+``, and the order never matters."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Summary:
    """How many values there were, their sum, and the sum of their squares."""

    n: int = 0
    total: float = 0.0
    squares: float = 0.0

    def __post_init__(self) -> None:
        if (
            self.n < 0
            or self.squares < 0.0
            or not (math.isfinite(self.total) and math.isfinite(self.squares))
        ):
            raise ValueError(f"no values have the sums n {self.n}, {self.total}, squares {self.squares}")

    @classmethod
    def of(cls, values: Iterable[float]) -> Summary:
        """The summary of ``values``, summed without loss of precision."""
        kept = [float(value) for value in values]
        return cls(len(kept), math.fsum(kept), math.fsum(value * value for value in kept))

    def __add__(self, other: Summary) -> Summary:
        return Summary(self.n + other.n, self.total + other.total, self.squares + other.squares)

    def __neg__(self) -> Summary:
        return Summary(self.n, -self.total, self.squares)

    @property
    def mean(self) -> float | None:
        """The mean; None where there are no values."""
        return self.total / self.n if self.n else None

    @property
    def variance(self) -> float | None:
        """The unbiased variance; None below two values, where it is not known (which is not 0)."""
        if self.n < 2:
            return None
        return max(0.0, self.squares - self.total * self.total / self.n) / (self.n - 1)


@dataclass(frozen=True, slots=True)
class Paired:
    """Both lanes saw the same photos: candidate minus live of each, transformed as its metric says."""

    differences: Summary

    @property
    def photos(self) -> int:
        """Photos that the candidate has seen."""
        return self.differences.n


@dataclass(frozen=True, slots=True)
class Split:
    """The lanes saw different photos: the transformed values of each lane."""

    live: Summary
    candidate: Summary

    @property
    def photos(self) -> int:
        """Photos that the candidate has seen."""
        return self.candidate.n


Observed = Paired | Split
