"""``packshot validate``: what is wrong with these photos; nothing is changed."""

from __future__ import annotations

from typing import Annotated

import typer

from packshot.cli.console import Meter, note, print_json
from packshot.cli.interrupt import INTERRUPTED, stoppable
from packshot.cli.options import AsOf, Category, Channels, Json, Paths, Workers
from packshot.errors import UsageError


def validate(
    paths: Paths,
    *,
    threshold: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Least score of a photo that passes.")
    ] = 0.8,
    channel: Channels = None,
    as_of: AsOf = None,
    category: Category = None,
    json: Json = False,
    junit: Annotated[bool, typer.Option("--junit", help="Print the result as JUnit XML on stdout.")] = False,
    workers: Workers = None,
) -> None:
    """Say what is wrong with photos, without changing them.

    A photo passes when nothing of severity error stands and its score reaches the threshold.
    """
    from packshot.cli import junit as junit_report  # noqa: PLC0415 - see packshot.cli
    from packshot.cli.prepare import gather, pipeline_of, recipe_from  # noqa: PLC0415
    from packshot.edges.report.wording import sentence  # noqa: PLC0415
    from packshot.executors.local import Crew, cores  # noqa: PLC0415
    from packshot.executors.validate import validate as check  # noqa: PLC0415

    if json and junit:
        raise UsageError(detail="Choose one of --json and --junit.")
    recipe = recipe_from(None, channels=channel, as_of=as_of, threshold=threshold)
    items = gather(paths, category=category)
    pipeline = pipeline_of(recipe.model_copy(update={"stages": ()}))
    with stoppable() as stop, Meter() as meter:
        checked = check(pipeline, items, Crew(workers or cores(), stop, meter))
    failed = sum(not photo.passed for photo in checked)
    if json:
        print_json(
            {
                "photos": [photo.as_dict() for photo in checked],
                "total": len(checked),
                "failed": failed,
                "threshold": threshold,
            }
        )
    elif junit:
        typer.echo(junit_report.render(checked))
    else:
        for photo in checked:
            typer.echo(f"{'PASS' if photo.passed else 'FAIL'}  {photo.score:.2f}  {photo.path}")
            for finding in photo.findings:
                typer.echo(f"      {finding.severity.value:7}  {finding.code}: {sentence(finding.as_dict())}")
        typer.echo(f"{len(checked) - failed} of {len(checked)} photos pass at a threshold of {threshold:g}.")
    if stop.is_set():
        note(f"Interrupted: {len(items) - len(checked)} of {len(items)} photos were not checked.")
        raise typer.Exit(INTERRUPTED)
    raise typer.Exit(1 if failed else 0)
