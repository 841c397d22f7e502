"""All commands, and what becomes of errors: a message on stderr and exit code 2, never a traceback."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.metadata import version
from io import TextIOWrapper
from typing import Annotated

import typer

from packshot.cli import (
    batches,
    bench,
    channels,
    demo,
    doctor,
    experiment,
    guarantee,
    keys,
    models,
    profile,
    recipe,
    rollout,
    run,
    serve,
    treat,
    validate,
    verify,
    watch,
)
from packshot.cli.console import complain
from packshot.errors import PackshotError

SYSTEM_ERROR = 2


app = typer.Typer(
    epilog="Exit codes: 0 all photos pass, 1 some photo does not, 2 usage or system error, 130 interrupted.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"packshot {version('packshot')}")
        raise typer.Exit


@app.callback()
def options(
    *,
    show_version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Merchant photos in, publishable product photos out."""
    del show_version  # its callback has done all


app.command("validate")(validate.validate)
app.command("run")(run.run)
app.command("remove-text")(treat.remove_text)
app.command("upscale")(treat.upscale)
app.command("crop")(treat.crop)
app.command("profile")(profile.profile)
app.command("verify")(verify.verify)
app.command("serve")(serve.serve)
app.command("unpublish")(batches.unpublish)
app.command("restore")(batches.restore)
app.command("audit")(batches.audit)
app.command("demo")(demo.demo)
app.add_typer(bench.app, name="bench")
app.command("channels")(channels.channels)
app.command("doctor")(doctor.doctor)
app.add_typer(keys.app, name="keys")
app.add_typer(models.app, name="models")
app.add_typer(recipe.app, name="recipe")
app.add_typer(rollout.app, name="rollout")
app.add_typer(experiment.app, name="experiment")
app.add_typer(watch.app, name="watch")
app.add_typer(guarantee.app, name="guarantee")


def main(arguments: Sequence[str] | None = None) -> None:
    """The ``packshot`` command; ``arguments`` are those of the process by default.

    Raises:
        SystemExit: always, with the exit code.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A file name may hold bytes that are text in no encoding; printing it must not end the program.
            stream.reconfigure(errors="backslashreplace")
    try:
        app(args=list(sys.argv[1:] if arguments is None else arguments), prog_name="packshot")
    except PackshotError as error:
        complain(str(error))
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("packshot"):
            raise
        complain(f"{error.name} is not installed. The service needs: pip install 'packshot[serve]'.")
    except OSError as error:
        complain(f"{error.filename}: {error.strerror}." if error.filename else str(error))
    sys.exit(SYSTEM_ERROR)
