"""A recipe: which inspections and treatments, in which order, with which options and models. Frozen data.

Everything has a default; a YAML file only says what differs. Whatever is unknown or in a wrong order is
refused here, once, with the choices.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    field_validator,
    model_serializer,
)

from packshot.backend import load_backend
from packshot.errors import RecipeError, StageOrderError, UnknownNameError
from packshot.inspection import INSPECTORS
from packshot.stage import Geometry, Stage, StageOptions
from packshot.stages import STAGES
from packshot.yaml_file import read_yaml

Mode = Literal["normal", "conservative"]


class StageSpec(BaseModel):
    """One line of ``stages:``: a name, or a name with options."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    options: Mapping[str, Any] = Field(default_factory=dict)


class Profile(BaseModel):
    """What differs for one product category.

    Attributes:
        mode: how careful its inspectors and stages are.
        stages: stage to options, on top of the stage's own.
        backends: role to backend name, where it differs from the recipe's; ``auto`` is the stage's default.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Mode = "normal"
    stages: Mapping[str, Mapping[str, Any]] = Field(default_factory=dict)
    backends: Mapping[str, str] = Field(default_factory=dict)

    @model_serializer(mode="wrap")
    def _said(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without backends of its own a profile reads, and a recipe is digested, as before there were any."""
        content: dict[str, Any] = serialize(self)
        return content if self.backends else {key: content[key] for key in content if key != "backends"}


_CONSERVATIVE = Profile(mode="conservative")


