"""What must hold of any treatment, whatever the photo shows: checks that need no label and no reviewer.

Metamorphic relations (Chen et al., Metamorphic testing, 1998): the true result is unknown, but how results of
related photos must be related is not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from packshot.backend import TextBox, TextDetector, TextReader, require
from packshot.executors.treatment import Input, Treatment
from packshot.finding import Box, Finding, Mask, Severity
from packshot.inspection.overlay.places import legible
from packshot.inspection.overlay.traits import bounding_box, polygon_mask
from packshot.inspection.overlay_text import OverlayText
from packshot.memo import Memo
from packshot.photo import Photo, Pixels
from packshot.pipeline import Pipeline
from packshot.stages import STAGES
from packshot.stages.crop import Crop
from packshot.trail import Outcome, Trail

MOST_FLIP_DIFFERENCE = 1.0
"""Mean difference in grey levels up to which a mirrored photo counts as treated alike."""

MOST_MISREAD = 0.1
"""Share of printed characters that may read differently afterwards."""

_SURELY_READ = 0.9  # score of a line below which its reader guesses: what it says then changes with any pixel
_ERASED_SHARE = 0.1  # of a line's box: where more of it was edited, the line is one that was erased
_UNCHANGED = "The photo came back unchanged."
_TEXT = frozenset({"overlay_text", "printed_text"})
_WORKED = frozenset({Outcome.APPLIED, Outcome.PARTLY_UNDONE})


class Held(StrEnum):
    """Whether an invariant held on one photo."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class Invariant:
    """One invariant on one photo.

    Attributes:
        name: ``second_pass``, ``flip``, ``clean_unchanged`` or ``printed_text``.
        outcome: whether it held.
        value: what was measured, less is better; None where it does not apply.
        detail: one sentence for a person.
    """

    name: str
    outcome: Held
    value: float | None
    detail: str


def check_all(treatment: Treatment, given: Input, memo: Memo | None = None) -> tuple[Invariant, ...]:
    """Every invariant of a treatment on one photo, which takes about three runs of its pipeline.

    Args:
        treatment: what to check.
        given: the photo; one that cannot be treated has no invariants that apply.
        memo: spares the first of these runs where the photo was treated with it before.

    Raises:
        PackshotError: the result, or the mirrored photo, makes a model fail; see :class:`packshot.pipeline`.
    """
    treated = treatment.apply(given, memo)
    photo, trail, pipeline = treated.photo, treated.trail, treatment.pipeline
    if photo is None or trail.photo is None:
        names = ("second_pass", "flip", "clean_unchanged", "printed_text")
        return tuple(_does_not_apply(name, "There is no result.") for name in names)
    if given.extra:
        why = "It was treated for what somebody or the batch says of it, not for what it shows."
        unclear = (_does_not_apply("flip", why), _does_not_apply("clean_unchanged", why))
    else:
        unclear = (flip(pipeline, photo, trail, memo), clean_unchanged(pipeline, photo, trail))
    return second_pass(pipeline, photo, trail, memo), *unclear, printed_text(pipeline, photo, trail)


def second_pass(pipeline: Pipeline, photo: Photo, trail: Trail, memo: Memo | None = None) -> Invariant:
    """A result is not treated again: no pixel changes, and no stage sets to work but one that failed before.

    It does not apply to a photo that came back unchanged. Measured is the share of pixels that change, 0..1;
    1 where the frame does.
    """
    once = _result(trail)
    if not _changed_share(photo, once):
        return _does_not_apply("second_pass", _UNCHANGED)
    # The result comes as the pixels that it is: not as the file that it was made from.
    origin = replace(once.origin, data=b"", digest=once.pixel_digest())
    again = pipeline.run(replace(once, origin=origin), (), memo)
    undone = {step.stage for step in trail.steps if step.outcome is Outcome.UNDONE}
    at_work = [
        step.stage
        for step in again.steps
        if step.outcome in _WORKED or (step.outcome is Outcome.UNDONE and step.stage not in undone)
    ]
    changed = _changed_share(once, _result(again))
    if changed or at_work:
        workers = ", ".join(at_work)
        detail = f"A second pass changes {changed:.2%} of the pixels: {workers} sets to work anew."
        return Invariant("second_pass", Held.FAILED, changed, detail)
    return Invariant("second_pass", Held.PASSED, 0.0, "A second pass finds nothing left to treat.")


