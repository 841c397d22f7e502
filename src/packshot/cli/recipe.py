"""``packshot recipe``: what a run will do, and whether a recipe is sound."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from packshot.cli.console import print_json
from packshot.cli.options import Json, RecipeFile

app = typer.Typer(no_args_is_help=True, help="Show and check recipes.")


@app.command()
def show(recipe: RecipeFile = None, json: Json = False) -> None:
    """Print a recipe with every default filled in, as YAML that can be edited and used."""
    import yaml  # noqa: PLC0415 - see packshot.cli

    from packshot.recipe import Recipe  # noqa: PLC0415

    chosen = Recipe.from_yaml(recipe) if recipe else Recipe.from_dict({})
    content = chosen.model_dump(mode="json")
    content["stages"] = [
        {spec["name"]: spec["options"]} if spec["options"] else spec["name"] for spec in content["stages"]
    ]
    content["categories"] = {
        name: {"mode": profile["mode"], **profile["stages"]}
        for name, profile in content["categories"].items()
    }
    content["backends"] = {**content["backends"], **chosen.roles()}
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
