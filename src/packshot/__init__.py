"""Merchant photos in, publishable product photos out, and proof that the product was not touched.

>>> import packshot
>>> pipeline = packshot.Pipeline.from_recipe()
>>> trail = pipeline.run(packshot.open_photo("jumper.jpg", category="knit"))
>>> trail.verdict, trail.findings_after
>>> packshot.save(trail.photo, "clean.jpg", unchanged=not trail.changed)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from packshot.edges.decode import open_photo
    from packshot.edges.encode import save
    from packshot.finding import Finding, Severity
    from packshot.photo import Photo
    from packshot.pipeline import Pipeline
    from packshot.recipe import Recipe
    from packshot.trail import Trail
    from packshot.verdict import Verdict

__all__ = ["Finding", "Photo", "Pipeline", "Recipe", "Severity", "Trail", "Verdict", "open_photo", "save"]

_HOMES = {
    "Finding": "packshot.finding",
    "Photo": "packshot.photo",
    "Pipeline": "packshot.pipeline",
    "Recipe": "packshot.recipe",
    "Severity": "packshot.finding",
    "Trail": "packshot.trail",
    "Verdict": "packshot.verdict",
    "open_photo": "packshot.edges.decode",
    "save": "packshot.edges.encode",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the name stands for
    """Load a public name at its first use: ``packshot --help`` should not wait for image libraries."""
    if name not in _HOMES:
        raise AttributeError(f"module 'packshot' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """The public names, those not yet loaded included."""
    return sorted(__all__)
