"""The plan of a rollout: what changes, through which phases, and what must hold. Frozen data, from YAML.

The words are Flagger's where it has them: ``interval``, ``threshold``, ``mirror``, ``weight``.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from packshot.rollout.gate import Goal, Guardrail
from packshot.rollout.reading import checked
from packshot.rollout.summary import Observed

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
"""Of a rollout or an experiment: lower case, digits, dots and dashes."""
Share = Annotated[float, Field(gt=0.0, le=1.0)]


def _guarding(margins: Mapping[str, float]) -> Mapping[str, float]:
    for metric, margin in margins.items():
        Guardrail(metric, margin)
    return margins


def _aiming(aims: Mapping[str, float]) -> Mapping[str, float]:
    for metric, at_least in aims.items():
        Goal(metric, at_least)
    return aims


Number = Annotated[float, Field(allow_inf_nan=False)]
Margins = Annotated[Mapping[str, Number], AfterValidator(_guarding)]
Aims = Annotated[Mapping[str, Number], AfterValidator(_aiming)]


class Kind(StrEnum):
    """What a phase does."""

    REPLAY = "replay"
    """Stored photos run through the candidate."""
    SHADOW = "shadow"
    """New photos run through both; only the live result counts."""
    CANARY = "canary"
    """A share of the products gets the candidate's result."""


class Phase(BaseModel):
    """One phase.

    Attributes:
        kind: what it does. weight: canary: the share of products, 0..1. mirror: share of the photos that the
        other recipe sees as well, 0..1: of all photos in a shadow, of the
            canary's photos in a canary. Pairs need far fewer photos than a comparison of different ones.
        least: photos that must have been compared before the phase can be left.
        most: photos after which an open question is left to a person.
        hours: hours after which it is.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    weight: Share = 1.0
    mirror: Annotated[float, Field(ge=0.0, le=1.0)] = 1.0
    least: int = Field(default=200, ge=1)
    most: int = Field(default=5_000, ge=1)
    hours: float = Field(default=168.0, gt=0.0)

    @model_validator(mode="after")
    def _enough(self) -> Self:
        if self.most < self.least:
            raise ValueError("`most` is smaller than `least`")
        if self.kind is not Kind.CANARY and self.mirror == 0.0:
            raise ValueError(f"a {self.kind.value} without `mirror` compares nothing")
        return self

    @property
    def share(self) -> float:
        """The share of products that get the candidate's result."""
        return self.weight if self.kind is Kind.CANARY else 0.0

    @property
    def title(self) -> str:
        """What it is called: ``replay``, ``shadow``, ``canary 10 %``."""
        return f"canary {self.weight * 100:g} %" if self.kind is Kind.CANARY else self.kind.value


DEFAULT_PHASES = (
    Phase(kind=Kind.REPLAY, most=2_000),
    Phase(kind=Kind.SHADOW),
    *(Phase(kind=Kind.CANARY, weight=weight) for weight in (0.10, 0.25, 0.50, 1.0)),
)

DEFAULT_GUARDRAILS: Mapping[str, float] = {
    "failure_rate": 0.02,
    "harm_rate": 0.02,
    "artifact_rate": 0.03,
    "pass_rate": 0.03,
    "edge_fidelity": 0.02,
    "cpu": 0.25,
    "latency": 0.5,
    "memory": 0.25,
}
"""How much worse a candidate may be: shares and scores by so much, cpu, latency and memory by that part."""


PARTIAL = frozenset(
    {
        "edge_fidelity",
        "artifact_rate",
        "text_residue",
        "harm_rate",
        "approval",
        "time_to_publish",
        "automation",
    }
)
"""Metrics that only photos of a kind say something about: those that were changed, reviewed, published."""


class Plan(BaseModel):
    """What a rollout file says.

    Attributes:
        rollout: its name.
        candidate: what differs from the live recipe: keys of a recipe, merged into the live one.
        categories: only photos of these categories take part; all by default.
        phases: in order.
        interval: seconds between two judgements.
        threshold: judgements in a row that may end in an error before it is rolled back.
        guardrails: how much worse the candidate may be, by metric.
        goals: how much better it must be, by metric.
        alpha_rollback: risk of rolling back a candidate that keeps all guardrails, over the whole rollout.
        alpha_advance: risk, in each phase, of passing one that does not.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rollout: Name
    candidate: Mapping[str, Any]
    categories: tuple[str, ...] = ()
    phases: tuple[Phase, ...] = Field(default=DEFAULT_PHASES, min_length=1)
    interval: float = Field(default=60.0, ge=0.05, le=86_400.0)
    threshold: int = Field(default=3, ge=1)
    guardrails: Margins = Field(default=DEFAULT_GUARDRAILS, min_length=1)
    goals: Aims = Field(default_factory=dict)
    alpha_rollback: float = Field(default=0.02, gt=0.0, lt=0.5)
    alpha_advance: float = Field(default=0.01, gt=0.0, lt=0.5)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        order = [(list(Kind).index(phase.kind), phase.share) for phase in self.phases]
        if order != sorted(order):
            raise ValueError("`phases` must go from replay to shadow to growing canaries")
        canaries = [phase for phase in self.phases if phase.kind is Kind.CANARY]
        if canaries and canaries[0].weight == 1.0:
            raise ValueError(
                "the first canary must leave products to compare with: give it a `weight` below 1"
            )
        return self

    @classmethod
    def from_dict(cls, raw: Any, where: str) -> Self:  # noqa: ANN401 - raw YAML
        """A checked plan.

        Raises:
            PlanError: a key or value is wrong; says which.
            UnknownNameError: a metric does not exist; lists those that do.
        """
        return checked(cls, raw, where)

    def guards(self, observed: Mapping[str, Observed]) -> tuple[Guardrail, ...]:
        """The guardrails of a phase that observes these metrics.

        A metric that only some photos say something about guards nothing as long as there was no such photo.
        """
        return tuple(
            Guardrail(metric, margin)
            for metric, margin in self.guardrails.items()
            if metric in observed and not (metric in PARTIAL and observed[metric].photos == 0)
        )

    def aims(self) -> tuple[Goal, ...]:
        """The goals."""
        return tuple(Goal(metric, at_least) for metric, at_least in self.goals.items())

    def concerns(self, category: str | None) -> bool:
        """Whether photos of ``category`` take part: its whole name or its last part is listed."""
        if not self.categories:
            return True
        if category is None:
            return False
        last = category.replace(">", "/").split("/")[-1].strip()
        return category in self.categories or last in self.categories
