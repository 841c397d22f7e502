"""What answers look like. OpenAPI is made of these, and clients are generated from OpenAPI."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

StateName = Literal["accepted", "processing", "done", "needs_review", "skipped", "failed"]
Id = Annotated[str, Path(max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
"""A name that the ledger gave: of a batch, a job or a review."""
Cursor = Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
"""Such a name as ``after`` or ``before`` of a page."""
Seconds = Annotated[float, Field(description="Seconds since 1970 (UTC).")]


class Problem(BaseModel):
    """The answer to every mistake (RFC 9457). ``code`` is stable, ``detail`` says what to do."""

    type: str = Field(examples=["urn:packshot:problem:not_found"])
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    code: str = Field(examples=["not_found"])
    detail: str = Field(examples=["There is no batch 'bat_1'."])
    instance: str = Field(examples=["/v1/batches/bat_1"])
    request_id: str | None = Field(examples=["req_3d838bc09675f4e3"])
    retryable: bool = Field(False, description="Whether the same request can succeed later.")
    errors: list[FieldError] = Field([], description="With `invalid_request`: what is wrong where.")


class FieldError(BaseModel):
    """What is wrong with one field."""

    field: str
    message: str


class FeedProblem(BaseModel):
    """A line of a feed that was left out."""

    line: int
    message: str


class Accepted(BaseModel):
    """A batch that is safely kept."""

    id: str = Field(examples=["bat_01a20e9a017e6471803083878a47"])
    state: Literal["accepted"]
    total: int
    problems: list[FeedProblem] = []


class Counts(BaseModel):
    """Jobs by state."""

    accepted: int
    processing: int
    done: int
    needs_review: int
    skipped: int
    failed: int


class Batch(BaseModel):
    """A batch and how far it is. It is finished when no worker has anything left to do for it."""

    id: str
    source: str
    submitted_by: str
    merchant: str | None
    attested_by: str | None
    created_at: Seconds
    finished_at: Seconds | None
    cancelled_at: Seconds | None
    unpublished_at: Seconds | None
    total: int
    counts: Counts


class Batches(BaseModel):
    """A page of batches; ``next`` is the ``before`` of the next page."""

    batches: list[Batch]
    next: str | None


class JobLine(BaseModel):
    """A job in a list. ``reason`` says why it is not done."""

    id: str
    batch: str
    name: str
    state: StateName
    reason: str | None
    verdict: Literal["publish", "review", "reject"] | None
    product: str | None
    category: str | None
    merchant: str | None
    created_at: Seconds
    updated_at: Seconds


class Jobs(BaseModel):
    """A page of jobs; ``next`` is the ``after`` of the next page."""

    jobs: list[JobLine]
    next: str | None


class File(BaseModel):
    """A file that was made of a photo; without ``channel`` it is the main one."""

    name: str
    digest: str
    format: str
    width: int
    height: int
    bytes: int
    channel: str | None


class Review(BaseModel):
    """A decision of a person."""

    id: str
    actor: str
    action: str
    reason: str | None
    at: Seconds
    undone_at: Seconds | None


class Job(JobLine):
    """A job with all that is known about it."""

    decided_by: str | None
    options: dict[str, Any]
    input: str | None = Field(description="SHA-256 of the photo as it came.")
    files: list[File]
    mask: str | None = Field(description="SHA-256 of the mask of what was edited.")
    receipt: str | None
    trail: dict[str, Any] | None = Field(description="Findings, steps, scores and timings.")
    published: dict[str, Any] | None = Field(description="The entry in the product's manifest.")
    reviews: list[Review]


class Finding(BaseModel):
    """One thing seen on a photo; ``box`` is x0, y0, x1, y1 in pixels."""

    code: str
    severity: Literal["info", "warning", "error"]
    score: float
    message: str
    box: list[int] | None
    evidence: dict[str, Any]


class Step(BaseModel):
    """What one stage did."""

    stage: str
    outcome: str
    seconds: float
    cpu_seconds: float
    backends: list[str]
    changed_pixels: int | None
    untouched_digest: str | None
    findings: list[Finding]
    reused: bool = False


class Image(BaseModel):
    """The resulting photo."""

    format: str
    width: int | None
    height: int | None
    data: str = Field(description="The file in base64.")


class Result(BaseModel):
    """All that is known about a direct request's photo: the answer with ``return=json``."""

    verdict: Literal["publish", "review", "reject"]
    skipped: bool = Field(description="The photo comes back as it was.")
    skip_reason: str | None
    name: str
    digest: str
    recipe_digest: str
    category: str | None
    attested_by: str | None
    reasons: list[str]
    score_before: float
    score_after: float
    findings_before: list[Finding]
    findings_after: list[Finding]
    steps: list[Step]
    digital_source_type: str | None
    mask: str | None = Field(description="What was edited in place, as a PNG in base64.")
    image: Image


class Validation(BaseModel):
    """What is wrong with a photo."""

    name: str
    passed: bool
    score: float
    threshold: float
    width: int
    height: int
    format: str
    findings: list[Finding]


class Cancelled(BaseModel):
    """How many photos of a batch will not be begun."""

    id: str
    skipped: int


class Swapped(BaseModel):
    """How many photos of a batch were taken back, or published again."""

    id: str
    photos: int


class Reviewed(BaseModel):
    """A decision about a job that was made."""

    id: str
    review: str


class Undone(BaseModel):
    """A decision about a job that was taken back."""

    id: str
    undone: str


class Entry(BaseModel):
    """An entry of the audit log, chained to the one before by its digest."""

    model_config = ConfigDict(title="AuditEntry")

    sequence: int
    at: Seconds
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]
    previous: str
    digest: str


class Entries(BaseModel):
    """A page of the audit log; ``next`` is the ``after`` of the next page."""

    entries: list[Entry]
    next: int | None


class Verified(BaseModel):
    """How many entries of the audit log hold together."""

    entries: int


class Ready(BaseModel):
    """Whether work can be taken, and what stands in the way."""

    ready: bool
    ledger: bool
    workers: bool
