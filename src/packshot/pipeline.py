"""The one path of a photo: inspect, treat what was found, inspect again against the input, decide.

The contracts that every stage lives under are enforced here, not in the stages: pixels outside a stage's mask
are put back bit for bit, no-harm checks run after each treatment, what a treatment claims to have answered is
looked at again, and what is still there is undone and goes to review.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from packshot.backend import load_backend
from packshot.errors import StageContractError
from packshot.fidelity.residue import REACH, residue
from packshot.finding import Finding, Mask, Region, Severity
from packshot.inspection import INSPECTORS, Inspector, Setup, View, load_rules
from packshot.morphology import grown
from packshot.photo import Photo
from packshot.recipe import Recipe
from packshot.stage import Geometry, Result, Stage
from packshot.stages import STAGES
from packshot.trail import Outcome, Step, Trail
from packshot.verdict import decide, quality_score

ROUNDS = 2  # a treatment that leaves residue may try once more


@dataclass(frozen=True, slots=True)
class _Line:
    """The inspectors and stages of one category."""

    inspectors: tuple[Inspector, ...]
    stages: tuple[Stage, ...]


class Pipeline:
    """A recipe made ready to run. Thread-safe: build it once, call :meth:`run` from many threads."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.rules = load_rules(recipe.channels, recipe.as_of)
        self._line = lru_cache(maxsize=256)(self._build_line)
        self._line(None)

    @classmethod
    def from_recipe(cls, source: Recipe | str | Path | None = None) -> Pipeline:
        """A pipeline from a recipe, a YAML path, or the built-in recipe.

        Raises:
            RecipeError, UnknownNameError, StageOrderError: the recipe is refused; the message says why.
        """
        if isinstance(source, Recipe):
            return cls(source)
        return cls(Recipe.from_yaml(source) if source else Recipe.from_dict({}))

    @property
    def digest(self) -> str:
        """Version of the recipe."""
        return self._digest()

    @lru_cache(maxsize=1)  # noqa: B019 - a pipeline lives as long as the process
    def _digest(self) -> str:
        return self.recipe.digest()

    def inspect(self, photo: Photo) -> tuple[Finding, ...]:
        """What is wrong with a photo; nothing is changed."""
        return _Examination(photo, self._line(photo.category).inspectors).findings()

    def run(self, photo: Photo, extra: Sequence[Finding] = ()) -> Trail:
        """Examine, treat, examine again, decide.

        ``extra`` are findings that need more than one photo to see, such as duplicates in a batch.
        """
        line = self._line(photo.category)
        examination = _Examination(photo, line.inspectors)
        timer = _Timer()
        before = (*examination.findings(), *extra)
        steps = [timer.step("inspect", Outcome.UNCHANGED)]
        notes: list[Finding] = list(extra)
        mask: Mask | None = None
        for stage in line.stages:
            run = _StageRun(stage, examination, notes)
            steps.append(run.apply())
            notes.extend(run.notes)
            if run.mask is not None and run.mask.any() and run.mask.shape == photo.pixels.shape[:2]:
                mask = run.mask if mask is None else mask | run.mask
        timer = _Timer()
        after = (*examination.findings(), *notes)
        steps.append(timer.step("inspect_again", Outcome.UNCHANGED))
        return Trail(
            name=photo.origin.name,
            digest=photo.origin.digest,
            recipe_digest=self.digest,
            decision=decide(after, self.recipe.threshold),
            findings_before=before,
            findings_after=after,
            score_before=quality_score(before),
            score_after=quality_score(after),
            steps=tuple(steps),
            photo=examination.photo,
            mask=mask,
            category=photo.category,
            attested_by=photo.attested_by,
        )

    def _build_line(self, category: str | None) -> _Line:
        recipe = self.recipe
        setup = Setup(self.rules, recipe.roles(), recipe.profile_of(category).mode)
        stages = []
        for spec in recipe.stages:
            kind = STAGES[spec.name]
            backends = {role: recipe.backend_of(role, default) for role, default in kind.roles.items()}
            stages.append(kind(recipe.options_of(spec, category), backends))
        return _Line(tuple(INSPECTORS[name](setup) for name in recipe.inspect), tuple(stages))


