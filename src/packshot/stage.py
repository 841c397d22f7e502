"""A treatment: photo and findings in, photo and findings out, no side effects."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Literal, Protocol

from pydantic import BaseModel, ConfigDict

from packshot.finding import Finding, Mask
from packshot.photo import Photo


class Geometry(StrEnum):
    """What a stage does to the pixel grid."""

    IN_PLACE = "in_place"
    ENLARGES = "enlarges"
    REFRAMES = "reframes"


@dataclass(frozen=True, slots=True)
class Result:
    """What a stage hands back.

    Attributes:
        photo: the treated photo; the very photo it got when there was nothing to do.
        mask: pixels the stage changed, (H, W). Required from IN_PLACE stages: the core puts every pixel
            outside it back, bit for bit.
        findings: what the stage noted: what it did, what it refused and why.
    """

    photo: Photo
    mask: Mask | None = None
    findings: tuple[Finding, ...] = ()


Check = Callable[[Photo, Photo, Mask | None], Finding | None]
"""A no-harm check: (before, after, mask) to an error finding when harm was done, else None."""


class StageOptions(BaseModel):
    """Options that every stage understands; a stage adds its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Literal["normal", "conservative"] = "normal"


class Stage(Protocol):
    """One treatment. Built once per category from its options and backends, then called from many threads.

    Attributes:
        name: as written in recipes.
        treats: the finding codes it answers.
        alike: finding codes that what is left of a treated defect may be taken for.
        settled: finding codes that are not judged anew on its result, what stood before stands still: an
            enlarged photo has no more detail than its input had, and a crop lays no text over it.
        after: names of stages that must come before it where both are used.
        geometry: what it does to the pixel grid.
        roles: the backends it uses: role name to the default backend's name.
        checks: no-harm checks that the core runs on its result.
        Options: the pydantic model of its options.
    """

    name: ClassVar[str]
    treats: ClassVar[frozenset[str]]
    alike: ClassVar[frozenset[str]]
    settled: ClassVar[frozenset[str]]
    after: ClassVar[frozenset[str]]
    geometry: ClassVar[Geometry]
    roles: ClassVar[Mapping[str, str]]
    checks: ClassVar[tuple[Check, ...]]
    Options: ClassVar[type[StageOptions]]

    def __init__(self, options: Any, backends: Mapping[str, str]) -> None:  # noqa: ANN401
        """Resolve ``backends`` (role to backend name, complete) and keep ``options``."""
        ...

    def wants(self, photo: Photo, findings: Sequence[Finding]) -> bool:
        """Whether there is anything for this stage to do."""
        ...

    def treat(self, photo: Photo, findings: Sequence[Finding]) -> Result:
        """Answer the findings.

        ``findings`` are all that stand on the photo at this point; their regions are in its pixels.
        """
        ...
