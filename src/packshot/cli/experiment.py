"""``packshot experiment``: recipes on different products at the same time."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from packshot.cli.batches import Actor
from packshot.cli.options import Json
from packshot.cli.serve import Home

app = typer.Typer(help="Compare recipes on different products at the same time.", no_args_is_help=True)

Experiment = Annotated[
    str, typer.Argument(metavar="NAME", show_default=False, help="The experiment's name or identifier.")
]


@app.command()
def start(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", show_default=False, help="The experiment, in YAML.")
    ],
    *,
    actor: Actor = "cli",
    home: Home = None,
) -> None:
    """Begin what a file says; the same file again, while it runs, changes nothing."""
    from packshot.cli.ledger import opened_service  # noqa: PLC0415 - see packshot.cli
    from packshot.rollout.trial import Trial  # noqa: PLC0415
    from packshot.service import experiments  # noqa: PLC0415
    from packshot.yaml_file import read_yaml  # noqa: PLC0415

    trial = Trial.from_dict(read_yaml(file, str(file)), str(file))
    with opened_service(home) as context:
        made = experiments.start(context, trial, actor)
    typer.echo(f"{trial.experiment} runs: {made}.")


@app.command()
def stop(
    name: Experiment,
    *,
    reason: Annotated[
        str | None, typer.Option("--reason", show_default=False, help="Stands in the log.")
    ] = None,
    actor: Actor = "cli",
    home: Home = None,
) -> None:
    """End it: all products get the live recipe again."""
    from packshot.cli.ledger import opened_service  # noqa: PLC0415 - see packshot.cli
    from packshot.service import experiments  # noqa: PLC0415

    with opened_service(home) as context:
        experiments.stop(context, name, actor, reason)
    typer.echo(f"{name} has ended.")


@app.command()
def result(name: Experiment, *, home: Home = None, json: Json = False) -> None:
    """Show what it says so far."""
    from packshot.cli.console import print_json  # noqa: PLC0415 - see packshot.cli
    from packshot.cli.ledger import opened_ledger  # noqa: PLC0415
    from packshot.service import experiments  # noqa: PLC0415

    with opened_ledger(home) as ledger, ledger.reading() as session:
        found = experiments.result(session, experiments.find(session, name))
    if json:
        print_json(found)
    else:
        _print(found)


@app.command("list")
def listing(*, home: Home = None, json: Json = False) -> None:
    """List the newest experiments."""
    from packshot.cli.console import print_json  # noqa: PLC0415 - see packshot.cli
    from packshot.cli.ledger import opened_ledger  # noqa: PLC0415
    from packshot.service import experiments  # noqa: PLC0415

    with opened_ledger(home) as ledger, ledger.reading() as session:
        found = [experiments.view(row) for row in experiments.listing(session, 50)]
    if json:
        print_json(found)
        return
    for view in found:
        typer.echo(f"{view['name']:32} {'running' if view['running'] else 'ended':8} {view['id']}")


def _print(found: dict[str, Any]) -> None:
    from packshot.cli.table import show  # noqa: PLC0415 - see packshot.cli

    arms = ", ".join(f"{arm} {count:,}" for arm, count in found["photos"].items())
    typer.echo(f"{found['name']}: {'running' if found['running'] else 'ended'}; photos: {arms}")
    analysis = found["analysis"]
    if analysis is None:
        typer.echo("The first planned look is not reached yet.")
        return
    rows = [_row(one, "all") for one in analysis["overall"]]
    rows += [_row(one, one["category"]) for one in analysis["by_category"] if one["differs"]]
    show(
        "Better (+) or worse (-) than the control", ("metric", "arm", "category", "effect", "interval"), rows
    )
    if analysis["ratio"]["mismatch"]:
        typer.echo(
            "Products are not spread over the arms as planned: something drops or moves them on the way."
        )


def _row(one: dict[str, Any], category: str) -> tuple[str, ...]:
    effect = "unknown" if one["effect"] is None else f"{one['effect']:+.4g}"
    interval = one["refusal"] or f"{one['lower']:+.4g} to {one['upper']:+.4g}"
    return one["metric"], one["arm"], category, effect, interval + (" *" if one["differs"] else "")
