"""``packshot unpublish`` and ``restore``: a whole batch back, or out again; ``packshot audit``."""

from __future__ import annotations

from typing import Annotated

import typer

from packshot.cli.serve import Home

Batch = Annotated[
    str, typer.Option("--batch", metavar="ID", show_default=False, help="The batch, as the API named it.")
]
Actor = Annotated[
    str, typer.Option("--as", metavar="NAME", help="Who decides that; stands in the audit log.")
]


def unpublish(*, batch: Batch, actor: Actor = "cli", home: Home = None) -> None:
    """Put back what stood in the shop before a batch was published."""
    from packshot.cli.ledger import opened_service  # noqa: PLC0415 - see packshot.cli
    from packshot.service import publishing  # noqa: PLC0415

    with opened_service(home) as context:
        changed = publishing.unpublish(context, batch, actor)
    typer.echo(f"{changed} photos of {batch} were taken back.")


def restore(*, batch: Batch, actor: Actor = "cli", home: Home = None) -> None:
    """Publish again what `unpublish` took back."""
    from packshot.cli.ledger import opened_service  # noqa: PLC0415 - see packshot.cli
    from packshot.service import publishing  # noqa: PLC0415

    with opened_service(home) as context:
        changed = publishing.restore(context, batch, actor)
    typer.echo(f"{changed} photos of {batch} are published again.")


def audit(*, home: Home = None) -> None:
    """Check the audit log's chain, entry by entry."""
    from packshot.cli.ledger import opened_ledger  # noqa: PLC0415 - see packshot.cli
    from packshot.ledger.audit import verify  # noqa: PLC0415

    with opened_ledger(home) as ledger, ledger.reading() as session:
        typer.echo(f"{verify(session)} entries hold together.")
