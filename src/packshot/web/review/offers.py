"""What a reviewer can have done differently: which overlays are erased, and by which models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, get_args

from packshot import backend
from packshot.recipe import Recipe
from packshot.stages import STAGES
from packshot.stages.erase_text import Hint

_CAPABILITIES = (
    backend.TextDetector,
    backend.TextReader,
    backend.StrokeMasker,
    backend.Filler,
    backend.Upscaler,
    backend.Segmenter,
)

HINTS: Mapping[str, str] = {
    "all": "All overlaid text",
    "remove-date-stamp": "Date stamps only",
    "remove-caption": "Captions only",
    "remove-watermark": "Watermarks and logos only",
    "remove-promo": "Promotions and banners only",
    "remove-captcha": "Captcha-like text only",
}
"""Every hint in words."""

assert set(HINTS) == set(get_args(Hint))  # a new hint needs its words


def backends(recipe: Recipe) -> dict[str, Sequence[str]]:
    """For each role of a treatment with a choice: the backends that can fill it, the recipe's own first."""
    roles = recipe.roles()
    treating = {role for spec in recipe.stages for role in STAGES[spec.name].roles}
    found = {role: _able(roles[role]) for role in sorted(treating)}
    return {role: names for role, names in found.items() if len(names) > 1}


@cache
def _able(name: str) -> Sequence[str]:
    """All backends that can do what this one does, at the same scale; it comes first."""
    own = backend.load_backend(name)
    needed = [capability for capability in _CAPABILITIES if isinstance(own, capability)]

    def fits(other: Any) -> bool:  # noqa: ANN401 - a backend, see `load_backend`
        return all(isinstance(other, one) for one in needed) and other.card.scale == own.card.scale

    others = [other for other in backend.backend_names() if fits(backend.load_backend(other))]
    return (name, *(other for other in others if other != name))
