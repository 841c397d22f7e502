"""``packshot demo``: the main job on photos with known flaws, held against the truth."""

from __future__ import annotations

import typer

from packshot.cli.console import note
from packshot.cli.interrupt import INTERRUPTED
from packshot.cli.options import Out, SomePaths, Workers


def demo(paths: SomePaths = None, *, out: Out, workers: Workers = None) -> None:
    """Stamp flaws on photos, repair them, and report the repair against the truth in dB.

    Without PATH it uses photographs that ship with scikit-image. The exit code is 0 whatever the verdicts: a
    photo that is left to a person is part of the demonstration.
    """
    from packshot.cli import table  # noqa: PLC0415 - see packshot.cli
    from packshot.cli.job import Job, do, report  # noqa: PLC0415
    from packshot.cli.repair import PHOTOS, TRUTH, flawed_photos, gains, mean_gain  # noqa: PLC0415
    from packshot.recipe import Recipe  # noqa: PLC0415

    items = flawed_photos(paths or (), out)
    note(
        f"{len(items)} photos with known flaws are in {out / PHOTOS}, the truth about them in {out / TRUTH}."
    )
    # No crop: a photo in another frame could not be held against the truth pixel by pixel.
    recipe = Recipe.from_dict({"stages": ["erase_text", "upscale"]})
    job = Job(items, out, recipe, attested_by="packshot demo, which stamped them", workers=workers)
    result = do(job)
    measured = gains(result.records, out)
    page = report(result, job, {gain.target: gain.sentence for gain in measured})
    table.show(
        "Nearness to the truth where the flaw is (PSNR)",
        ("photo and flaw", "verdict", "before", "after", "gain"),
        [gain.row for gain in measured],
    )
    if (mean := mean_gain(measured)) is not None:
        worse = sum(gain.harmed for gain in measured)
        typer.echo(f"Mean gain: {mean:+.1f} dB; {worse} of {len(measured)} photos are worse than before.")
    typer.echo(f"Report: {page}")
    if result.interrupted:
        raise typer.Exit(INTERRUPTED)
