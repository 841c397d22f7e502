"""What every command that works on photos does first. Heavy: imported only when such a command runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from packshot import weights
from packshot.cli.console import Meter, note
from packshot.errors import UsageError
from packshot.executors.manifest import read_manifest
from packshot.executors.sources import Item, collect
from packshot.executors.weights_needed import missing_weights
from packshot.pipeline import Pipeline
from packshot.recipe import Recipe


def recipe_from(
    file: Path | None, *, channels: Sequence[str] | None, as_of: date | None, threshold: float | None = None
) -> Recipe:
    """The recipe of a file, or the built-in one, with what the command line says on top.

    Raises:
        RecipeError, UnknownNameError, StageOrderError: see :class:`packshot.recipe.Recipe`.
    """
    said: dict[str, Any] = {"channels": tuple(channels or ()), "as_of": as_of, "threshold": threshold}
    recipe = Recipe.from_yaml(file) if file else Recipe.from_dict({})
    return recipe.model_copy(update={key: value for key, value in said.items() if value not in (None, ())})


def pipeline_of(recipe: Recipe) -> Pipeline:
    """The pipeline of ``recipe``, with every model's weights on this machine.

    Raises:
        WeightsError: weights cannot be fetched; says what to do.
        RecipeError, UnknownNameError: the recipe names what does not exist.
    """
    if missing := missing_weights(recipe.all_backends()):
        pull(missing)
    return Pipeline(recipe)


def pull(names: Sequence[str]) -> None:
    """Fetch weights, with a progress bar.

    Raises:
        UnknownNameError, WeightsError: see :func:`packshot.weights.pull`.
    """
    with Meter() as meter:
        meter.begin("Fetching models", len(names))
        weights.pull(names, lambda weight: meter.done(f"{weight.name} ({weight.size / 1e6:.1f} MB)", "ready"))


def gather(
    paths: Sequence[Path] | None,
    *,
    out: Path | None = None,
    manifest: Path | None = None,
    category: str | None = None,
) -> Sequence[Item]:
    """The photos that the command line names.

    Raises:
        UsageError: it names none, or something that does not exist.
    """
    if not paths and manifest is None:
        raise UsageError(detail="Name at least one photo, or a folder with photos.")
    rows = read_manifest(manifest) if manifest else None
    batch = collect(paths or (), out=out, manifest=rows, category=category)
    for text in batch.notes:
        note(text)
    return batch.items
