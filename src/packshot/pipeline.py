"""The one path of a photo: inspect, treat what was found, inspect again against the input, decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from packshot.backend import Card, load_backend
from packshot.examination import Examination, Inspectors, Timer
from packshot.finding import Finding, Mask
from packshot.inspection import INSPECTORS, Setup, load_rules
from packshot.memo import Memo, address, kind_of
from packshot.photo import Photo
from packshot.recipe import Recipe
from packshot.stage import Stage
from packshot.stage_run import StageRun
from packshot.stages import STAGES
from packshot.trail import Trail
from packshot.verdict import decide, quality_score


@dataclass(frozen=True, slots=True)
class _Line:
    """The inspectors and stages of one category, each with its fingerprint."""

    inspectors: Inspectors
    stages: tuple[tuple[str, Stage], ...]


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
        return Examination(photo, self._line(photo.category).inspectors).findings()

    def run(self, photo: Photo, extra: Sequence[Finding] = (), memo: Memo | None = None) -> Trail:
        """Examine, treat, examine again, decide.

        Args:
            photo: what to treat.
            extra: findings that need more than one photo to see, such as duplicates in a batch.
            memo: what other recipes' runs have worked out of the same photo: taken over, and added to. The
                result is the same with it and without.
        """
        line = self._line(photo.category)
        examination = Examination(photo, line.inspectors, memo)
        timer = Timer(examination)
        before = (*examination.findings(), *extra)
        steps = [timer.looks("inspect")]
        notes: list[Finding] = list(extra)
        mask: Mask | None = None
        for fingerprint, stage in line.stages:
            run = StageRun(stage, fingerprint, examination, notes)
            steps.append(run.apply())
            notes.extend(run.notes)
            if run.mask is not None and run.mask.any() and run.mask.shape == photo.pixels.shape[:2]:
                mask = run.mask if mask is None else mask | run.mask
        timer = Timer(examination)
        after = (*examination.findings(), *notes)
        steps.append(timer.looks("inspect_again"))
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
        setup = Setup(self.rules, recipe.roles(category), recipe.profile_of(category).mode)
        rules = address(self.rules)
        inspectors, stages = [], []
        for name in recipe.inspect:
            inspector = INSPECTORS[name]
            backends = {role: setup.backends[role] for role in inspector.roles}
            mark = address(kind_of(inspector), name, rules, setup.mode, _cards(backends))
            inspectors.append((mark, inspector(setup)))
        for spec in recipe.stages:
            stage = STAGES[spec.name]
            options = recipe.options_of(spec, category)
            backends = {
                role: recipe.backend_of(role, default, category) for role, default in stage.roles.items()
            }
            mark = address(kind_of(stage), spec.name, options, _cards(backends))
            stages.append((mark, stage(options, backends)))
        return _Line(tuple(inspectors), tuple(stages))


def _cards(backends: Mapping[str, str]) -> dict[str, Card]:
    """The cards of backends, by role: the same name with other weights is another backend."""
    return {role: load_backend(name).card for role, name in backends.items()}