class _Examination:
    """Findings of one photo, kept per inspector so that only what a treatment may have moved is redone."""

    def __init__(self, photo: Photo, inspectors: tuple[Inspector, ...]) -> None:
        self.photo = photo
        self._inspectors = inspectors
        self._view = View(photo)
        self._known: dict[str, tuple[Finding, ...]] = {}
        self._fresh: set[str] = set()
        self._settled: frozenset[str] = frozenset()

    def findings(self) -> tuple[Finding, ...]:
        """All findings on the photo as it is now."""
        return self._look(lambda _: True)

    def standing(self, codes: frozenset[str]) -> tuple[Finding, ...]:
        """Findings of the inspectors that know ``codes`` as of now; the others' as last seen."""
        return self._look(lambda inspector: bool(inspector.codes & codes))

    def move_to(self, photo: Photo, settled: frozenset[str] = frozenset()) -> None:
        """Go on with another state of the photo, on which ``settled`` codes are not judged anew."""
        if settled:
            self._look(lambda inspector: bool(inspector.codes & settled))
            self._settled |= settled
            self._known = {name: self._moved(found, photo) for name, found in self._known.items()}
        self.photo = photo
        self._view = View(photo)
        self._fresh.clear()

    def _moved(self, found: tuple[Finding, ...], photo: Photo) -> tuple[Finding, ...]:
        """Findings as they stand on ``photo``: on another pixel grid, settled ones have no place."""
        if photo.pixels.shape == self.photo.pixels.shape:
            return found
        return tuple(replace(f, region=None) if f.code in self._settled else f for f in found)

    def _look(self, due: Callable[[Inspector], bool]) -> tuple[Finding, ...]:
        for inspector in self._inspectors:
            if inspector.name not in self._fresh and due(inspector):
                kept = [f for f in self._known.get(inspector.name, ()) if f.code in self._settled]
                if not inspector.codes <= self._settled:
                    seen = inspector.inspect(self._view)
                    kept += [finding for finding in seen if finding.code not in self._settled]
                self._known[inspector.name] = tuple(kept)
                self._fresh.add(inspector.name)
        return tuple(f for i in self._inspectors for f in self._known.get(i.name, ()))


class _StageRun:
    """One stage on one photo: treat, enforce, check, look again, at most twice."""

    def __init__(self, stage: Stage, examination: _Examination, notes: Sequence[Finding]) -> None:
        self.stage = stage
        self.examination = examination
        self.before = examination.photo
        self.earlier_notes = tuple(notes)
        self.notes: tuple[Finding, ...] = ()
        self.mask: Mask | None = None
        self.standing_before: tuple[Finding, ...] = ()

    def apply(self) -> Step:
        timer = _Timer()
        outcome = self._treat()
        photo = self.examination.photo
        same_grid = photo.pixels.shape == self.before.pixels.shape
        changed = int(np.any(photo.pixels != self.before.pixels, 2).sum()) if same_grid else None
        cards = (load_backend(name).card for name in sorted(set(self.stage_backends)))
        return timer.step(
            self.stage.name,
            outcome,
            backends=tuple(f"{card.name}@{card.version}" for card in cards),
            changed_pixels=changed,
            untouched_digest=_untouched_digest(photo, self.mask),
            findings=self.notes,
        )

    @property
    def stage_backends(self) -> list[str]:
        return list(getattr(self.stage, "backends", {}).values())

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
            self.examination.move_to(treated, self.stage.settled)
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
        self.examination.move_to(current.with_pixels(restored, current.alpha))
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


class _Timer:
    """Wall and processor time of the current thread since it was made."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.thread_time()

    def step(
        self,
        stage: str,
        outcome: Outcome,
        *,
        backends: tuple[str, ...] = (),
        changed_pixels: int | None = 0,
        untouched_digest: str | None = None,
        findings: tuple[Finding, ...] = (),
    ) -> Step:
        wall, cpu = time.perf_counter() - self._wall, time.thread_time() - self._cpu
        return Step(stage, outcome, wall, cpu, backends, changed_pixels, untouched_digest, findings)


def _untouched_digest(photo: Photo, mask: Mask | None) -> str | None:
    if mask is None or not mask.any():
        return None
    return hashlib.sha256(photo.pixels[~mask].tobytes()).hexdigest()
