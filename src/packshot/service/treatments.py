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
        recipe: what options differ from.
    """

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self._lock = Lock()
        self._kept: dict[str, Treatment] = {}

    def of(self, options: Options) -> Treatment:
        """The treatment that ``options`` ask for.

        Raises:
            RecipeError, UnknownNameError: they name what does not exist.
        """
        key = options.model_dump_json(include={"hint", "backends", "channels"})
        with self._lock:
            if key not in self._kept:
                if len(self._kept) >= _MOST:
                    self._kept.pop(next(iter(self._kept)))
                self._kept[key] = ready(self.recipe_of(options))
            return self._kept[key]

    def recipe_of(self, options: Options) -> Recipe:
        """The recipe with what ``options`` say on top.

        Raises:
            RecipeError, UnknownNameError: they name what does not exist.
        """
        stages = []
        for spec in self.recipe.stages:
            if spec.name == "erase_text" and options.hint != "all":
                stages.append(spec.model_copy(update={"options": {**spec.options, "hint": options.hint}}))
            else:
                stages.append(spec)
        if options.hint != "all" and not any(spec.name == "erase_text" for spec in stages):
            raise RecipeError(where="hint", detail="the recipe has no stage erase_text that it could narrow.")
        update = {
            "stages": tuple(stages),
            "backends": {**self.recipe.backends, **options.backends},
            "channels": options.channels or self.recipe.channels,
        }
        recipe = self.recipe.model_copy(update=update)
        recipe.check("options")
        return recipe


def ready(recipe: Recipe) -> Treatment:
    """The treatment of a recipe, with every model's weights on this machine.

    Raises:
        WeightsError: weights cannot be fetched; says what to do.
        UnknownNameError: the recipe names what does not exist.
    """
    if missing := missing_weights(recipe.roles().values()):
        weights.pull(missing)
    pipeline = Pipeline(recipe)
    return Treatment(pipeline, Outputs(Path(), channels=pipeline.rules))
