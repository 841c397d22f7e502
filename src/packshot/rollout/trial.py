"""What an experiment file says. Frozen data, from YAML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from packshot.rollout.experiment import AlwaysValid, Design, GroupSequential
from packshot.rollout.metric import metric_named
from packshot.rollout.plan import Name, Share
from packshot.rollout.reading import checked

DEFAULT_METRICS = (
    *("pass_rate", "edge_fidelity", "artifact_rate", "failure_rate", "automation", "manual_edits"),
    *("approval", "latency", "cpu", "time_to_publish"),
)


class Always(BaseModel):
    """Valid whenever it is looked at."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["always_valid"] = "always_valid"
    alpha: float = Field(default=0.05, gt=0.0, lt=1.0)


class Looks(BaseModel):
    """A few planned looks, closer intervals; ``photos`` of the smallest arm are the whole of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["group_sequential"]
    photos: int = Field(ge=10)
    looks: int = Field(default=5, ge=1, le=50)
    alpha: float = Field(default=0.05, gt=0.0, lt=1.0)


class Trial(BaseModel):
    """An experiment.

    Attributes:
        experiment: its name.
        arms: what differs from the live recipe, by arm; nothing for the live recipe itself.
        control: the arm that the others are held against.
        shares: of the products, by arm, together at most 1; products beyond take no part.
        categories: only photos of these take part; all by default.
        metrics: what is compared.
        design: how often the result may be looked at.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    experiment: Name
    arms: Annotated[Mapping[Name, Mapping[str, Any]], Field(min_length=2, max_length=8)]
    control: Name
    shares: Mapping[Name, Share]
    categories: tuple[str, ...] = ()
    metrics: tuple[str, ...] = DEFAULT_METRICS
    design: Annotated[Always | Looks, Field(discriminator="kind")] = Always()

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.control not in self.arms:
            raise ValueError(f"`control` is {self.control!r}, which is none of the arms")
        if self.shares.keys() != self.arms.keys():
            raise ValueError("`shares` must name each arm once")
        if sum(self.shares.values()) > 1.0 + 1e-9:
            raise ValueError("`shares` come to more than 1")
        for metric in self.metrics:
            metric_named(metric)
        return self

    @classmethod
    def from_dict(cls, raw: Any, where: str) -> Self:  # noqa: ANN401 - raw YAML
        """A checked experiment.

        Raises:
            PlanError: a key or value is wrong; says which.
            UnknownNameError: a metric does not exist; lists those that do.
        """
        return checked(cls, raw, where)

    def designed(self, photos: int) -> Design | None:
        """The design once the smallest arm has seen ``photos``; None before the first planned look."""
        if isinstance(self.design, Always):
            return AlwaysValid(self.design.alpha)
        looks = tuple((number + 1) / self.design.looks for number in range(self.design.looks))
        passed = sum(photos >= look * self.design.photos for look in looks)
        return GroupSequential(looks, passed, self.design.alpha) if passed else None
