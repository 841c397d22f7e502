"""What is promised about photos that are published without a person, and what it rests on."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from packshot.service import guarantee
from packshot.web.api.models import Seconds
from packshot.web.auth import MAY_READ, Parts

router = APIRouter(prefix="/guarantee", tags=["guarantee"])


class Labels(BaseModel):
    """What the threshold was chosen from. Simulated photos are learnt from, never chosen from."""

    model_config = ConfigDict(title="GuaranteeLabels")

    calibration: int = Field(description="People's words that the threshold was chosen from.")
    fit: int = Field(description="People's words that the model of risk was fitted on.")
    simulated: int = Field(description="Photos of self-tests that it was fitted on.")
    silent: int = Field(
        description="Of people's words: photos that nobody answered about, which count as bad."
    )
    settling: int = Field(description="Photos that came too recently to count.")
    unreadable: int = Field(description="Labels of another version that were left out.")
    photos: int = Field(description="Photos that the words stand for.")


class Point(BaseModel):
    """One choice of the threshold."""

    model_config = ConfigDict(title="GuaranteePoint")

    at: Seconds
    target: float
    threshold: float | None
    automation: float
    labels: int
    bad: int
    bound: float | None


class Kind(BaseModel):
    """What a self-test found of one kind of flaw; ``none`` is for photos that were left as they are."""

    model_config = ConfigDict(title="SelfTestKind")

    kind: str
    photos: int
    found: int
    published: int = Field(description="That the recipe would have published.")
    bad: int = Field(description="Of these, those that must not be published.")


class SelfTest(BaseModel):
    """The last self-test of the live recipe. ``note`` says what was left out, and what got worse."""

    at: Seconds
    note: str | None
    kinds: list[Kind]


class Guarantee(BaseModel):
    """What is promised about the live recipe; shares are 0 to 1. Without a ``target`` nothing is."""

    target: float | None
    promise: Literal["expected", "confident"]
    confidence: float | None
    sentence: str = Field(description="All of it in plain words.")
    recipe: str
    live_since: Seconds
    threshold: float | None = Field(description="Photos of a lower risk are published without a person.")
    automation: float | None
    bound: float | None = Field(description="What the share of bad photos is shown to be at most.")
    bad: int | None
    labels: Labels | None
    needed: int | None = Field(description="About how many further labels a threshold needs.")
    basis: str | None = Field(description="What a photo's risk is told from.")
    chosen_at: Seconds | None
    to_label: int = Field(description="Photos in review that a person's word is waited for.")
    history: list[Point]
    self_test: SelfTest | None


@router.get("", response_model=Guarantee, dependencies=[MAY_READ])
def shown(parts: Parts) -> dict[str, Any]:
    """What is promised about photos that are published without a person, and what it rests on."""
    with parts.ledger.reading() as session:
        return guarantee.view(session, parts.settings)
