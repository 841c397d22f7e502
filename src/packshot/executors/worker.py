"""The only body of work: a photo's file in, outputs and record out. Whatever happens, it ends in a trail."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from packshot.edges.report.previews import write_previews
from packshot.errors import OutputError, UnwritableNameError
from packshot.executors.digests import digest, file_digest
from packshot.executors.failures import failure
from packshot.executors.journal import Journal
from packshot.executors.outputs import File, Outputs
from packshot.executors.record import Record
from packshot.executors.sources import Item
from packshot.executors.treatment import Input, Treatment
from packshot.finding import Finding
from packshot.photo import Photo
from packshot.pipeline import Pipeline
from packshot.trail import Step, Trail


@dataclass(frozen=True, slots=True)
class Task:
    """An item with what only the whole batch can tell: findings such as duplicates."""

    item: Item
    extra: tuple[Finding, ...] = ()


class Worker:
    """Processes photos; build it once, call :meth:`process` from many threads.

    Args:
        pipeline: what to do.
        outputs: where to write.
        attested_by: who states the right to alter the photos.
        journal: finished photos; those of an earlier call are found there and not done again. None keeps no
            journal and does everything.
        previews: folder for the report's pictures; None makes none.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        outputs: Outputs,
        *,
        attested_by: str | None = None,
        journal: Journal | None = None,
        previews: Path | None = None,
    ) -> None:
        self._treatment = Treatment(pipeline, outputs)
        self._pipeline = pipeline
        self._outputs = outputs
        self._attested_by = attested_by
        self._journal = journal
        self._previews = previews

    def process(self, task: Task) -> Record:
        """Do one photo, unless an earlier call did.

        Raises:
            OutputError: a result cannot be written.
            WeightsError: a model's weights are missing.
        """
        if self._journal is not None and (done := self._find_done(self._journal, task)):
            return replace(done, resumed=True)
        wall, cpu = time.perf_counter(), time.thread_time()
        treated = self._treatment.apply(self._input(task))
        photo = treated.photo
        writing = time.perf_counter(), time.thread_time()
        trail, files = self._write(treated.trail, treated.files, task.item.target)
        trail = replace(trail, steps=_with_time(trail.steps, *writing))
        record = Record(
            path=str(task.item.path),
            target=task.item.target,
            output=files[0].name if files else None,
            channels=[file.name for file in files[1:]],
            key=self._key(task, trail.digest),
            changed=trail.changed,
            seconds=round(time.perf_counter() - wall, 4),
            cpu_seconds=round(time.thread_time() - cpu, 4),
            size_before=(photo.width, photo.height) if photo else None,
            size_after=(trail.photo.width, trail.photo.height) if trail.photo else None,
            previews=self._preview(photo, trail, task.item.target),
            trail=trail.as_dict(),
            source=task.item.source,
            file_sizes={file.name: len(file.data) for file in files},
        )
        if self._journal is not None:
            self._journal.append(record)
        return record

    def _input(self, task: Task) -> Input:
        item = task.item
        name = str(item.path)
        return Input(item.path, name, item.target, item.identity, self._attested_by, task.extra)

    def _write(self, trail: Trail, files: tuple[File, ...], target: str) -> tuple[Trail, tuple[File, ...]]:
        """Write the files in place of earlier ones; a photo whose name cannot be had goes to review."""
        try:
            self._forget_earlier(target, files)
            self._outputs.write(files)
        except UnwritableNameError as error:
            return self._treatment.failed(replace(trail, photo=None), failure(error)), ()
        return trail, files

    def _find_done(self, journal: Journal, task: Task) -> Record | None:
        """The record of an earlier call, if it is about these bytes, done this way, and complete."""
        record = journal.find(task.item.target)
        if record is None or record.key != self._key(task, file_digest(task.item.path)):
            return None
        if not (record.final and self._outputs.complete(record.file_sizes)):
            return None
        done = replace(record, path=str(task.item.path), source=task.item.source)
        if done.source != record.source:  # moved: what is said of it later must name where it is now
            journal.append(done)
        return done

    def _forget_earlier(self, target: str, files: Sequence[File]) -> None:
        """Remove what an earlier recipe wrote for this photo in another place, before the new is written."""
        earlier = self._journal.find(target) if self._journal is not None else None
        if earlier is not None:
            self._outputs.remove(earlier.file_sizes.keys() - {file.name for file in files})

    def _preview(self, photo: Photo | None, trail: Trail, target: str) -> dict[str, str]:
        if photo is None or self._previews is None:
            return {}
        try:
            return write_previews(photo, trail, self._previews, digest(os.fsencode(target))[:24])
        except OSError as error:
            raise OutputError(path=self._previews, detail=error.strerror) from error

    def _key(self, task: Task, photo: str) -> str:
        """Digest of all that decides what is written and where; ``photo`` is that of the input's bytes."""
        outputs, identity = self._outputs, task.item.identity
        facts = [
            photo,
            self._pipeline.digest,
            [outputs.format, outputs.by_verdict],
            [identity.product, identity.category, identity.merchant, self._attested_by],
            [finding.as_dict() for finding in task.extra],
        ]
        return digest(json.dumps(facts).encode())


def _with_time(steps: tuple[Step, ...], wall: float, cpu: float) -> tuple[Step, ...]:
    """``steps`` with what has passed since these readings of the clocks added to the last one, encoding."""
    last = steps[-1]
    wall, cpu = time.perf_counter() - wall, time.thread_time() - cpu
    return (*steps[:-1], replace(last, seconds=last.seconds + wall, cpu_seconds=last.cpu_seconds + cpu))
