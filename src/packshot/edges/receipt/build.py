"""From the trail of a photo and the files that came of it to the receipt of those files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import PurePath
from typing import Any

from packshot.backend import Card, load_backend
from packshot.edges.receipt.canonical import canonical, printable
from packshot.edges.receipt.compare import differing
from packshot.edges.receipt.errors import BrokenPromiseError, ReceiptError
from packshot.edges.receipt.facts import decode, decoders, output_facts
from packshot.edges.receipt.masks import outside_digest, pack
from packshot.edges.receipt.statement import PREDICATE_TYPE, STATEMENT_TYPE, Receipt
from packshot.finding import Finding
from packshot.photo import Photo
from packshot.stage import Geometry
from packshot.stages import STAGES
from packshot.trail import Outcome, Step, Trail

IN_PLACE = "in_place"
AGENCY_MARK = "agency_mark"
REFUSALS = frozenset({AGENCY_MARK, "credit_line", "needs_rights"})
"""Codes by which a treatment says that a right to alter the photo was wanting."""

_DONE = (Outcome.APPLIED, Outcome.PARTLY_UNDONE)


def build(
    trail: Trail, original: Photo, outputs: Sequence[tuple[str, bytes]], *, created: datetime | None = None
) -> Receipt:
    """The receipt of ``outputs``, ready to be signed.

    Before it says that pixels are untouched it looks: at the result, and at each lossless output.

    Args:
        trail: what was done, with the result.
        original: the photo that went in, as it was decoded.
        outputs: name and bytes of each file that came of it, as published.
        created: when, with a time zone; now by default.

    Raises:
        ReceiptError: there is no output, no result, or the trail is of another photo.
        BrokenPromiseError: a pixel outside the mask differs from the original's.
        UndecodableError, TooLargeError, UnsupportedFormatError: an output is no picture that can be read.
    """
    if trail.photo is None or not outputs:
        raise ReceiptError(detail="nothing came of the photo that could have one")
    if not original.origin.data or trail.digest != original.origin.digest:
        raise ReceiptError(detail="the trail is not of this original")
    decoded = [(name, decode(data, name)) for name, data in outputs]
    facts = [output_facts(photo) for _, photo in decoded]
    _require_untouched(trail, original, decoded)
    predicate = {
        "input": {
            # A receipt is handed out: where the photo lay on this machine is nobody's business.
            "name": PurePath(original.origin.name).name,
            "sha256": original.origin.digest,
            "width": original.width,
            "height": original.height,
        },
        "edits": _edits(trail, trail.photo, original),
        "geometry": {"kind": _kind(trail.steps), "stages": _moving(trail.steps)},
        "recipe": trail.recipe_digest,
        "backends": _backends(trail.steps),
        "metrics": {
            "score_before": round(trail.score_before, 4),
            "score_after": round(trail.score_after, 4),
            "verdict": trail.verdict,
        },
        "findings": [_standing(finding) for finding in trail.findings_after],
        "rights": _rights(trail),
        "outputs": [fact.model_dump(mode="json") for fact in facts],
        "decoders": decoders(),
        "packshot": version("packshot"),
        "created": (created or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    subject = [
        {"name": name, "digest": {"sha256": fact.sha256}}
        for (name, _), fact in zip(decoded, facts, strict=True)
    ]
    statement = {"_type": STATEMENT_TYPE, "predicateType": PREDICATE_TYPE}
    return Receipt.read(canonical(printable({**statement, "subject": subject, "predicate": predicate})))


def _require_untouched(trail: Trail, original: Photo, outputs: Sequence[tuple[str, Photo]]) -> None:
    """Refuse to attest what is not so."""
    if _kind(trail.steps) != IN_PLACE:
        return
    assert trail.photo is not None  # `build` looked
    exact = [(name, photo) for name, photo in outputs if photo.origin.lossless]
    for name, photo in (("the result", trail.photo), *exact):
        same_size = photo.pixels.shape == original.pixels.shape
        if same_size and differing(photo, original, trail.mask).any():
            raise BrokenPromiseError(name=name, detail="it differs from the input outside the edited pixels")


def _edits(trail: Trail, result: Photo, original: Photo) -> dict[str, Any]:
    mask = trail.mask
    in_place = _kind(trail.steps) == IN_PLACE
    return {
        "mask": None if mask is None else pack(mask),
        "untouched_sha256": outside_digest(original.pixels, mask),
        "edited_pixels": 0 if mask is None else int(mask.sum()),
        "changed_pixels": int(differing(result, original, None).sum()) if in_place else None,
        "stages": [
            {
                "name": step.stage,
                "outcome": step.outcome,
                "changed_pixels": step.changed_pixels,
                "untouched_sha256": step.untouched_digest,
            }
            for step in trail.steps
            if step.stage in STAGES
        ],
    }


def _moving(steps: Sequence[Step]) -> dict[str, Geometry]:
    """The stages that gave the result another pixel grid, and how."""
    applied = {step.stage: STAGES[step.stage].geometry for step in steps if step.outcome in _DONE}
    return {name: how for name, how in applied.items() if how is not Geometry.IN_PLACE}


def _kind(steps: Sequence[Step]) -> str:
    """A result that was both enlarged and reframed counts as reframed: places no longer correspond."""
    moved = set(_moving(steps).values())
    if Geometry.REFRAMES in moved:
        return "reframed"
    return "enlarged" if moved else IN_PLACE


def _backends(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """The cards of the models that stages at work held."""
    used = {name for step in steps if step.outcome is not Outcome.SKIPPED for name in step.backends}
    cards: list[Card] = [load_backend(name.split("@", 1)[0]).card for name in sorted(used)]
    return [
        {
            "name": card.name,
            "version": card.version,
            "precision": card.precision,
            "weights": dict(card.weights),
        }
        for card in cards
    ]


def _standing(finding: Finding) -> dict[str, Any]:
    """A finding without its evidence: the message has the values that a person asks for."""
    facts = finding.as_dict()
    del facts["evidence"]
    return facts


def _rights(trail: Trail) -> dict[str, Any]:
    refused = {finding.code for finding in trail.findings_after if finding.code in REFUSALS}
    return {
        "attested_by": trail.attested_by,
        "refused": sorted(refused),
        "agency": AGENCY_MARK in refused,
    }
