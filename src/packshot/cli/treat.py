"""``packshot remove-text``, ``upscale`` and ``crop``: one treatment, asked for by name, and nothing else."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Annotated

import typer

from packshot.cli.options import AttestedBy, Category, Channels, Json, Out, OutputFormat, Paths, Workers
from packshot.errors import UsageError


class Hint(StrEnum):
    """What ``remove-text`` may remove."""

    ALL = "all"
    DATE_STAMP = "remove-date-stamp"
    CAPTION = "remove-caption"
    WATERMARK = "remove-watermark"
    PROMO = "remove-promo"
    CAPTCHA = "remove-captcha"


class Scale(IntEnum):
    """How much ``upscale`` enlarges each side."""

    TWO = 2
    FOUR = 4


def _ratio(text: str) -> str:
    """Let the stage itself say whether ``text`` is a ratio."""
    from pydantic import ValidationError  # noqa: PLC0415 - see packshot.cli

    from packshot.stages.crop import CropOptions  # noqa: PLC0415

    try:
        CropOptions(ratio=text)
    except ValidationError as error:
        raise typer.BadParameter(f"{error.errors()[0]['ctx']['error']}.") from error
    return text


def remove_text(
    paths: Paths,
    *,
    out: Out,
    hint: Annotated[
        Hint, typer.Option(help="Only remove this kind; what else lies over the photo stays.")
    ] = Hint.ALL,
    category: Category = None,
    attested_by: AttestedBy = None,
    output_format: OutputFormat = None,
    json: Json = False,
    workers: Workers = None,
) -> None:
    """Erase dates, captions, promotional text and watermarks laid over photos.

    Text printed on the product stays. A photo without overlay comes out as it is.
    """
    from packshot.cli import doors  # noqa: PLC0415 - see packshot.cli

    request = doors.Request(
        paths, out, json, output_format, category=category, attested_by=attested_by, workers=workers
    )
    doors.treat("erase_text", {"hint": hint.value}, request)


def upscale(
    paths: Paths,
    *,
    out: Out,
    scale: Annotated[Scale, typer.Option(help="How much larger each side becomes.")] = Scale.FOUR,
    output_format: OutputFormat = None,
    json: Json = False,
    workers: Workers = None,
) -> None:
    """Enlarge photos, whatever their size; degraded ones are cleaned on the way."""
    from packshot.cli import doors  # noqa: PLC0415 - see packshot.cli

    doors.treat(
        "upscale", {"scale": int(scale)}, doors.Request(paths, out, json, output_format, workers=workers)
    )


def crop(
    paths: Paths,
    *,
    out: Out,
    ratio: Annotated[
        str | None,
        typer.Option(
            metavar="W:H",
            parser=_ratio,
            show_default=False,
            help="Shape, such as 4:5; the channel's by default.",
        ),
    ] = None,
    fill: Annotated[
        float | None,
        typer.Option(
            min=0.01,
            max=1.0,
            show_default=False,
            help="Share of the frame that the product's longer side takes.",
        ),
    ] = None,
    channel: Channels = None,
    category: Category = None,
    output_format: OutputFormat = None,
    json: Json = False,
    workers: Workers = None,
) -> None:
    """Crop and pad photos to a shape and fill, never cutting the product.

    Say which: give --ratio, --fill or both, or a --channel that asks for them.
    """
    if ratio is None and fill is None and not channel:
        raise UsageError(detail="Say what frame you want: --ratio 4:5, --fill 0.85 or --channel NAME.")
    from packshot.cli import doors  # noqa: PLC0415 - see packshot.cli

    request = doors.Request(
        paths,
        out,
        json,
        output_format,
        category=category,
        workers=workers,
        channels=tuple(channel or ()),
    )
    # Who names a channel here wants its frame, advised or demanded.
    asked = {"ratio": ratio, "fill": fill, "advice": True}
    doors.treat("crop", {key: value for key, value in asked.items() if value is not None}, request)
