"""Dated rule packs of sales channels: what each demands of a photo, from which day, and who says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from packshot.errors import RecipeError, UnknownNameError
from packshot.finding import Severity
from packshot.inspection.rule_kinds import (
    AnyRule,
    AspectRatio,
    Fill,
    Formats,
    MaxBytes,
    MaxSide,
    Rule,
    SizeRule,
    WhiteBackground,
)
from packshot.yaml_file import read_yaml

Kind = TypeVar("Kind", bound=Rule)

_SUFFIX = ".yaml"
_PACKS = files("packshot.inspection") / "channels"


class Pack(BaseModel):
    """One channel's file: a title and its rules, past, present and announced."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    rules: tuple[AnyRule, ...]


@dataclass(frozen=True, slots=True)
class ChannelRules:
    """The rules of one channel that apply on one day.

    Attributes:
        name: a shipped channel's, or that of a YAML file without folder and suffix.
        title: what people call the channel.
        rules: those in force, in the pack's order.
    """

    name: str
    title: str = ""
    rules: tuple[Rule, ...] = ()

    def of(self, kind: type[Kind], category: str | None = None) -> tuple[Kind, ...]:
        """The rules of one kind that apply to a product category."""
        return tuple(rule for rule in self.rules if isinstance(rule, kind) and rule.covers(category))

    def sizes(self, category: str | None = None) -> tuple[SizeRule, ...]:
        """The rules on least size that apply to a product category."""
        return tuple(rule for rule in self.rules if isinstance(rule, SizeRule) and rule.covers(category))

    def required_long_side(self) -> int | None:
        """Pixels of long side below which the channel refuses a photo; None without such a rule.

        A demand on width and height counts with its longer side.
        """
        demands = [rule.long_side for rule in self.sizes() if rule.severity is Severity.ERROR]
        return max(demands, default=None)

    def recommended_long_side(self) -> int | None:
        """Pixels of long side from which no size rule, however mild, is failed; None without any."""
        return max((rule.long_side for rule in self.sizes()), default=None)

    @property
    def formats(self) -> tuple[str, ...] | None:
        """File formats that the channel takes, preferred first; None when it takes any."""
        rules = self.of(Formats)
        return rules[0].formats if rules else None

    @property
    def max_bytes(self) -> int | None:
        """Largest file in bytes."""
        return min((rule.bytes for rule in self.of(MaxBytes)), default=None)

    @property
    def max_side(self) -> int | None:
        """Longest side in pixels."""
        return min((rule.px for rule in self.of(MaxSide)), default=None)

    @property
    def aspect_ratio(self) -> AspectRatio | None:
        """The shape that the channel asks for."""
        return next(iter(self.of(AspectRatio)), None)

    @property
    def fill(self) -> Fill | None:
        """How much of the frame the product must take."""
        return next(iter(self.of(Fill)), None)

    @property
    def white_background(self) -> WhiteBackground | None:
        """How white the backdrop must be."""
        return next(iter(self.of(WhiteBackground)), None)

    def frame(self) -> dict[str, Any]:
        """What the channel asks of the framing, JSON-compatible: the evidence that the crop stage acts on.

        ``ratio`` [width, height] with ``ratio_tolerance``, ``fill`` [min, max] of the frame, and
        ``required_long_side`` in pixels, each only where the channel has such a rule.
        """
        ratio, fill, side = self.aspect_ratio, self.fill, self.required_long_side()
        demands: dict[str, Any] = {"channel": self.name}
        if ratio is not None:
            demands |= {"ratio": [ratio.width, ratio.height], "ratio_tolerance": ratio.tolerance}
        if fill is not None:
            demands |= {"fill": [fill.min, fill.max]}
        if side is not None:
            demands |= {"required_long_side": side}
        return demands


def framing(channel: ChannelRules, rules: Sequence[ChannelRules]) -> dict[str, Any]:
    """:meth:`ChannelRules.frame` with ``fills_beside``: what the other channels demand.

    A frame that pleases one channel must not break what another demands.
    """
    beside = [
        [other.fill.min, other.fill.max]
        for other in rules
        if other is not channel and other.fill is not None and other.fill.severity is not Severity.INFO
    ]
    return channel.frame() | ({"fills_beside": beside} if beside else {})


def channel_names() -> list[str]:
    """Names of the shipped channels, sorted."""
    return sorted(path.name.removesuffix(_SUFFIX) for path in _PACKS.iterdir() if path.name.endswith(_SUFFIX))


def load_pack(channel: str) -> Pack:
    """The whole pack of a shipped channel, or of a YAML file whose path is given.

    Raises:
        UnknownNameError: no channel has this name.
        RecipeError: the file cannot be read, or a key in it is wrong; says which.
    """
    if channel.endswith(_SUFFIX):
        return _read(Path(channel), channel)
    if channel not in channel_names():
        choices = f"{', '.join(channel_names())}, or the path of a {_SUFFIX} file"
        raise UnknownNameError(kind="channel", name=channel, choices=choices)
    return _read(_PACKS / f"{channel}{_SUFFIX}", f"channels/{channel}{_SUFFIX}")


def load_rules(channels: Sequence[str], as_of: date | None) -> tuple[ChannelRules, ...]:
    """The rules of each channel that are in force on a day; ``as_of`` None means today (UTC).

    Raises:
        UnknownNameError, RecipeError: see :func:`load_pack`.
        RecipeError: two channels have one name.
    """
    day = as_of or datetime.now(UTC).date()
    packs = {channel: load_pack(channel) for channel in channels}
    names = {channel: _name(channel) for channel in packs}
    for channel, name in names.items():
        others = [other for other in names if other != channel and names[other].casefold() == name.casefold()]
        if others:
            detail = f"its name {name!r} is that of {others[0]}, too. Rename the file."
            raise RecipeError(where=channel, detail=detail)
    return tuple(
        ChannelRules(names[channel], pack.title, tuple(rule for rule in pack.rules if rule.in_force(day)))
        for channel, pack in packs.items()
    )


def _name(channel: str) -> str:
    """What a channel is called, in findings and as a folder of outputs.

    Raises:
        RecipeError: the name of its file is nothing but dots.
    """
    name = Path(channel).stem if channel.endswith(_SUFFIX) else channel
    if not name.strip("."):
        raise RecipeError(where=channel, detail="the file has no name. Rename it.")
    return name


def _read(path: Path | Traversable, where: str) -> Pack:
    try:
        return Pack.model_validate(read_yaml(path, where))
    except ValidationError as error:
        problem = error.errors()[0]
        key = ".".join(str(part) for part in problem["loc"])
        raise RecipeError(where=where, detail=f"{key or 'file'}: {problem['msg']}") from error