def flip(pipeline: Pipeline, photo: Photo, trail: Trail, memo: Memo | None = None) -> Invariant:
    """The mirrored photo gets the mirrored result: the same verdict and frame, and nearly the same pixels.

    It does not apply where text is seen: mirrored letters are no letters. Networks are not exactly symmetric,
    nor is the grid of a JPEG's blocks, and a centred frame may be rounded to either side. Measured is the
    mean difference in grey levels, one pixel to the side allowed for; 255 where the frames differ.
    """
    no_text = "There is text on it, which is none when mirrored."
    if _shows_text(trail):
        return _does_not_apply("flip", no_text)
    mirrored = pipeline.run(_mirrored(photo), (), memo)
    if _shows_text(mirrored):
        return _does_not_apply("flip", no_text)
    one, other = _result(trail), _mirrored(_result(mirrored))
    if one.pixels.shape != other.pixels.shape:
        sizes = f"{one.width}x{one.height} and {other.width}x{other.height} px"
        return Invariant("flip", Held.FAILED, 255.0, f"Mirrored, it gets another frame: {sizes}.")
    gap = _difference(one.on_white(), other.on_white())
    if trail.verdict is not mirrored.verdict:
        detail = f"Mirrored, it is {mirrored.verdict.value} instead of {trail.verdict.value}."
        return Invariant("flip", Held.FAILED, gap, detail)
    held = Held.PASSED if gap <= MOST_FLIP_DIFFERENCE else Held.FAILED
    return Invariant("flip", held, gap, f"Mirrored, its result differs by {gap:.2f} grey levels on average.")


def clean_unchanged(pipeline: Pipeline, photo: Photo, trail: Trail) -> Invariant:
    """A photo on which nothing asks for treatment comes back as it was, bit for bit.

    Advice does not ask, and it does not apply where anything else did. Options that have a stage treat every
    photo, such as ``min_side``, break it: that is what they are for. Measured is the share of changed pixels,
    0..1; 1 where the frame changed.
    """
    treated = frozenset[str]().union(*(STAGES[spec.name].treats for spec in pipeline.recipe.stages))
    asked = sorted({f.code for f in trail.findings_before if f.code in treated and _asks(f)})
    if asked:
        return _does_not_apply("clean_unchanged", f"The photo asks for treatment: {', '.join(asked)}.")
    changed = _changed_share(photo, _result(trail))
    if changed:
        detail = f"Nothing asked for treatment, and yet {changed:.2%} of the pixels were changed."
        return Invariant("clean_unchanged", Held.FAILED, changed, detail)
    detail = "Nothing asked for treatment and nothing changed."
    return Invariant("clean_unchanged", Held.PASSED, 0.0, detail)


def printed_text(pipeline: Pipeline, photo: Photo, trail: Trail) -> Invariant:
    """Text that was not erased reads the same afterwards, as the recipe's own reader reads it.

    It does not apply to a photo that came back unchanged, has no surely read line left, or lies in a frame
    whose place is not in the trail. Measured is the edit distance (Levenshtein) over the number of
    characters, without case and spaces.
    """
    result, recipe = _result(trail), pipeline.recipe
    if OverlayText.name not in recipe.inspect:
        return _does_not_apply("printed_text", "The recipe does not look at text.")
    if not _changed_share(photo, result):
        return _does_not_apply("printed_text", _UNCHANGED)
    placed = _placed(photo, trail)
    if placed is None:
        return _does_not_apply("printed_text", "Where the photo lies in its new frame is not known.")
    roles = recipe.roles(photo.category)
    detector = require(roles["text_detector"], TextDetector)  # type: ignore[type-abstract]
    reader = require(roles["text_reader"], TextReader)  # type: ignore[type-abstract]
    before, after = photo.on_white(), result.on_white()
    characters = misread = 0
    examples = []
    for box in detector.detect(before):
        line = reader.read(before, box)
        if line.score < _SURELY_READ or not legible(line) or _erased(box, trail.mask, before):
            continue
        said, says = _plain(line.text), _plain(reader.read(after, placed.moved(box)).text)
        apart = edit_distance(said, says)
        characters, misread = characters + len(said), misread + apart
        if apart:
            examples.append(f"'{line.text}' as '{says}'")
    if not characters:
        return _does_not_apply("printed_text", "No text is left on it that is surely read.")
    share = misread / characters
    held = Held.PASSED if share <= MOST_MISREAD else Held.FAILED
    detail = f"{misread} of {characters} printed characters read differently afterwards"
    detail += f": {'; '.join(examples[:3])}." if examples else "."
    return Invariant("printed_text", held, share, detail)


