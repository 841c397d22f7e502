"""Reading what a file says into a checked model."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from packshot.rollout.errors import PlanError

Read = TypeVar("Read", bound=BaseModel)


def checked(kind: type[Read], raw: Any, where: str) -> Read:  # noqa: ANN401 - raw YAML
    """The model of what ``raw`` says; ``where`` names it in errors.

    Raises:
        PlanError: a key or value is wrong; says which.
        UnknownNameError: a metric does not exist; lists those that do.
    """
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(str(part) for part in problem["loc"])
        raise PlanError(where=where, detail=f"{place}: {problem['msg']}") from error
