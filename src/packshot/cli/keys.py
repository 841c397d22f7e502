"""``packshot keys``: who may use the API."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from packshot.cli.options import Json
from packshot.cli.serve import Home

app = typer.Typer(help="API keys: create, list, rotate, revoke.", no_args_is_help=True)

_DAY = 86_400.0


class ScopeName(StrEnum):
    """What a key may do."""

    SUBMIT = "submit"
    READ = "read"
    REVIEW = "review"
    ADMIN = "admin"


Name = Annotated[str, typer.Argument(metavar="NAME", show_default=False, help="The key's name.")]


@app.command()
def create(
    name: Name,
    *,
    scope: Annotated[
        list[ScopeName], typer.Option("--scope", help="What it may do; may be given several times.")
    ] = [ScopeName.SUBMIT, ScopeName.READ],  # noqa: B006 - Typer copies it
    per_minute: Annotated[int, typer.Option(min=1, max=1_000_000, help="Requests a minute.")] = 600,
    home: Home = None,
) -> None:
    """Make a key and print it, this once: only its hash is kept."""
    from packshot.cli.ledger import opened_ledger  # noqa: PLC0415 - see packshot.cli
    from packshot.ledger import audit, keys  # noqa: PLC0415

    with opened_ledger(home) as ledger, ledger.transaction() as session:
        scopes = [keys.Scope(chosen.value) for chosen in scope]
        row, secret = keys.create(session, name, scopes, per_minute)
        audit.record(
            session, "cli", "key.created", row.id, {"name": name, "scopes": [s.value for s in scopes]}
        )
    typer.echo(secret)


@app.command("list")
def listing(*, home: Home = None, json: Json = False) -> None:
    """Show all keys, without their secrets."""
    from packshot.cli.console import print_json  # noqa: PLC0415 - see packshot.cli
    from packshot.cli.ledger import opened_ledger  # noqa: PLC0415
    from packshot.ledger import keys  # noqa: PLC0415

    with opened_ledger(home) as ledger, ledger.reading() as session:
        rows: list[dict[str, Any]] = [
            {
                "id": row.id,
                "name": row.name,
                "scopes": row.scopes,
                "per_minute": row.per_minute,
                "created_at": row.created_at,
                "expires_at": row.expires_at,
                "revoked_at": row.revoked_at,
            }
            for row in keys.listing(session)
        ]
    if json:
        print_json(rows)
        return
    for row in rows:
        state = "revoked" if row["revoked_at"] else "expires" if row["expires_at"] else "valid"
        typer.echo(f"{row['name']:24} {state:8} {','.join(row['scopes']):32} {row['per_minute']} a minute")


@app.command()
def rotate(
    name: Name,
    *,
    grace_hours: Annotated[
        float, typer.Option(min=0, max=720, help="How long the old key stays valid.")
    ] = 24,
    home: Home = None,
) -> None:
    """Print a new key for a name; the old one stays valid for a while."""
    from packshot.cli.ledger import opened_ledger  # noqa: PLC0415 - see packshot.cli
    from packshot.ledger import audit, keys  # noqa: PLC0415

    with opened_ledger(home) as ledger, ledger.transaction() as session:
        secret = keys.rotate(session, name, grace_hours * _DAY / 24)
        audit.record(session, "cli", "key.rotated", name, {"grace_hours": grace_hours})
    typer.echo(secret)


@app.command()
def revoke(name: Name, *, home: Home = None) -> None:
    """Make a key worthless at once."""
    from packshot.cli.ledger import opened_ledger  # noqa: PLC0415 - see packshot.cli
    from packshot.ledger import audit, keys  # noqa: PLC0415

    with opened_ledger(home) as ledger, ledger.transaction() as session:
        keys.revoke(session, name)
        audit.record(session, "cli", "key.revoked", name, {})
    typer.echo(f"{name} is revoked.")
