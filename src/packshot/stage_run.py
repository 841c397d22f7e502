"""One stage on one photo: treat, enforce, check, look again, at most twice.

The contracts that every stage lives under are enforced here, not in the stages: pixels outside a stage's mask
are put back bit for bit, no-harm checks run after each treatment, what a treatment claims to have answered is
looked at again, and what is still there is undone and goes to review.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from packshot.backend import load_backend
from packshot.errors import StageContractError
from packshot.examination import Examination, Standing, Timer, masks_of
from packshot.fidelity.residue import REACH, residue
from packshot.finding import Finding, Mask, Region, Severity
from packshot.memo import address
from packshot.morphology import grown
from packshot.photo import Photo
from packshot.stage import Geometry, Result, Stage
from packshot.trail import Outcome, Step

ROUNDS = 2  # a treatment that leaves residue may try once more


@dataclass(frozen=True, slots=True)
class Done:
    """All that a stage left behind, from which another recipe's run can go on.

    Attributes:
        step: what the trail says of it.
        photo: the treated photo; None where it is the one that came.
        where: the photo's address.
        mask: what the stage changed in place.
        standing: what was known when it ended.
    """

    step: Step
    photo: Photo | None
    where: str
    mask: Mask | None
    standing: Standing

    def holds(self) -> Iterator[NDArray[Any] | bytes]:
        """See :class:`packshot.memo.Kept`."""
        if self.photo is not None:
            yield self.photo.pixels
            yield self.photo.origin.data
            if self.photo.alpha is not None:
                yield self.photo.alpha
        if self.mask is not None:
            yield self.mask
        yield from masks_of(self.step.findings)
        for findings in self.standing.known.values():
            yield from masks_of(findings)


class StageRun:
    """One stage on one photo.

    Args:
        stage: what to run.
        fingerprint: digest of all that its results depend on beside the photo and what is known of it.
        examination: the photo, and what is known of it.
        notes: what was noted before.

    Attributes:
        notes: what the stage and its no-harm checks noted, once it was applied.
        mask: what it changed in place, (H, W).
    """

    def __init__(
        self, stage: Stage, fingerprint: str, examination: Examination, notes: Sequence[Finding]
    ) -> None:
        self.stage = stage
        self.fingerprint = fingerprint
        self.examination = examination
        self.before = examination.photo
        self.earlier_notes = tuple(notes)
        self.notes: tuple[Finding, ...] = ()
        self.mask: Mask | None = None
        self.standing_before: tuple[Finding, ...] = ()
        self._where = ""
        self._moves = 0

    def apply(self) -> Step:
        """Run the stage, or take over what it did to the same photo in another recipe's run."""
        memo = self.examination.memo
        if memo is None:
            return self._apply()
        called = self.examination.fingerprint(self.stage.treats | self.stage.settled)
        self._where = address(self.fingerprint, called, self.earlier_notes)
        done = memo.recall(self._where, Done)
        if done is not None:
            self.notes, self.mask = done.step.findings, done.mask
            self.examination.resume(done.photo or self.before, done.where, done.standing)
            return replace(done.step, reused=True)
        step = self._apply()
        photo = None if self.examination.photo is self.before else self.examination.photo
        memo.keep(self._where, Done(step, photo, self.examination.address, self.mask, self.examination.now()))
        return step

    def _apply(self) -> Step:
        timer = Timer(self.examination)
        outcome = self._treat()
        photo = self.examination.photo
        same_grid = photo.pixels.shape == self.before.pixels.shape
        changed = int(np.any(photo.pixels != self.before.pixels, 2).sum()) if same_grid else None
        names = getattr(self.stage, "backends", {}).values()
        cards = (load_backend(name).card for name in sorted(set(names)))
        return timer.step(
            self.stage.name,
            outcome,
            backends=tuple(f"{card.name}@{card.version}" for card in cards),
            changed_pixels=changed,
            untouched_digest=_untouched_digest(photo, self.mask),
            findings=self.notes,
        )

    def _treat(self) -> Outcome:
        outcome = Outcome.SKIPPED
        self.standing_before = self.examination.standing(self.stage.treats)
        for _ in range(ROUNDS):
            photo = self.examination.photo
            standing = (*self.examination.standing(self.stage.treats), *self.earlier_notes)
            if not self.stage.wants(photo, standing):
                break
            result = self.stage.treat(photo, standing)
            self.notes = (*self.notes, *(f for f in result.findings if f not in self.notes))
            if result.photo is photo:
                outcome = Outcome.UNCHANGED if outcome is Outcome.SKIPPED else outcome
                break
            treated = self._enforce(photo, result)
            harm = [f for check in self.stage.checks if (f := check(photo, treated, result.mask))]
            if harm:
                self.notes = (*self.notes, *harm)
                return Outcome.UNDONE if outcome is Outcome.SKIPPED else outcome
            self.examination.move_to(treated, self._next(), self.stage.settled)
            outcome = Outcome.APPLIED
            if result.mask is None:
                break
            self.mask = result.mask if self.mask is None else self.mask | result.mask
            if not self._residue(self.mask).any():
                break
        if outcome is Outcome.APPLIED and self.mask is not None:
            outcome = self._undo_residue(self.mask)
        return outcome

    def _residue(self, mask: Mask) -> Mask:
        """Where the treated defect is still seen."""
        standing = self.examination.standing(self.stage.treats)
        return residue(self.standing_before, standing, mask, self.stage.treats, self.stage.alike)

    def _enforce(self, photo: Photo, result: Result) -> Photo:
        """Composite: outside its mask, an in-place stage has no say."""
        if self.stage.geometry is not Geometry.IN_PLACE:
            return result.photo
        if result.mask is None or result.mask.shape != photo.pixels.shape[:2]:
            raise StageContractError(
                stage=self.stage.name, detail="it edits in place but gave no mask of the photo's size"
            )
        if result.photo.pixels.shape != photo.pixels.shape:
            raise StageContractError(stage=self.stage.name, detail="it edits in place but changed the size")
        pixels = np.where(result.mask[..., None], result.photo.pixels, photo.pixels)
        return photo.with_pixels(pixels, photo.alpha)

    def _undo_residue(self, mask: Mask) -> Outcome:
        """Put back every edited patch on which the treated defect is still seen, and say so."""
        left = self._residue(mask)
        if not left.any():
            return Outcome.APPLIED
        count, labels = cv2.connectedComponents(grown(mask, REACH).view(np.uint8))
        spoiled = np.setdiff1d(np.unique(labels[left]), [0])
        undo = np.isin(labels, spoiled) & mask
        current = self.examination.photo
        restored = np.where(undo[..., None], self.before.pixels, current.pixels)
        self.examination.move_to(current.with_pixels(restored, current.alpha), self._next())
        self.mask = mask & ~undo
        note = Finding(
            code="residue",
            severity=Severity.ERROR,
            score=len(spoiled) / (count - 1),
            message=f"{self.stage.name} left residue in {len(spoiled)} places; they were put back.",
            region=Region.of_mask(undo),
        )
        self.notes = (*self.notes, note)
        return Outcome.PARTLY_UNDONE if self.mask.any() else Outcome.UNDONE

    def _next(self) -> str:
        """Address of the next state of the photo, which this run's address implies."""
        self._moves += 1
        return f"{self._where}/{self._moves}"


def _untouched_digest(photo: Photo, mask: Mask | None) -> str | None:
    if mask is None or not mask.any():
        return None
    return hashlib.sha256(photo.pixels[~mask].tobytes()).hexdigest()
