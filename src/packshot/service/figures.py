"""What one photo says about the recipe that treated it: the figures that lanes are compared by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from packshot.executors.side_by_side import Figures
from packshot.executors.treatment import Treated
from packshot.service import fidelity
from packshot.verdict import Verdict

CRASHED: Figures = {"failure_rate": 1.0}
"""Of a photo at which a worker died."""


def told(name: str, photos: Iterable[Figures]) -> list[float]:
    """What photos say about a metric; those that say nothing are left out."""
    return [value for one in photos if (value := one.get(name)) is not None]


def told_by_both(name: str, pairs: Iterable[tuple[Figures, Figures]]) -> list[tuple[float, float]]:
    """What both sides of pairs say about a metric; pairs of which a side says nothing are left out."""
    return [
        (before, after)
        for one, other in pairs
        if (before := one.get(name)) is not None and (after := other.get(name)) is not None
    ]


def mean(values: Sequence[float]) -> float | None:
    """The mean; None of nothing."""
    return sum(values) / len(values) if values else None


def figures_of(treated: Treated, edges: float | None, memory: float | None) -> dict[str, float | None]:
    """The figures of one photo.

    Args:
        treated: what became of it.
        edges: its edge fidelity, 0..1; None where it has none.
        memory: resident memory at its peak, bytes; None where it was not watched.
    """
    trail = treated.trail
    if failed(treated):
        return {"failure_rate": 1.0, "pass_rate": 0.0}
    return {
        "failure_rate": 0.0,
        "pass_rate": float(trail.verdict is Verdict.PUBLISH),
        "edge_fidelity": edges,
        "artifact_rate": _share(fidelity.has_artefact(trail)),
        "text_residue": _share(fidelity.has_residue(trail)),
        "harm_rate": _share(moved_untouched(treated)),
        "latency": trail.seconds,
        "cpu": trail.cpu_seconds,
        "memory": memory,
    }


def failed(treated: Treated) -> bool:
    """Whether the recipe failed on a photo that could be read."""
    return treated.photo is not None and treated.trail.photo is None


def edges_of(treated: Treated) -> float | None:
    """Edge fidelity of what was changed; None for what was not, and where it is undefined."""
    before, after, trail = treated.photo, treated.trail.photo, treated.trail
    if before is None or after is None or not trail.changed:
        return None
    return fidelity.edge_fidelity(before.pixels, after.pixels, trail.mask)


def moved_untouched(treated: Treated) -> bool | None:
    """Whether pixels differ that no stage says it edited; None where the result has another pixel grid.

    The core puts these back bit for bit, so this is a second opinion on the core: it is to be 0.
    """
    before, after, mask = treated.photo, treated.trail.photo, treated.trail.mask
    if before is None or after is None or before.pixels.shape != after.pixels.shape:
        return None
    moved = np.any(before.pixels != after.pixels, axis=2)
    return bool((moved if mask is None else moved & ~mask).any())


def _share(value: bool | None) -> float | None:
    return None if value is None else float(value)
