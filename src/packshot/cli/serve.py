"""``packshot serve``: the whole system on one machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from packshot.cli.options import RecipeFile, Workers

Home = Annotated[
    Path | None,
    typer.Option(
        "--home",
        metavar="DIR",
        show_default=False,
        help="Folder for everything that is kept; PACKSHOT_HOME, or ~/.packshot.",
    ),
]


def serve(
    *,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8000,
    home: Home = None,
    recipe: RecipeFile = None,
    workers: Workers = None,
    require_keys: Annotated[
        bool, typer.Option("--require-keys", help="Ask for API keys on loopback, too.")
    ] = False,
) -> None:
    """Serve the API and the review pages, and treat what is submitted.

    Keys are needed unless it listens on loopback alone; `packshot keys create` makes one. All other settings
    are environment variables: see docs/operations.md.
    """
    from packshot.service.settings import Settings  # noqa: PLC0415 - see packshot.cli
    from packshot.web.server import run  # noqa: PLC0415

    settings = Settings.from_environment(home=home, recipe=recipe, workers=workers)
    run(settings, host=host, port=port, require_keys=require_keys)
