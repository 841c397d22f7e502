"""Sample-ratio mismatch: do the lanes get the products that the plan gives them?

If they don't, something drops or moves products on the way, and a comparison of the lanes means nothing. The
test is a Bayes factor of a Dirichlet mixture against the planned shares (Lindon and Malek, "Anytime-valid
inference for multinomial count data", 2022): exact, and it may be asked after every product.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scipy.special import gammaln

from packshot.rollout.errors import DesignError

CONCENTRATION = 1_000.0
"""How near the planned shares a mismatch is expected: larger finds smaller ones, later."""
SRM_ALPHA = 0.001
"""Risk that a sound assignment is ever called broken. A hash assigns right or wrong."""


@dataclass(frozen=True, slots=True)
class Assigned:
    """Products that each lane got, and the shares that it should get, scaled here to sum to 1."""

    counts: Mapping[str, int]
    shares: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Ratio:
    """How the products are spread over the lanes.

    Attributes:
        products: how many there are.
        found: the share of each lane.
        planned: the share that it should have.
        p: anytime-valid p-value: below alpha at any time with probability at most alpha, if all is well.
    """

    products: int
    found: Mapping[str, float]
    planned: Mapping[str, float]
    p: float

    @property
    def mismatch(self) -> bool:
        """Whether the spread cannot be luck."""
        return self.p < SRM_ALPHA

    @property
    def sentence(self) -> str:
        """What was found, for people."""
        lanes = ", ".join(
            f"{lane} {share:.1%} (planned {self.planned[lane]:.1%})" for lane, share in self.found.items()
        )
        return f"{self.products:,} products: {lanes}"

    def as_dict(self) -> dict[str, Any]:
        """JSON-compatible form."""
        return {
            "products": self.products,
            "found": {lane: round(share, 5) for lane, share in self.found.items()},
            "planned": {lane: round(share, 5) for lane, share in self.planned.items()},
            "p": self.p,
            "mismatch": self.mismatch,
        }


def sample_ratio(assigned: Assigned) -> Ratio:
    """Tests the spread of products over lanes.

    Raises:
        DesignError: a lane has products but no share, a share is not positive, or a count is negative.
    """
    counts, shares = assigned.counts, assigned.shares
    if (
        set(counts) - set(shares)
        or not shares
        or min(shares.values()) <= 0.0
        or min(counts.values(), default=0) < 0
    ):
        raise DesignError(detail=f"Every lane needs a positive share: {dict(counts)} of {dict(shares)}")
    whole, products = sum(shares.values()), sum(counts.values())
    planned = {lane: share / whole for lane, share in shares.items()}
    # log of the marginal likelihood under the mixture over that under the planned shares
    evidence = float(gammaln(CONCENTRATION) - gammaln(CONCENTRATION + products))
    for lane, share in planned.items():
        prior, count = CONCENTRATION * share, counts.get(lane, 0)
        evidence += float(gammaln(prior + count) - gammaln(prior)) - count * math.log(share)
    found = {lane: counts.get(lane, 0) / products if products else 0.0 for lane in planned}
    return Ratio(products, found, planned, math.exp(min(0.0, -evidence)))
