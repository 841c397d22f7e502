"""A whole batch: what is there, what is already done, the work itself, and what it added up to."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packshot.errors import OutputError
from packshot.executors.duplicates import duplicates_in
from packshot.executors.journal import Journal
from packshot.executors.local import Crew, stream
from packshot.executors.lock import sole_writer
from packshot.executors.outputs import Outputs
from packshot.executors.partial import remove_partial_files
from packshot.executors.record import Record
from packshot.executors.safeguards import refuse_overwriting, refuse_replacing
from packshot.executors.sources import Item
from packshot.executors.worker import Task, Worker
from packshot.finding import Finding
from packshot.pipeline import Pipeline
from packshot.verdict import Verdict

STATE = ".packshot"
"""Folder inside the output folder for what a run needs beside its results: lock, pictures of the report."""


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What a batch added up to.

    Attributes:
        records: in the order of the items; those of photos that were not begun are missing.
        total: number of items.
        seconds: wall time of the whole.
        cpu_seconds: processor time of the whole process, all threads, model runtimes included.
    """

    records: tuple[Record, ...]
    total: int
    seconds: float
    cpu_seconds: float

    @property
    def interrupted(self) -> bool:
        """Whether it was stopped before all photos were done."""
        return len(self.records) < self.total

    @property
    def processed(self) -> int:
        """Photos that this call did itself."""
        return sum(not record.resumed for record in self.records)

    @property
    def images_per_hour(self) -> float | None:
        """Photos done by this call an hour; None when it did none."""
        return round(self.processed / self.seconds * 3600, 1) if self.processed else None

    @property
    def cpu_seconds_per_image(self) -> float | None:
        """Processor time a photo done by this call; None when it did none."""
        return round(self.cpu_seconds / self.processed, 4) if self.processed else None

    @property
    def all_published(self) -> bool:
        """Whether no photo needs anybody."""
        return all(record.verdict is Verdict.PUBLISH for record in self.records)


def run_batch(
    pipeline: Pipeline,
    items: Sequence[Item],
    outputs: Outputs,
    *,
    crew: Crew,
    attested_by: str | None = None,
    keep: bool = True,
) -> BatchResult:
    """Do all ``items``, as the only run that writes to the output folder.

    Args:
        pipeline: what to do.
        items: the photos.
        outputs: where to write.
        crew: who does it and who watches.
        attested_by: who states the right to alter the photos.
        keep: keep ``trail.jsonl`` and previews in the output folder, skip what it says is done, and look
            for duplicates among the items.

    Raises:
        UsageError: an input would be overwritten or removed, or an earlier run's result of another photo
            replaced; or another run is writing to the output folder.
        OutputError: the output folder cannot be written; what is finished stays.
        WeightsError: a model's weights are missing.
    """
    wall, cpu = time.perf_counter(), time.process_time()
    refuse_overwriting(outputs, items)
    _make_folder(outputs.folder)
    _make_folder(outputs.folder / STATE)
    with sole_writer(outputs.folder, outputs.folder / STATE):
        remove_partial_files(outputs.folder)
        if keep:
            records = _work_and_keep(pipeline, items, outputs, crew, attested_by)
        else:
            records = _work(Worker(pipeline, outputs, attested_by=attested_by), items, {}, crew)
    order = {item.target: number for number, item in enumerate(items)}
    return BatchResult(
        records=tuple(sorted(records, key=lambda record: order[record.target])),
        total=len(items),
        seconds=time.perf_counter() - wall,
        cpu_seconds=time.process_time() - cpu,
    )


def previews_folder(out: Path) -> Path:
    """Where a batch keeps the pictures of its report."""
    return out / STATE / "previews"


def _work_and_keep(
    pipeline: Pipeline, items: Sequence[Item], outputs: Outputs, crew: Crew, attested_by: str | None
) -> list[Record]:
    previews = previews_folder(outputs.folder)
    _make_folder(previews)
    with Journal(outputs.folder) as journal:
        refuse_replacing(journal, outputs, items)
        repeated = duplicates_in(items, crew)
        worker = Worker(pipeline, outputs, attested_by=attested_by, journal=journal, previews=previews)
        return _work(worker, items, repeated, crew)


def _work(
    worker: Worker,
    items: Sequence[Item],
    repeated: Mapping[str, Finding],
    crew: Crew,
) -> list[Record]:
    crew.watcher.begin("Processing", len(items))
    tasks = (Task(item, (repeated[item.target],) if item.target in repeated else ()) for item in items)
    records = []
    for record in stream(worker.process, tasks, crew):
        records.append(record)
        outcome = record.verdict.value
        crew.watcher.done(record.path, f"{outcome} (done before)" if record.resumed else outcome)
    return records


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(path=folder, detail=error.strerror) from error
