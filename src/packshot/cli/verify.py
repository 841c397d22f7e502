"""``packshot verify``: whether a file is what its receipt says, and how far the product was left alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from packshot.cli.console import print_json
from packshot.cli.options import Json
from packshot.errors import UsageError

_MARKS = {"passed": "PASS", "failed": "FAIL", "not_applicable": "n/a "}


def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False, help="An output of packshot.")],
    *,
    receipt: Annotated[
        Path | None,
        typer.Option(metavar="FILE", show_default=False, help="Its receipt; FILE.receipt.json by default."),
    ] = None,
    original: Annotated[
        Path | None,
        typer.Option(metavar="FILE", show_default=False, help="The photo that went in, to compare pixels."),
    ] = None,
    key: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="PUB",
            show_default=False,
            help="Public key that you trust, repeatable; PACKSHOT_HOME/keys/signing.pub by default.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Check a file against its signed receipt: signature, bytes, untouched pixels, what it states."""
    try:
        from packshot.edges.receipt import check, load_public, public_key_path  # noqa: PLC0415 - see packshot.cli
    except ModuleNotFoundError as error:
        detail = f"{error.name} is missing: install it with `pip install 'packshot[serve]'`."
        raise UsageError(detail=detail) from error
    beside = receipt or file.with_name(f"{file.name}.receipt.json")
    trusted = [load_public(path) for path in key or [public_key_path()]]
    came = original.read_bytes() if original else None
    report = check(file.read_bytes(), beside.read_bytes(), original=came, trusted=trusted)
    if json:
        print_json({"file": str(file), "receipt": str(beside), **report.as_dict()})
    else:
        for one in report.checks:
            typer.echo(f"{_MARKS[one.status.value]}  {one.name}: {one.message}")
        typer.echo(f"{file} {'is' if report.passed else 'is NOT'} what its receipt says.")
    raise typer.Exit(0 if report.passed else 1)
