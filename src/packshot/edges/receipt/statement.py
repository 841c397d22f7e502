"""What a receipt says: an in-toto Statement v1 with packshot's predicate, strictly typed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from packshot.edges.receipt.canonical import canonical, parse
from packshot.edges.receipt.errors import ReceiptError
from packshot.finding import Severity
from packshot.photo import LONGEST_SIDE, MOST_PIXELS
from packshot.stage import Geometry
from packshot.trail import Outcome
from packshot.verdict import Verdict

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:packshot:receipt:v1"

Sha256 = Annotated[str, Field(pattern=r"\A[0-9a-f]{64}\z")]
Count = Annotated[int, Field(ge=0, le=MOST_PIXELS)]
Side = Annotated[int, Field(ge=1, le=LONGEST_SIDE)]
Score = Annotated[float, Field(ge=0.0, le=1.0)]


class _Facts(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, serialize_by_alias=True
    )


class DigestSet(_Facts):
    """in-toto's DigestSet with the one algorithm in use."""

    sha256: Sha256


class Subject(_Facts):
    """An output file: its name and what it is bit for bit."""

    name: str
    digest: DigestSet


class Input(_Facts):
    """The file that came in; ``width`` and ``height`` are of its upright pixels."""

    name: str
    sha256: Sha256
    width: Side
    height: Side

    @model_validator(mode="after")
    def _workable(self) -> Input:
        if self.width * self.height > MOST_PIXELS:
            raise ValueError("more pixels than packshot reads")
        return self


class StageFacts(_Facts):
    """What became of one stage; ``untouched_sha256`` is as in the trail, over the stage's own mask."""

    name: str
    outcome: Outcome
    changed_pixels: Count | None
    untouched_sha256: Sha256 | None


class Edits(_Facts):
    """What was edited in place.

    Attributes:
        mask: 1-bit PNG in base64, of the input's size; None when nothing was edited in place.
        untouched_sha256: digest of the input's pixels outside the mask.
        edited_pixels: how many pixels the mask covers.
        changed_pixels: how many pixels of the result differ from the input; None when the grid is another.
        stages: those of the recipe, in order.
    """

    mask: str | None
    untouched_sha256: Sha256
    edited_pixels: Count
    changed_pixels: Count | None
    stages: tuple[StageFacts, ...]


class GeometryFacts(_Facts):
    """Whether the result has the input's pixel grid, and by which stages it has not."""

    kind: Literal["in_place", "enlarged", "reframed"]
    stages: dict[str, Geometry]


class BackendFacts(_Facts):
    """A model that a stage at work held; ``weights`` maps file names to digests."""

    name: str
    version: str
    precision: str
    weights: dict[str, Sha256]


class Metrics(_Facts):
    """Quality scores (0 to 1) and the verdict."""

    score_before: Score
    score_after: Score
    verdict: Verdict


class Standing(_Facts):
    """A finding that stands on the result; ``box`` is ``[x0, y0, x1, y1]``."""

    code: str
    severity: Severity
    score: Score
    message: str
    box: tuple[int, int, int, int] | None


class Rights(_Facts):
    """Who stated the right to alter the photo, what was left for want of it, and agency marks."""

    attested_by: str | None
    refused: tuple[str, ...]
    agency: bool


class OutputFacts(_Facts):
    """One output file as packshot decodes it; ``digital_source_type`` is what the file itself states."""

    sha256: Sha256
    format: str
    width: Side
    height: Side
    lossless: bool
    digital_source_type: str | None


class Predicate(_Facts):
    """All that the receipt says of its subjects; ``outputs`` are in the order of the subjects."""

    input: Input
    edits: Edits
    geometry: GeometryFacts
    recipe: str
    backends: tuple[BackendFacts, ...]
    metrics: Metrics
    findings: tuple[Standing, ...]
    rights: Rights
    outputs: tuple[OutputFacts, ...]
    decoders: dict[str, str]
    packshot: str
    created: Annotated[str, Field(pattern=r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\z")]


class Receipt(_Facts):
    """An in-toto Statement v1 about one photo's outputs."""

    type: Literal["https://in-toto.io/Statement/v1"] = Field(alias="_type")
    subject: Annotated[tuple[Subject, ...], Field(min_length=1)]
    predicate_type: Literal["urn:packshot:receipt:v1"] = Field(alias="predicateType")
    predicate: Predicate

    @model_validator(mode="after")
    def _one_output_a_subject(self) -> Receipt:
        if [s.digest.sha256 for s in self.subject] != [o.sha256 for o in self.predicate.outputs]:
            raise ValueError("outputs are not those of the subject")
        return self

    def canonical(self) -> bytes:
        """The bytes that are signed."""
        return canonical(self.model_dump(mode="json"))

    def output(self, sha256: str) -> OutputFacts | None:
        """What is said of the output with this digest; None when it is none of the subjects."""
        return next((facts for facts in self.predicate.outputs if facts.sha256 == sha256), None)

    @classmethod
    def read(cls, payload: bytes) -> Receipt:
        """The receipt that these bytes are.

        Raises:
            ReceiptError: they are something else; the message names the first field that is wrong.
        """
        parse(payload)  # refuses repeated keys, of which pydantic would take the last
        try:
            return cls.model_validate_json(payload)
        except ValidationError as error:
            problem = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(part) for part in problem["loc"]) or "it"
            raise ReceiptError(detail=f"{place}: {problem['msg']}") from error
