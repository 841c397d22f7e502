"""Arguments and options that several commands share."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Format(StrEnum):
    """Formats that photos can be written in."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    AVIF = "avif"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter("write the day as 2027-01-31.") from error


def _place(text: str) -> Path:
    # An unset variable of a script leaves an empty text, which pathlib takes for the current folder.
    if not text.strip():
        raise typer.BadParameter("the path is empty; write . for the current folder.")
    return Path(text)


def _person(text: str) -> str:
    if not text.strip():
        raise typer.BadParameter("the name is empty; name who states the right, or leave the option out.")
    return text


_MOST_WORKERS = 256  # more than any machine has cores; thousands of threads cannot be started

Paths = Annotated[
    list[Path],
    typer.Argument(metavar="PATH", parser=_place, show_default=False, help="Photos, or folders with photos."),
]
SomePaths = Annotated[
    list[Path] | None,
    typer.Argument(metavar="PATH", parser=_place, show_default=False, help="Photos, or folders with photos."),
]
Out = Annotated[
    Path,
    typer.Option("--out", metavar="DIR", parser=_place, show_default=False, help="Folder to write to."),
]
OutputFormat = Annotated[
    Format | None,
    typer.Option("--format", show_default=False, help="Format of the outputs; each photo's own by default."),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers",
        min=1,
        max=_MOST_WORKERS,
        show_default=False,
        help="Threads; one a processor core by default.",
    ),
]
Category = Annotated[
    str | None,
    typer.Option(
        "--category",
        metavar="NAME",
        show_default=False,
        help="Product category of photos that name no other.",
    ),
]
RecipeFile = Annotated[
    Path | None,
    typer.Option(
        "--recipe",
        metavar="FILE",
        parser=_place,
        show_default=False,
        help="Recipe in YAML; the built-in one by default.",
    ),
]
Manifest = Annotated[
    Path | None,
    typer.Option(
        "--manifest",
        metavar="FILE",
        parser=_place,
        show_default=False,
        help="CSV with the columns path, product, category, merchant; only path is required.",
    ),
]
Channels = Annotated[
    list[str] | None,
    typer.Option(
        "--channel",
        metavar="NAME",
        show_default=False,
        help="Channel whose rules apply; may be given several times.",
    ),
]
AsOf = Annotated[
    date | None,
    typer.Option(
        "--as-of",
        metavar="DATE",
        parser=_day,
        show_default=False,
        help="Day whose channel rules apply, as YYYY-MM-DD; today by default.",
    ),
]
AttestedBy = Annotated[
    str | None,
    typer.Option(
        "--attested-by",
        metavar="NAME",
        parser=_person,
        envvar="PACKSHOT_ATTESTED_BY",
        show_default=False,
        help="Who states the right to alter these photos; without it watermarks are reported and left.",
    ),
]
