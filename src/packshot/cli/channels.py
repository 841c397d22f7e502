"""``packshot channels``: which sales channels are known, and what they ask for."""

from __future__ import annotations

from typing import Annotated

import typer

from packshot.cli.console import print_json
from packshot.cli.options import AsOf, Json


def channels(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", show_default=False, help="All by default.")
    ] = None,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """List the sales channels and the rules in force."""
    from packshot.inspection.rules import channel_names, load_rules  # noqa: PLC0415 - see packshot.cli

    packs = load_rules(names or channel_names(), as_of)
    if json:
        print_json(
            [
                {
                    "name": pack.name,
                    "title": pack.title,
                    "rules": [rule.model_dump(mode="json") for rule in pack.rules],
                }
                for pack in packs
            ]
        )
        return
    source = {"effective_from", "effective_until", "source_url", "verified_on", "confidence", "note"}
    for pack in packs:
        typer.echo(f"{pack.name}: {pack.title}, {len(pack.rules)} rules in force")
        for rule in pack.rules if names else ():
            facts = rule.model_dump(mode="json", exclude={"severity", *source}, exclude_defaults=True)
            kind = facts.pop("kind")
            demand = ", ".join(f"{key} {value}" for key, value in facts.items())
            typer.echo(f"  {rule.severity.value:7} {kind} {demand}")
            typer.echo(f"          {rule.source_url}, read on {rule.verified_on}")
