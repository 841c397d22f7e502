"""Pipelines by what was asked for: built once, shared by all workers."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

from packshot import weights
from packshot.errors import RecipeError
from packshot.executors.outputs import Outputs
from packshot.executors.treatment import Treatment
from packshot.executors.weights_needed import missing_weights
from packshot.pipeline import Pipeline
from packshot.recipe import Recipe
from packshot.service.options import Options

_MOST = 64
"""Pipelines kept; a pipeline is small, its models are shared by all."""


class Treatments:
    """Gives the treatment for a photo's options.

    Args:
        recipe: what is live at first: what options differ from where no other recipe is named.
    """

    def __init__(self, recipe: Recipe) -> None:
        self._live = recipe
        self._lock = Lock()
        self._kept: dict[str, Treatment] = {}

    @property
    def recipe(self) -> Recipe:
        """The live recipe."""
        return self._live

    def switch(self, recipe: Recipe) -> None:
        """Make another recipe the live one; what is being treated is finished as it was begun."""
        self._live = recipe

    def of(self, options: Options, recipe: Recipe | None = None) -> Treatment:
        """The treatment that ``options`` ask for, on top of ``recipe`` or the live one.

        Raises:
            RecipeError, UnknownNameError: they name what does not exist.
            WeightsError: its models' weights cannot be had.
        """
        base = recipe or self._live
        key = base.model_dump_json() + options.model_dump_json(include={"hint", "backends", "channels"})
        with self._lock:
            found = self._kept.get(key)
        if found is not None:
            return found
        made = ready(self.recipe_of(options, base))  # unlocked: weights may have to come
        with self._lock:
            if len(self._kept) >= _MOST:
                self._kept.pop(next(iter(self._kept)))
            return self._kept.setdefault(key, made)

    def recipe_of(self, options: Options, recipe: Recipe) -> Recipe:
        """``recipe`` with what ``options`` say on top.

        Raises:
            RecipeError, UnknownNameError: they name what does not exist.
        """
        stages = []
        for spec in recipe.stages:
            if spec.name == "erase_text" and options.hint != "all":
                stages.append(spec.model_copy(update={"options": {**spec.options, "hint": options.hint}}))
            else:
                stages.append(spec)
        if options.hint != "all" and not any(spec.name == "erase_text" for spec in stages):
            raise RecipeError(where="hint", detail="the recipe has no stage erase_text that it could narrow.")
        categories = {
            name: profile.model_copy(update={"backends": {**profile.backends, **options.backends}})
            for name, profile in recipe.categories.items()
            if profile.backends
        }
        update = {
            "stages": tuple(stages),
            "categories": {**recipe.categories, **categories},
            "backends": {**recipe.backends, **options.backends},
            "channels": options.channels or recipe.channels,
        }
        changed = recipe.model_copy(update=update)
        changed.check("options")
        return changed


def ready(recipe: Recipe) -> Treatment:
    """The treatment of a recipe, with every model's weights on this machine.

    Raises:
        WeightsError: weights cannot be fetched; says what to do.
        UnknownNameError: the recipe names what does not exist.
    """
    if missing := missing_weights(recipe.all_backends()):
        weights.pull(missing)
    pipeline = Pipeline(recipe)
    return Treatment(pipeline, Outputs(Path(), channels=pipeline.rules))