def edit_distance(one: str, other: str) -> int:
    """Levenshtein distance: the least number of characters to insert, delete or replace."""
    row = list(range(len(other) + 1))
    for i, mine in enumerate(one, 1):
        above, row = row, [i]
        for j, theirs in enumerate(other, 1):
            row.append(min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (mine != theirs)))
    return row[-1]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the input lies in the result: enlarged by ``scale``, then moved by ``x`` and ``y`` px."""

    scale: float = 1.0
    x: float = 0.0
    y: float = 0.0

    def moved(self, box: TextBox) -> TextBox:
        offset = np.array([self.x, self.y], np.float32)
        return TextBox(box.corners * np.float32(self.scale) + offset, box.score)


def _placed(photo: Photo, trail: Trail) -> _Place | None:
    """Where the photo lies in its result; None where the trail does not say, as after a cut border."""
    place, size = _Place(), (photo.width, photo.height)
    for step in trail.steps:
        for note in step.findings if step.outcome in _WORKED else ():
            if note.code == "upscaled":
                factor = note.evidence["factor"]
                place = _Place(place.scale * factor, place.x * factor, place.y * factor)
                size = round(size[0] * factor), round(size[1] * factor)
            elif note.code == "cropped":
                frame = Box(*note.evidence["frame"])
                place = _Place(place.scale, place.x - frame.x0, place.y - frame.y0)
                size = frame.width, frame.height
    result = _result(trail)
    near = (
        max(abs(size[0] - result.width), abs(size[1] - result.height)) <= 1
    )  # the factor in a trail is rounded
    framed = any(step.stage == Crop.name and step.outcome in _WORKED for step in trail.steps)
    cut = framed and any(finding.code == "border" for finding in trail.findings_before)
    return place if near and not cut else None


def _erased(box: TextBox, mask: Mask | None, pixels: Pixels) -> bool:
    if mask is None:
        return False
    area = bounding_box(box).grown(0, pixels.shape)
    inside: NDArray[np.bool_] = polygon_mask(box, area)
    return bool(inside.any()) and float(mask[area.slices][inside].mean()) > _ERASED_SHARE


def _asks(finding: Finding) -> bool:
    """Whether a finding that a stage treats is more than advice."""
    return finding.severity is not Severity.INFO and finding.evidence.get("needed_scale") != 1.0


def _shows_text(trail: Trail) -> bool:
    return any(finding.code in _TEXT for finding in trail.findings_before)


def _plain(text: str) -> str:
    return "".join(text.lower().split())


def _mirrored(photo: Photo) -> Photo:
    alpha = None if photo.alpha is None else np.ascontiguousarray(photo.alpha[:, ::-1])
    return photo.with_pixels(photo.pixels[:, ::-1], alpha)


def _changed_share(before: Photo, after: Photo) -> float:
    if before.pixels.shape != after.pixels.shape:
        return 1.0
    changed = np.any(before.pixels != after.pixels, axis=2)
    one, other = (np.full(changed.shape, 255) if p.alpha is None else p.alpha for p in (before, after))
    return float((changed | (one != other)).mean())


def _difference(one: Pixels, other: Pixels) -> float:
    """Mean difference in grey levels, at the best of no shift and one pixel to either side."""
    shifted = [(one, other)]
    if one.shape[1] > 1:
        shifted += [(one[:, 1:], other[:, :-1]), (one[:, :-1], other[:, 1:])]
    return min(float(np.abs(a.astype(np.int16) - b).mean()) for a, b in shifted)


def _result(trail: Trail) -> Photo:
    assert trail.photo is not None
    return trail.photo


def _does_not_apply(name: str, why: str) -> Invariant:
    return Invariant(name, Held.NOT_APPLICABLE, None, why)
