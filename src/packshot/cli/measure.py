"""Runs a batch for ``packshot bench`` and adds up its trails."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from packshot.cli.interrupt import scratch_folder
from packshot.cli.job import Job, do
from packshot.cli.prepare import gather, recipe_from
from packshot.cli.repair import flawed_photos
from packshot.edges.report.page import StageCost, stage_costs
from packshot.executors.local import cores


@dataclass(frozen=True, slots=True)
class Measured:
    """What a batch cost.

    Attributes:
        photos, workers: how many.
        seconds: wall time.
        images_per_hour: over that wall time.
        cpu_seconds_per_image: processor time of the whole process, start-up of models included.
        stages: processor time per stage of the photos' own threads, and ``other``: what the process spent
            beside them (threads of model runtimes, loading models, finding duplicates, previews).
        peak_mib: largest resident memory of the process so far; None on systems that do not tell.
    """

    photos: int
    workers: int
    seconds: float
    images_per_hour: float
    cpu_seconds_per_image: float
    stages: tuple[StageCost, ...]
    peak_mib: float | None

    def as_dict(self) -> dict[str, Any]:
        """JSON-compatible form."""
        return asdict(self)


def measure(paths: Sequence[Path], recipe: Path | None, workers: int | None) -> Measured | None:
    """Run the main job in a temporary folder; None when it was interrupted.

    Raises:
        PackshotError: see :func:`packshot.cli.job.do`.
    """
    chosen = recipe_from(recipe, channels=None, as_of=None)
    with scratch_folder("packshot-bench-") as folder:
        out = folder / "out"
        items = gather(paths) if paths else flawed_photos((), folder)
        result = do(Job(items, out, chosen, attested_by="packshot bench", workers=workers))
    if result.interrupted:
        return None
    stages = stage_costs([record.as_dict() for record in result.records])
    other = result.cpu_seconds - sum(cost.cpu_seconds for cost in stages)
    costs = [*stages, StageCost("other", other, 0.0, 0)]
    whole = result.cpu_seconds
    return Measured(
        photos=len(result.records),
        workers=workers or cores(),
        seconds=result.seconds,
        images_per_hour=len(result.records) / result.seconds * 3600,
        cpu_seconds_per_image=whole / len(result.records),
        stages=tuple(StageCost(c.stage, c.cpu_seconds, c.cpu_seconds / whole, c.applied) for c in costs),
        peak_mib=_peak_mib(),
    )


def _peak_mib() -> float | None:
    if sys.platform == "win32":
        return None
    import resource  # noqa: PLC0415 - does not exist on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
