"""``packshot bench``: where the time goes on this machine, and how well every backend does."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from packshot.cli.console import print_json
from packshot.cli.interrupt import INTERRUPTED
from packshot.cli.options import Json, Out, RecipeFile, SomePaths, Workers

_USUAL = "speed"


class _UsuallySpeed(TyperGroup):
    """A group that takes anything but the name of a command for arguments of ``speed``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - Typer's own, or click's
        """Name the command where nobody did."""
        named = bool(args) and (args[0] in self.commands or args[0] == "--help")
        return super().parse_args(ctx, args if named else [_USUAL, *args])


app = typer.Typer(
    cls=_UsuallySpeed,
    help="Measure on this machine: speed, which is meant where no command is named, or quality.",
)


@app.command()
def speed(
    paths: SomePaths = None, recipe: RecipeFile = None, *, json: Json = False, workers: Workers = None
) -> None:
    """Measure throughput and processor time per stage; nothing is kept.

    Without PATH it uses the demo's photos. Other work on the machine makes photos an hour meaningless, but
    hardly touches CPU-seconds.
    """
    from packshot.cli import table  # noqa: PLC0415 - see packshot.cli
    from packshot.cli.measure import measure  # noqa: PLC0415

    measured = measure(paths or (), recipe, workers)
    if measured is None:
        raise typer.Exit(INTERRUPTED)
    if json:
        print_json(measured.as_dict())
        return
    rows = [
        (
            cost.stage,
            f"{cost.cpu_seconds:.2f}",
            f"{cost.cpu_seconds / measured.photos:.3f}",
            f"{cost.share:.1%}",
        )
        for cost in measured.stages
    ]
    table.show(
        f"{measured.photos} photos with {measured.workers} workers",
        ("stage", "CPU-seconds", "a photo", "share"),
        rows,
    )
    typer.echo(f"{measured.images_per_hour:,.0f} photos an hour")
    typer.echo(f"{measured.cpu_seconds_per_image:.3f} CPU-seconds a photo")
    if measured.peak_mib is not None:
        typer.echo(f"Peak memory: {measured.peak_mib:,.0f} MiB")


@app.command()
def quality(
    paths: SomePaths = None,
    *,
    out: Out,
    count: Annotated[int, typer.Option("--count", min=1, max=10_000, help="Photos to stamp.")] = 40,
    json: Json = False,
) -> None:
    """Measure every installed backend against the truth, and write contact sheets of the results.

    Photos should bear no overlaid text: without it they are the truth. Without PATH it uses the demo's. Equal
    photos and fonts give equal figures, but for CPU-seconds.
    """
    from packshot.cli.quality import RESULT, measure, show  # noqa: PLC0415 - see packshot.cli

    measured = measure(paths or (), out, count)
    if measured is None:
        raise typer.Exit(INTERRUPTED)
    if json:
        print_json(measured.as_dict())
        return
    for part in measured.tables:
        show(part)
    typer.echo(f"{len(measured.sheets)} contact sheets, and the figures in {RESULT}: {out}")
