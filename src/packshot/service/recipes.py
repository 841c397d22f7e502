"""Recipes as the ledger keeps them, and candidates as what differs from one."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from packshot.ledger.errors import NotFoundError
from packshot.ledger.missing import insert_missing
from packshot.ledger.rollout_tables import RecipeRow
from packshot.recipe import Recipe

_MERGED = ("backends", "categories")
"""Keys whose entries are changed one by one; the others are replaced as a whole."""


def content_of(recipe: Recipe) -> dict[str, Any]:
    """A recipe as YAML would say it: :meth:`Recipe.from_dict` gives the same recipe again."""
    content = recipe.model_dump(mode="json")
    content["stages"] = [{spec["name"]: spec["options"]} for spec in content["stages"]]
    content["categories"] = {
        name: {**profile.pop("stages"), **profile} for name, profile in content["categories"].items()
    }
    return content


def content_digest(recipe: Recipe) -> str:
    """SHA-256 of what a recipe says, without the cards of its backends: an upgrade does not change it."""
    return hashlib.sha256(json.dumps(content_of(recipe), sort_keys=True).encode()).hexdigest()


def merged(recipe: Recipe, changes: Mapping[str, Any], where: str) -> Recipe:
    """``recipe`` with ``changes`` in it: backends and categories entry by entry, everything else replaced.

    Raises:
        RecipeError, UnknownNameError, StageOrderError: what comes of it is no sound recipe.
    """
    content = content_of(recipe)
    for key, value in changes.items():
        if key in _MERGED and isinstance(value, Mapping):
            content[key] = _deep(content[key], value)
        else:
            content[key] = value
    return Recipe.from_dict(content, where)


def keep(session: Session, recipe: Recipe) -> str:
    """Keep a recipe under its digest, which is returned."""
    digest = recipe.digest()
    insert_missing(session, RecipeRow, digest=digest, content=content_of(recipe), created_at=time.time())
    return digest


def kept(session: Session, digest: str) -> Recipe:
    """The recipe that was kept under ``digest``.

    Raises:
        NotFoundError: there is none.
        RecipeError, UnknownNameError: this packshot no longer knows what it names.
    """
    row = session.get(RecipeRow, digest)
    if row is None:
        raise NotFoundError(kind="recipe", name=digest)
    return Recipe.from_dict(row.content, f"recipe {digest[:12]}")


def _deep(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(one)
    for key, value in other.items():
        both = isinstance(value, Mapping) and isinstance(result.get(key), Mapping)
        result[key] = _deep(result[key], value) if both else value
    return result
