"""``packshot run``: the main job."""

from __future__ import annotations

import typer

from packshot.cli.console import note, print_json
from packshot.cli.interrupt import INTERRUPTED
from packshot.cli.options import (
    AsOf,
    AttestedBy,
    Category,
    Channels,
    Json,
    Manifest,
    Out,
    OutputFormat,
    RecipeFile,
    SomePaths,
    Workers,
)


def run(
    paths: SomePaths = None,
    *,
    out: Out,
    recipe: RecipeFile = None,
    channel: Channels = None,
    as_of: AsOf = None,
    category: Category = None,
    manifest: Manifest = None,
    attested_by: AttestedBy = None,
    output_format: OutputFormat = None,
    json: Json = False,
    workers: Workers = None,
) -> None:
    """Inspect photos, repair what can be repaired, and decide what may be published.

    Writes photos to publish/ and review/ under the output folder, trail.jsonl and report.html. Run it again
    with the same --out to continue: what is done is skipped.
    """
    from packshot.cli.job import Job, describe, do, report, summary  # noqa: PLC0415 - see packshot.cli
    from packshot.cli.prepare import gather, recipe_from  # noqa: PLC0415

    chosen = recipe_from(recipe, channels=channel, as_of=as_of)
    items = gather(paths, out=out, manifest=manifest, category=category)
    job = Job(items, out, chosen, output_format, attested_by=attested_by, workers=workers)
    result = do(job)
    page = report(result, job)
    if json:
        print_json(summary(result, out))
    else:
        for line in describe(result):
            typer.echo(line)
        typer.echo(f"Report: {page}")
    if result.interrupted:
        note(f"Interrupted: {len(result.records)} of {result.total} photos are done and kept.")
        note("Run the same command again to continue.")
        raise typer.Exit(INTERRUPTED)
    raise typer.Exit(0 if result.all_published else 1)
