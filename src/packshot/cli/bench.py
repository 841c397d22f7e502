"""``packshot bench``: where the time goes on this machine."""

from __future__ import annotations

import typer

from packshot.cli.console import print_json
from packshot.cli.interrupt import INTERRUPTED
from packshot.cli.options import Json, RecipeFile, SomePaths, Workers


def bench(
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
