"""The checks of a file against what a receipt says, one function each."""

from __future__ import annotations

from packshot.edges.receipt.compare import differing, loss
from packshot.edges.receipt.evidence import Evidence
from packshot.edges.receipt.facts import decoders, stated_source_type
from packshot.edges.receipt.masks import outside_digest
from packshot.edges.receipt.report import Check, Status
from packshot.photo import Photo

_NO_ORIGINAL = "No original was given."


def subject(evidence: Evidence) -> Check:
    """The file is one that the receipt is about, bit for bit."""
    digest = evidence.output.digest
    named = [one.name for one in evidence.receipt.subject if one.digest.sha256 == digest]
    if named:
        return _passed("subject", f"The file is {named[0]!r} of the receipt, bit for bit.")
    known = ", ".join(f"{one.name!r}" for one in evidence.receipt.subject)
    return _failed(
        "subject", f"The file is not what the receipt is about ({known}): its SHA-256 is {digest}."
    )


def original(evidence: Evidence) -> Check:
    """The original that was given is the one that went in."""
    came, facts = evidence.original, evidence.receipt.predicate.input
    if came is None:
        return _open("original", _NO_ORIGINAL)
    if came.digest != facts.sha256:
        return _failed("original", f"The original is not the receipt's input: its SHA-256 is {came.digest}.")
    if came.photo is None:
        return _failed("original", came.problem)
    if not evidence.fits(came.photo):
        found = f"{came.photo.width} x {came.photo.height}"
        return _failed("original", f"The original has {found} pixels, not those of the receipt.")
    return _passed("original", f"The original is the receipt's input, {facts.name!r}, bit for bit.")


def original_pixels(evidence: Evidence) -> Check:
    """The original's pixels outside the mask have the recorded digest."""
    name, came = "original_pixels", evidence.original
    if came is None:
        return _open(name, _NO_ORIGINAL)
    if came.photo is None or not evidence.fits(came.photo):
        return _failed(name, "The original has no pixels that could be held against the mask.")
    if outside_digest(came.photo.pixels, evidence.mask) != evidence.receipt.predicate.edits.untouched_sha256:
        return _failed(name, f"Outside the mask the original is not what was recorded{_decoded(evidence)}.")
    return _passed(name, "Outside the mask the original's pixels have the recorded digest.")


def untouched(evidence: Evidence) -> Check:
    """Outside the mask the file shows the original's pixels."""
    name, photo = "untouched", evidence.output.photo
    if photo is None:
        return _failed(name, evidence.output.problem)
    if evidence.is_passthrough:
        return _passed(name, "The file is the input, byte for byte.")
    if (reason := _another_grid(evidence, photo)) is not None:
        return _open(name, reason)
    return _exactly(evidence, photo) if photo.origin.lossless else _nearly(evidence, photo)


def edits(evidence: Evidence) -> Check:
    """As many pixels were edited and changed as the receipt says."""
    facts, mask = evidence.receipt.predicate.edits, evidence.mask
    covered = 0 if mask is None else int(mask.sum())
    if covered != facts.edited_pixels:
        return _failed("edits", f"The mask covers {covered} pixels, the receipt says {facts.edited_pixels}.")
    pair, photo = evidence.pair(), evidence.output.photo
    exact = photo is not None and (photo.origin.lossless or evidence.is_passthrough)
    if evidence.original is None:
        return _open("edits", _NO_ORIGINAL)
    if facts.changed_pixels is None or pair is None or not exact:
        return _open("edits", "Changed pixels can be counted only in lossless files of the input's grid.")
    changed = int(differing(*pair, None).sum())
    if changed != facts.changed_pixels:
        return _failed("edits", f"{changed} pixels changed, the receipt says {facts.changed_pixels}.")
    return _passed("edits", f"{changed} pixels changed, as recorded, within a mask of {covered}.")


def source_type(evidence: Evidence) -> Check:
    """The file itself states the digital source type that the receipt says it does."""
    name, photo = "source_type", evidence.output.photo
    facts = evidence.receipt.output(evidence.output.digest)
    if photo is None:
        return _failed(name, evidence.output.problem)
    if facts is None:
        return _open(name, "The receipt is about another file.")
    stated = stated_source_type(photo)
    if stated != facts.digital_source_type:
        recorded = facts.digital_source_type
        return _failed(name, f"The file states {_or_none(stated)}, the receipt says {_or_none(recorded)}.")
    return _passed(name, f"The file states {_or_none(stated)} as its digital source type, as recorded.")


def _another_grid(evidence: Evidence, photo: Photo) -> str | None:
    """Why pixels cannot be held against those at the same place; None when they can."""
    geometry = evidence.receipt.predicate.geometry
    if geometry.kind != "in_place":
        stages = ", ".join(sorted(geometry.stages))
        return (
            f"The photo was {geometry.kind} by {stages}: its pixels are at other places than the original's."
        )
    if not evidence.fits(photo):
        width, height = evidence.size
        found = f"{photo.width} x {photo.height}"
        return f"The file was scaled from {width} x {height} to {found}: no pixel is an original's."
    return None


def _exactly(evidence: Evidence, photo: Photo) -> Check:
    mask, pair = evidence.mask, evidence.pair()
    differ = int(differing(*pair, mask).sum()) if pair else 0
    if differ:
        return _failed("untouched", f"{differ} pixels differ from the original outside the mask or in alpha.")
    if outside_digest(photo.pixels, mask) != evidence.receipt.predicate.edits.untouched_sha256:
        return _failed("untouched", "Outside the mask the file's pixels are not those that were recorded.")
    outside = photo.width * photo.height - (0 if mask is None else int(mask.sum()))
    return _passed("untouched", f"All {outside} pixels outside the mask are the original's: 0 differ.")


def _nearly(evidence: Evidence, photo: Photo) -> Check:
    if evidence.original is None:
        return _open(
            "untouched", f"{photo.origin.format} re-rounds pixels: it takes the original to compare."
        )
    pair = evidence.pair()
    if pair is None:
        return _failed("untouched", "The original has no pixels to compare with.")
    found = loss(*pair, evidence.mask)
    if found is None:
        return _open("untouched", "The mask covers the whole photo.")
    measured = (
        f"outside the mask channels differ by {found.mean:.2f} of 255 on average, {found.largest} at most"
    )
    message = f"{photo.origin.format} re-rounds pixels: {measured}"
    if found.shift is None:
        return _open("untouched", f"{message}; no block is free of the mask, so more cannot be said.")
    shift = f"the brightness of a block by {found.shift:.1f} (a codec may: {found.allowed:.1f})"
    verdict = _passed if found.shift <= found.allowed else _failed
    return verdict("untouched", f"{message}, {shift}.")


def _decoded(evidence: Evidence) -> str:
    """A hint where another decoder may be the reason."""
    recorded, here = evidence.receipt.predicate.decoders, decoders()
    if recorded == here:
        return ""
    return (
        f"; it was decoded by {_listed(recorded)} then and by {_listed(here)} here, which may round otherwise"
    )


def _listed(versions: dict[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))


def _or_none(uri: str | None) -> str:
    return uri or "none"


def _passed(name: str, message: str) -> Check:
    return Check(name, Status.PASSED, message)


def _failed(name: str, message: str) -> Check:
    return Check(name, Status.FAILED, message)


def _open(name: str, message: str) -> Check:
    return Check(name, Status.NOT_APPLICABLE, message)
