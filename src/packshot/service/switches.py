"""Switching a model at run time: a rollout of that one change, never a hidden edit."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from packshot.backend import load_backend
from packshot.errors import UnknownNameError
from packshot.ledger.rollout_tables import RecipeRow
from packshot.rollout.plan import Plan
from packshot.service import lanes, rollouts
from packshot.service.context import Context


def use(context: Context, role: str, backend: str, category: str | None, actor: str) -> str:
    """Begin a rollout that has ``backend`` fill ``role``, of one category or of all; its identifier.

    Raises:
        UnknownNameError: there is no such role or backend; lists those that there are.
        UsageError: another change is under way, or it is so already.
        RecipeError: the backend cannot fill the role.
    """
    known = context.treatments.recipe.roles()
    if role not in known:
        raise UnknownNameError(kind="backend role", name=role, choices=", ".join(sorted(known)))
    load_backend(backend)
    change: dict[str, Any] = {"backends": {role: backend}}
    candidate = {"categories": {category: change}} if category else change
    safe = "".join(c if c.isalnum() or c in ".-" else "-" for c in f"{role}-{backend}".lower())
    plan = {
        "rollout": f"use-{safe}"[:64],
        "candidate": candidate,
        "categories": [category] if category else [],
    }
    return rollouts.apply(context, Plan.from_dict(plan, f"models use {role} {backend}"), actor)


def live_view(session: Session) -> dict[str, Any]:
    """The live lane as users get to see it."""
    live = lanes.live_row(session)
    recipe = session.get_one(RecipeRow, live.recipe_digest)
    return {
        "recipe": live.recipe_digest,
        "since": live.since,
        "actor": live.actor,
        "rollout": live.rollout_id,
        "content": recipe.content,
    }
