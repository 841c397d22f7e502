"""What an inspector is: a photo's view in, findings out, nothing changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal, Protocol

from packshot.finding import Finding
from packshot.inspection.rules import ChannelRules
from packshot.inspection.view import View


@dataclass(frozen=True, slots=True)
class Setup:
    """What inspectors are built from, once per recipe and category.

    Attributes:
        rules: the rule packs of the recipe's channels, as of its date.
        backends: role to backend name, complete for the inspectors in use.
        mode: ``conservative`` for knit, leather and the like: when unsure, report instead of assuming.
    """

    rules: tuple[ChannelRules, ...]
    backends: Mapping[str, str] = field(default_factory=dict)
    mode: Literal["normal", "conservative"] = "normal"


class Inspector(Protocol):
    """Looks for one family of defects. Stateless after construction; called from many threads.

    Attributes:
        name: as written in recipes.
        codes: every finding code it can return.
        roles: the backends it uses: role name to the default backend's name.
    """

    name: ClassVar[str]
    codes: ClassVar[frozenset[str]]
    roles: ClassVar[Mapping[str, str]]

    def __init__(self, setup: Setup) -> None: ...

    def inspect(self, view: View) -> Sequence[Finding]:
        """What is wrong with the photo; empty when nothing is."""
        ...
