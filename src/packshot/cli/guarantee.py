"""``packshot guarantee``: what is promised about photos that nobody looks at, and choosing it anew."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from packshot.cli.batches import Actor
from packshot.cli.options import Json
from packshot.cli.serve import Home

if TYPE_CHECKING:
    from packshot.ledger.database import Ledger

app = typer.Typer(
    help="At most so many bad photos published without a person: what is promised, and by what.",
    no_args_is_help=True,
)


@app.command()
def status(*, home: Home = None, json: Json = False) -> None:
    """Show what is promised, how many photos need no person, and how many labels are missing."""
    from packshot.cli.ledger import opened_ledger  # noqa: PLC0415 - see packshot.cli

    with opened_ledger(home) as ledger:
        _tell(ledger, home, json=json)


@app.command()
def refit(*, actor: Actor = "cli", home: Home = None, json: Json = False) -> None:
    """Choose the publishing threshold from the labels now, then show it."""
    from packshot.cli.ledger import opened_service  # noqa: PLC0415 - see packshot.cli
    from packshot.service import guarantee  # noqa: PLC0415

    with opened_service(home) as context:
        guarantee.refit(context, actor)
        _tell(context.ledger, home, json=json)


@app.command()
def selftest(
    *,
    photos: Annotated[int, typer.Option(min=1, max=1000, help="How many clean photos are tried.")] = 40,
    seed: Annotated[int, typer.Option(min=0, help="Chooses the photos and their flaws.")] = 0,
    home: Home = None,
    json: Json = False,
) -> None:
    """Put known flaws on published clean photos and see what the live recipe makes of them."""
    from packshot.cli.console import print_json  # noqa: PLC0415 - see packshot.cli
    from packshot.cli.ledger import opened_service  # noqa: PLC0415
    from packshot.service import selftest as nightly  # noqa: PLC0415

    with opened_service(home) as context:
        made = nightly.run(context, photos, seed)
    assert made is not None
    view = {"at": made.at, "note": made.note, "kinds": made.kinds}
    if json:
        print_json(view)
    else:
        _print_test(view)


def _tell(ledger: Ledger, home: Path | None, *, json: bool) -> None:
    from packshot.cli.console import print_json  # noqa: PLC0415 - see packshot.cli
    from packshot.service import guarantee  # noqa: PLC0415
    from packshot.service.settings import Settings  # noqa: PLC0415

    with ledger.reading() as session:
        view = guarantee.view(session, Settings.from_environment(home=home))
    if json:
        print_json(view)
        return
    typer.echo(view["sentence"])
    if view["needed"] is not None:
        typer.echo(f"About {view['needed']} further labels are needed.")
    if view["target"] is not None:
        typer.echo(f"{view['to_label']} photos in review wait for a person's word; see the page /guarantee.")
    if view["labels"] is not None:
        rows = [(name, f"{many:,}") for name, many in view["labels"].items()]
        rows += [
            (name, "-" if view[name] is None else f"{100 * view[name]:.2f} %")
            for name in ("threshold", "bound", "automation")
        ]
        _show("", ("figure", "value"), rows)
        typer.echo(f"Risk is told from {view['basis']}.")
    if view["self_test"] is not None:
        _print_test(view["self_test"])


def _print_test(view: dict[str, Any]) -> None:
    if view["kinds"]:
        names = ("kind", "photos", "found", "published", "bad")
        _show("Self-test", names, [tuple(str(one[name]) for name in names) for one in view["kinds"]])
    if view["note"]:
        typer.echo(view["note"])


def _show(title: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    from packshot.cli.table import show  # noqa: PLC0415 - see packshot.cli

    show(title, columns, rows)
