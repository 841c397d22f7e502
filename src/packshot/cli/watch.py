"""``packshot watch``: what got worse, and what is watched."""

from __future__ import annotations

from typing import Annotated

import typer

from packshot.cli.options import Json
from packshot.cli.serve import Home

app = typer.Typer(help="See what got worse, and what is watched.", no_args_is_help=True)


@app.command("list")
def listing(
    *,
    unseen: Annotated[
        bool, typer.Option("--unseen", help="Only those that nobody has taken note of.")
    ] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """List the newest alerts, each with what had changed just before."""
    from packshot.cli.console import print_json  # noqa: PLC0415 - see packshot.cli
    from packshot.cli.ledger import opened_ledger  # noqa: PLC0415
    from packshot.service import watch  # noqa: PLC0415

    with opened_ledger(home) as ledger, ledger.reading() as session:
        found = [watch.view(row) for row in watch.listing(session, 50, unseen=unseen)]
    if json:
        print_json(found)
        return
    for view in found:
        state = f"seen by {view['seen_by']}" if view["seen_by"] else "not seen"
        state += ", recovered" if view["recovered_at"] else ""
        typer.echo(f"{view['id']}  {view['summary']} ({state})")
        for suspect in view["suspects"][:3]:
            typer.echo(f"    {_ago(suspect['seconds_before']):18} {suspect['what']}")
        if view["others_count"]:
            typer.echo(f"    {view['others_count']} further detectors noticed the same.")
    if not found:
        typer.echo("There are no alerts.")


@app.command()
def status(*, home: Home = None, json: Json = False) -> None:
    """Show how far the watch is, how rare false alarms are, and what it follows."""
    from packshot.cli.console import print_json  # noqa: PLC0415 - see packshot.cli
    from packshot.cli.ledger import opened_ledger  # noqa: PLC0415
    from packshot.cli.table import show  # noqa: PLC0415
    from packshot.service import watch  # noqa: PLC0415

    with opened_ledger(home) as ledger, ledger.reading() as session:
        found = watch.status(session)
    if json:
        print_json(found)
        return
    pace = found["pace"]
    if not pace:
        typer.echo("No photo was counted yet.")
        return
    days = f", {pace['one_in_days']:g} days at your traffic" if pace["one_in_days"] else ""
    typer.echo(f"{found['photos']:,} photos counted.")
    typer.echo(f"At most one false alarm is to be expected in {pace['one_in_photos']:,} photos{days}.")
    rows = [
        (kind, *(f"{count:,}" for count in counts.values())) for kind, counts in found["detectors"].items()
    ]
    show("Detectors", ("scope", "learning", "watching", "alarmed"), rows)
    typer.echo(found["rule"])


def _ago(seconds: float) -> str:
    size, word = abs(seconds), "before" if seconds >= 0 else "after"
    for unit, length in (("days", 86_400.0), ("hours", 3_600.0), ("minutes", 60.0)):
        if size >= 2 * length:
            return f"{size / length:.0f} {unit} {word}"
    return f"{size:.0f} s {word}"
