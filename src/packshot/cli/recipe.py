"""``packshot recipe``: what a run will do, and whether a recipe is sound."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from packshot.cli.console import print_json
from packshot.cli.options import Json, RecipeFile

if TYPE_CHECKING:
    from packshot.recipe import Recipe

app = typer.Typer(no_args_is_help=True, help="Show and check recipes.")


@app.command()
def show(recipe: RecipeFile = None, json: Json = False) -> None:
    """Print a recipe with every default filled in, as YAML that can be edited and used."""
    import yaml  # noqa: PLC0415 - see packshot.cli

    from packshot.recipe import Recipe  # noqa: PLC0415

    chosen = Recipe.from_yaml(recipe) if recipe else Recipe.from_dict({})
    content = filled_in(chosen)
    if json:
        print_json({**content, "digest": chosen.digest()})
    else:
        typer.echo(f"# version {chosen.digest()}")
        typer.echo(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), nl=False)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False, help="A recipe in YAML.")],
) -> None:
    """Check a recipe without running it."""
    from packshot.pipeline import Pipeline  # noqa: PLC0415 - see packshot.cli

    pipeline = Pipeline.from_recipe(file)
    typer.echo(f"{file} is sound: version {pipeline.digest[:12]}.")


def filled_in(recipe: Recipe) -> dict[str, Any]:
    """The recipe as it would be written in YAML, nothing left to a default."""
    content = recipe.model_dump(mode="json")
    stages = []
    for spec in recipe.stages:
        options = recipe.options_of(spec, None).model_dump(mode="json")
        # A mode that the stage does not state is the category's; stated here, it would overrule that.
        said = {key: value for key, value in options.items() if key != "mode" or key in spec.options}
        stages.append({spec.name: said})
    content["stages"] = stages
    content["categories"] = {
        name: {**{key: profile[key] for key in profile if key != "stages"}, **profile["stages"]}
        for name, profile in content["categories"].items()
    }
    content["backends"] = {**content["backends"], **recipe.roles()}
    return content
