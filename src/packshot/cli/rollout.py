"""``packshot rollout``: a change through shadow and canary, step by step, or back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from packshot.cli.batches import Actor
from packshot.cli.options import Json
from packshot.cli.serve import Home

if TYPE_CHECKING:
    from packshot.rollout.progress import Action

app = typer.Typer(
    help="Try a recipe in the shadow, let it out to a share of the products, and back.", no_args_is_help=True
)

Rollout = Annotated[
    str, typer.Argument(metavar="NAME", show_default=False, help="The rollout's name or identifier.")
]
Reason = Annotated[str | None, typer.Option("--reason", show_default=False, help="Stands in the audit log.")]


@app.command()
def apply(
    file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False, help="The plan, in YAML.")],
    *,
    actor: Actor = "cli",
    home: Home = None,
) -> None:
    """Begin what a file says; the same file again, while it is under way, changes nothing."""
    from packshot.cli.ledger import opened_service  # noqa: PLC0415 - see packshot.cli
    from packshot.rollout.plan import Plan  # noqa: PLC0415
    from packshot.service import rollouts  # noqa: PLC0415
    from packshot.yaml_file import read_yaml  # noqa: PLC0415

    plan = Plan.from_dict(read_yaml(file, str(file)), str(file))
    with opened_service(home) as context:
        made = rollouts.apply(context, plan, actor)
    typer.echo(f"{plan.rollout} is under way: {made}.")


@app.command()
def start(name: Rollout, *, actor: Actor = "cli", home: Home = None) -> None:
    """Begin an earlier rollout once more, against the recipe that is live now."""
    from packshot.cli.ledger import opened_service  # noqa: PLC0415 - see packshot.cli
    from packshot.service import rollouts  # noqa: PLC0415

    with opened_service(home) as context:
        made = rollouts.again(context, name, actor)
    typer.echo(f"{name} is under way: {made}.")


@app.command()
def status(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", show_default=False, help="The newest one by default."),
    ] = None,
    *,
    home: Home = None,
    json: Json = False,
) -> None:
    """Show where a rollout is, what was measured, and how it came there."""
    from packshot.cli.console import print_json  # noqa: PLC0415 - see packshot.cli
    from packshot.cli.ledger import opened_ledger  # noqa: PLC0415
    from packshot.service import rollouts  # noqa: PLC0415

    with opened_ledger(home) as ledger, ledger.reading() as session:
        newest = rollouts.listing(session, 1)
        if name is None and not newest:
            typer.echo("There was no rollout yet. Begin one with `packshot rollout apply FILE`.")
            return
        row = rollouts.find(session, name) if name else newest[0]
        view = rollouts.view(row, rollouts.transitions(session, row.id))
    if json:
        print_json(view)
    else:
        _print(view)


@app.command("list")
def listing(*, home: Home = None, json: Json = False) -> None:
    """List the newest rollouts."""
    from packshot.cli.console import print_json  # noqa: PLC0415 - see packshot.cli
    from packshot.cli.ledger import opened_ledger  # noqa: PLC0415
    from packshot.service import rollouts  # noqa: PLC0415

    with opened_ledger(home) as ledger, ledger.reading() as session:
        found = [rollouts.view(row) for row in rollouts.listing(session, 50)]
    if json:
        print_json(found)
        return
    for view in found:
        typer.echo(f"{view['name']:32} {view['status']:12} {view['phase']:14} {view['id']}")


def _command(name: str, action: str, about: str, said: str) -> None:
    """Register a command that moves a rollout by hand."""

    def move(rollout: Rollout, *, reason: Reason = None, actor: Actor = "cli", home: Home = None) -> None:
        from packshot.rollout.progress import Action  # noqa: PLC0415 - see packshot.cli

        _act(rollout, Action(action), actor, reason, home)
        typer.echo(f"{rollout} {said}.")

    app.command(name, help=about)(move)


_command("promote", "promote", "Make the candidate the live recipe now.", "is live")
_command("advance", "advance", "Go on to the next phase now.", "is in its next phase")
_command(
    "hold", "hold", "Freeze it where it is: it still rolls back by itself, but goes no further.", "is held"
)
_command("resume", "resume", "Let a held rollout go on.", "goes on")
_command("rollback", "roll_back", "Give all products back to the live recipe now.", "is rolled back")
_command("abort", "abort", "End it without a verdict.", "is aborted")


def _act(name: str, action: Action, actor: str, reason: str | None, home: Path | None) -> None:
    from packshot.cli.ledger import opened_service  # noqa: PLC0415 - see packshot.cli
    from packshot.service import rollouts  # noqa: PLC0415

    with opened_service(home) as context:
        rollouts.act(context, name, action, actor, reason)


def _print(view: dict[str, Any]) -> None:
    from packshot.cli.table import show  # noqa: PLC0415 - see packshot.cli

    typer.echo(
        f"{view['name']} ({view['id']}): {view['status']}, {view['phase']}, weight {view['weight'] * 100:g} %"
    )
    if view["reason"]:
        typer.echo(view["reason"])
    judged = view["judgement"]
    if judged:
        typer.echo(
            f"\n{judged['photos']} photos compared, {judged['waiting']} wait. Verdict: {judged['verdict']}."
        )
        rows = [(one["metric"], str(one["n"]), one["outcome"], one["sentence"]) for one in judged["evidence"]]
        show("", ("guardrail", "photos", "outcome", "evidence"), rows)
        moves = [_movement(one) for one in judged["movements"] if one["n"]]
        show("Better (+) or worse (-) than now", ("metric", "photos", "movement", "interval"), moves)
    typer.echo("")
    for step in view["transitions"]:
        why = f"{step['actor']}: {step['reason'] or ''}"
        typer.echo(f"{_moment(step['at'])}  {step['action']:10} {step['phase']:14} {why}")


def _movement(one: dict[str, Any]) -> tuple[str, ...]:
    ends = ["unknown" if end is None else f"{end:+.3g}" for end in (one["lower"], one["upper"])]
    interval = " to ".join(ends) + (" *" if one["moves"] else "")
    return one["metric"], str(one["n"]), f"{one['effect']:+.3g}", interval


def _moment(at: float) -> str:
    from datetime import UTC, datetime  # noqa: PLC0415 - see packshot.cli

    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")
