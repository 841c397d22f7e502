"""``packshot models``: the weights, where they come from, and whether they are here and unharmed."""

from __future__ import annotations

from typing import Annotated

import typer

from packshot.cli.batches import Actor
from packshot.cli.console import print_json
from packshot.cli.options import Json
from packshot.cli.serve import Home

app = typer.Typer(no_args_is_help=True, help="List, fetch and verify the models' weights.")


@app.command("list")
def list_models(json: Json = False) -> None:
    """List the weights, and the backends that can be named in a recipe."""
    from packshot.backend import backend_names, load_backend  # noqa: PLC0415 - see packshot.cli
    from packshot.weights import verify  # noqa: PLC0415

    weights = [
        {
            "name": weight.name,
            "role": weight.role,
            "status": status.value,
            "bytes": weight.size,
            "size": f"{weight.size / 1e6:.1f} MB",
            "licence": weight.licence,
            "origin": weight.origin,
            "source": "packshot" if weight.packaged else f"{weight.wheel}=={weight.version}",
        }
        for weight, status in verify()
    ]
    cards = [load_backend(name).card for name in backend_names()]
    backends = [
        {
            "name": card.name,
            "version": card.version,
            "licence": card.licence,
            "scale": card.scale,
            "precision": card.precision,
            "cpu_seconds_per_megapixel": card.cpu_seconds_per_megapixel,
        }
        for card in cards
    ]
    if json:
        print_json({"weights": weights, "backends": backends})
        return
    typer.echo("Weights")
    for row in weights:
        typer.echo(
            f"  {row['name']:24} {row['status']:8} {row['size']:>8}  {row['licence']:12} {row['source']}"
        )
    typer.echo("Backends")
    for row in backends:
        typer.echo(f"  {row['name']:24} {row['version']:8} {row['precision']:>8}  {row['licence']}")


@app.command()
def pull(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", show_default=False, help="All by default.")
    ] = None,
) -> None:
    """Fetch what is missing and check it against the lock."""
    from packshot.cli.prepare import pull as fetch  # noqa: PLC0415 - see packshot.cli
    from packshot.weights import cache_folder, entries  # noqa: PLC0415

    fetch(names or [weight.name for weight in entries()])
    typer.echo(f"Ready in {cache_folder()}.")


@app.command()
def verify(json: Json = False) -> None:
    """Hash every weight on this machine and compare it with the lock; nothing is fetched."""
    from packshot.weights import Status  # noqa: PLC0415 - see packshot.cli
    from packshot.weights import verify as check  # noqa: PLC0415

    report = {weight.name: status for weight, status in check()}
    if json:
        print_json({name: status.value for name, status in report.items()})
    else:
        for name, status in report.items():
            typer.echo(f"{status.value:8} {name}")
    raise typer.Exit(0 if all(status is Status.PRESENT for status in report.values()) else 1)


@app.command()
def use(
    role: Annotated[
        str, typer.Argument(metavar="ROLE", show_default=False, help="Such as upscaler_degraded.")
    ],
    name: Annotated[str, typer.Argument(metavar="NAME", show_default=False, help="The backend to fill it.")],
    *,
    category: Annotated[
        str | None,
        typer.Option("--category", metavar="NAME", show_default=False, help="For these photos only."),
    ] = None,
    actor: Actor = "cli",
    home: Home = None,
) -> None:
    """Have another backend fill a role in the running service: begins a rollout of that one change."""
    from packshot.cli.ledger import opened_service  # noqa: PLC0415 - see packshot.cli
    from packshot.service import switches  # noqa: PLC0415

    with opened_service(home) as context:
        made = switches.use(context, role, name, category, actor)
    typer.echo(f"{name} is on its way to {role}: see `packshot rollout status {made}`.")
