"""Reading YAML that a person wrote: whatever is wrong with it ends in one error that names the file."""

from __future__ import annotations

from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml

from packshot.errors import RecipeError


def read_yaml(path: Path | Traversable, where: str) -> Any:  # noqa: ANN401 - whatever the file holds
    """What a YAML file holds.

    Args:
        path: the file.
        where: what to call it in messages.

    Raises:
        RecipeError: it cannot be read or is no YAML.
    """
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RecipeError(where=where, detail=str(error)) from error
    except ValueError as error:  # a day such as 2027-02-30
        raise RecipeError(where=where, detail=f"it holds a value that cannot be: {error}.") from error
    except RecursionError as error:
        raise RecipeError(where=where, detail="it is nested too deeply.") from error