class Recipe(BaseModel):
    """The whole configuration of a lane.

    Attributes:
        channels: rule packs that a photo must satisfy; see ``packshot channels``.
        as_of: the day whose rules apply; None means today.
        threshold: score from which a photo without errors passes, 0..1.
        inspect: inspectors to run, by name.
        stages: treatments in order.
        categories: what differs per category; names match the photo's category or its last path part.
        backends: role to backend name, where it differs from the stage's default.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    channels: tuple[str, ...] = ("web",)
    as_of: date | None = None
    threshold: float = Field(default=0.8, ge=0.0, le=1.0)
    inspect: tuple[str, ...] = tuple(INSPECTORS)
    stages: tuple[StageSpec, ...] = tuple(StageSpec(name=name) for name in STAGES)
    categories: Mapping[str, Profile] = Field(
        default={"knit": _CONSERVATIVE, "leather": _CONSERVATIVE},
    )
    backends: Mapping[str, str] = Field(default_factory=dict)

    @field_validator("stages", mode="before")
    @classmethod
    def _stage_lines(cls, lines: Any) -> Any:  # noqa: ANN401 - raw YAML
        """Accept ``- crop`` and ``- upscale: {min_side: 1600}``."""
        if not isinstance(lines, list):
            return lines
        specs = []
        for line in lines:
            if isinstance(line, str):
                specs.append(StageSpec(name=line))
            elif isinstance(line, dict) and len(line) == 1:
                name, options = next(iter(line.items()))
                specs.append(StageSpec(name=str(name), options=options or {}))
            else:
                specs.append(line)
        return specs

    @field_validator("categories", mode="before")
    @classmethod
    def _category_lines(cls, categories: Any) -> Any:  # noqa: ANN401 - raw YAML
        """Accept ``knit: {mode: conservative, upscale: {max_scale: 2}}``.

        Keys other than ``mode`` and ``backends`` are stage names.
        """
        if not isinstance(categories, dict):
            return categories
        profiles = {}
        for name, entry in categories.items():
            if isinstance(entry, dict):
                own = {key: entry[key] for key in ("mode", "backends") if key in entry}
                stages = {key: value for key, value in entry.items() if key not in own}
                profiles[name] = Profile(**own, stages=stages)
            else:
                profiles[name] = entry
        return profiles

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any], where: str = "recipe") -> Recipe:
        """A checked recipe from parsed YAML.

        Raises:
            RecipeError: a key or value is wrong; says which and what is allowed.
            UnknownNameError: a stage, inspector or backend does not exist; lists those that do.
            StageOrderError: the stages are in an order that does harm.
        """
        unknown = sorted(set(raw) - set(cls.model_fields), key=str)
        if unknown:
            detail = f"unknown key {unknown[0]!r}. Choose one of: {', '.join(cls.model_fields)}."
            raise RecipeError(where=where, detail=detail)
        try:
            recipe = cls.model_validate(dict(raw))
        except ValidationError as error:
            raise RecipeError(where=where, detail=_first_problem(error)) from error
        recipe.check(where)
        return recipe

    @classmethod
    def from_yaml(cls, path: str | Path) -> Recipe:
        """A checked recipe from a YAML file.

        Raises:
            RecipeError: the file cannot be read or parsed, or is not a mapping; and all of :meth:`from_dict`.
        """
        raw = read_yaml(Path(path), str(path))
        if not isinstance(raw, dict | None):
            raise RecipeError(where=str(path), detail="must be a mapping of keys such as `stages:`.")
        return cls.from_dict(raw or {}, str(path))

    def options_of(self, spec: StageSpec, category: str | None) -> StageOptions:
        """The options of a stage for a category: its own, then the category's on top.

        Raises:
            RecipeError: an option is unknown or out of range.
        """
        profile = self.profile_of(category)
        merged = {"mode": profile.mode, **spec.options, **profile.stages.get(spec.name, {})}
        model = STAGES[spec.name].Options
        unknown = sorted(set(merged) - set(model.model_fields))
        if unknown:
            detail = f"unknown option {unknown[0]!r}. Choose one of: {', '.join(model.model_fields)}."
            raise RecipeError(where=f"stage {spec.name}", detail=detail)
        try:
            return model.model_validate(merged)
        except ValidationError as error:
            raise RecipeError(where=f"stage {spec.name}", detail=_first_problem(error)) from error

    def profile_of(self, category: str | None) -> Profile:
        """The profile of a category: exact name, else its last part (``apparel/knit`` finds ``knit``)."""
        if category is None:
            return Profile()
        last = category.replace(">", "/").split("/")[-1].strip()
        return self.categories.get(category) or self.categories.get(last) or Profile()

    def backend_of(self, role: str, default: str, category: str | None = None) -> str:
        """The backend's name for a role: the category's, else the recipe's, else the default."""
        name = self.profile_of(category).backends.get(role) or self.backends.get(role, "auto")
        return default if name == "auto" else name

    def roles(self, category: str | None = None) -> dict[str, str]:
        """Every role that the recipe's inspectors and stages use, with the backend that fills it."""
        used: dict[str, str] = {}
        for name in self.inspect:
            used.update(INSPECTORS[name].roles)
        for spec in self.stages:
            used.update(STAGES[spec.name].roles)
        return {role: self.backend_of(role, default, category) for role, default in used.items()}

    def all_backends(self) -> frozenset[str]:
        """Names of the backends that fill a role for any category: what a run may need."""
        return frozenset(
            name for category in (None, *self.categories) for name in self.roles(category).values()
        )

    def digest(self) -> str:
        """Version of this recipe: SHA-256 of its content and of the cards of all its backends.

        The same names with other weights are another version.
        """
        filled = dict(self.roles())
        for category, profile in self.categories.items():
            roles = self.roles(category)
            filled |= {f"{category}/{role}": roles[role] for role in profile.backends.keys() & roles.keys()}
        cards = {role: repr(load_backend(name).card) for role, name in sorted(filled.items())}
        content = json.dumps({"recipe": self.model_dump(mode="json"), "cards": cards}, sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()

    def check(self, where: str) -> None:
        """Refuse names, options and orders that cannot work.

        Raises:
            RecipeError, UnknownNameError, StageOrderError: see :meth:`from_dict`.
        """
        for name in self.inspect:
            _known("inspector", name, INSPECTORS)
        for spec in self.stages:
            _known("stage", spec.name, STAGES)
        names = [spec.name for spec in self.stages]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise RecipeError(where=where, detail=f"stage {doubled[0]!r} is listed twice.")
        check_order([STAGES[name] for name in names])
        for category, profile in self.categories.items():
            for name in profile.stages:
                _known("stage", name, STAGES)
            for spec in self.stages:
                self.options_of(spec, category)
        for spec in self.stages:
            self.options_of(spec, None)
        for choice in (self.backends, *(profile.backends for profile in self.categories.values())):
            _check_backends(choice)


def _check_backends(choice: Mapping[str, str]) -> None:
    known_roles = {role for inspector in INSPECTORS.values() for role in inspector.roles}
    known_roles |= {role for stage in STAGES.values() for role in stage.roles}
    for role, name in choice.items():
        _known("backend role", role, known_roles)
        if name != "auto":
            load_backend(name)


def check_order(stages: list[type[Stage]]) -> None:
    """Refuse an order that does harm.

    Raises:
        StageOrderError: a stage comes before one that its ``after`` names, or text would be erased after the
            photo was enlarged, which multiplies the flaw.
    """
    for position, stage in enumerate(stages):
        for later in stages[position + 1 :]:
            if later.name in stage.after:
                raise StageOrderError(
                    stage=stage.name, before=later.name, why=f"it works on the result of {later.name}"
                )
            if stage.geometry is Geometry.ENLARGES and "overlay_text" in later.treats:
                why = "text is erased before anything enlarges the photo, the other order multiplies flaws"
                raise StageOrderError(stage=stage.name, before=later.name, why=why)


def _known(kind: str, name: str, choices: Any) -> None:  # noqa: ANN401 - any container of names
    if name not in choices:
        raise UnknownNameError(kind=kind, name=name, choices=", ".join(sorted(choices)))


def _first_problem(error: ValidationError) -> str:
    problem = error.errors()[0]
    place = ".".join(str(part) for part in problem["loc"])
    return f"{place}: {problem['msg']}"
