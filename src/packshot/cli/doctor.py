"""``packshot doctor``: whether this machine has what the program needs, and what to do where it has not."""

from __future__ import annotations

import typer

from packshot.cli.console import print_json
from packshot.cli.options import Json


def doctor(*, json: Json = False) -> None:
    """Look at this machine: versions, processor, models, fonts, disk; with a fix for what is wrong."""
    from packshot.cli.checkup import examine  # noqa: PLC0415 - see packshot.cli

    checks = list(examine())
    if json:
        print_json([check.as_dict() for check in checks])
    else:
        for check in checks:
            typer.echo(f"{'ok ' if check.ok else 'BAD'}  {check.what}: {check.found}")
            if check.fix:
                typer.echo(f"     {check.fix}")
    raise typer.Exit(0 if all(check.ok for check in checks) else 2)
