"""The main job with all around it: progress, Ctrl-C, report and totals. Heavy: imported only when it runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from packshot.cli.console import Meter
from packshot.cli.interrupt import stoppable
from packshot.cli.prepare import pipeline_of
from packshot.edges.report import Run, write_report
from packshot.edges.report.wording import reasons
from packshot.errors import OutputError
from packshot.executors.batch import BatchResult, previews_folder, run_batch
from packshot.executors.local import Crew, cores
from packshot.executors.outputs import Outputs
from packshot.executors.sources import Item
from packshot.recipe import Recipe

_FEWEST = 5
"""Photos that must have been done before their pace means anything: the first ones wait for models."""


@dataclass(frozen=True, slots=True)
class Job:
    """What to do, and where."""

    items: Sequence[Item]
    out: Path
    recipe: Recipe
    format: str | None = None
    attested_by: str | None = None
    workers: int | None = None


def do(job: Job) -> BatchResult:
    """Do a job; Ctrl-C finishes what is in flight.

    Raises:
        PackshotError: the job cannot be carried out.
    """
    pipeline = pipeline_of(job.recipe)
    outputs = Outputs(job.out, job.format, by_verdict=True, channels=pipeline.rules)
    with stoppable(job.out) as stop, Meter(outcomes=True) as meter:
        return run_batch(
            pipeline,
            job.items,
            outputs,
            crew=Crew(job.workers or cores(), stop, meter),
            attested_by=job.attested_by,
        )


def report(result: BatchResult, job: Job, notes: Mapping[str, str] | None = None) -> Path:
    """Write the report of a batch beside its outputs.

    Args:
        result: the batch.
        job: what it was to do.
        notes: a remark to show with a photo, by the photo's target.

    Raises:
        OutputError: it cannot be written.
    """
    run = Run(
        total=result.total,
        resumed=len(result.records) - result.processed,
        channels=job.recipe.channels,
        as_of=job.recipe.as_of or datetime.now(UTC).date(),
        version=version("packshot"),
        attested_by=job.attested_by,
        images_per_hour=_pace(result),
        cpu_seconds_per_image=result.cpu_seconds_per_image,
    )
    lines = [record.as_dict() for record in result.records]
    try:
        return write_report(lines, run, out=job.out, previews=previews_folder(job.out), notes=notes)
    except OSError as error:
        raise OutputError(path=job.out / "report.html", detail=error.strerror) from error


def summary(result: BatchResult, out: Path) -> dict[str, Any]:
    """The result as ``packshot run --json`` prints it."""
    return {
        "photos": [
            {
                "path": record.path,
                "output": str(out / record.output) if record.output else None,
                "verdict": record.verdict.value,
                "reasons": record.reasons,
                "findings_before": record.trail["findings_before"],
                "findings_after": record.trail["findings_after"],
                "seconds": record.seconds,
                "channels": [str(out / name) for name in record.channels],
                "resumed": record.resumed,
            }
            for record in result.records
        ],
        "images_per_hour": result.images_per_hour,
        "cpu_seconds_per_image": result.cpu_seconds_per_image,
    }


def describe(result: BatchResult) -> Iterator[str]:
    """The result in lines for a person."""
    for record in result.records:
        yield f"{record.verdict.value:8} {record.path} -> {record.output or 'nothing'}"
        for reason in reasons(record.trail):
            yield f"         {reason}"
    counts = Counter(record.verdict.value for record in result.records)
    yield f"{len(result.records)} photos: " + ", ".join(
        f"{counts[v]} {v}" for v in ("publish", "review", "reject")
    )
    resumed = len(result.records) - result.processed
    if resumed:
        yield f"{resumed} of them were done before and skipped."
    if (pace := _pace(result)) is not None:
        yield f"{pace:,.0f} photos an hour"


def _pace(result: BatchResult) -> float | None:
    """Photos an hour; None where too few were done to tell. Files that cannot be read do not count."""
    done = sum(not record.resumed and record.size_before is not None for record in result.records)
    return result.images_per_hour if done >= _FEWEST else None
