"""The only body of work: a photo's file in, outputs and record out. Whatever happens, it ends in a trail."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from packshot.edges.decode import open_photo
from packshot.edges.report.previews import write_previews
from packshot.errors import OutputError
from packshot.executors.failures import ENDS_THE_BATCH, failure
from packshot.executors.journal import Journal
from packshot.executors.outputs import File, Outputs
from packshot.executors.record import Record
from packshot.executors.sources import Item
from packshot.finding import Finding
from packshot.photo import Photo
from packshot.pipeline import Pipeline
from packshot.trail import Outcome, Step, Trail
from packshot.verdict import decide, quality_score


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
        photo, trail = self._run(task)
        encoding = time.perf_counter(), time.thread_time()
        trail, files = self._encode(trail, task.item.target)
        self._forget_earlier(task.item.target, files)
        self._outputs.write(files)
        trail = replace(trail, steps=(*trail.steps, _step("encode", *encoding)))
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
        )
        if self._journal is not None:
            self._journal.append(record)
        return record

    def _run(self, task: Task) -> tuple[Photo | None, Trail]:
        """The photo as it came, None when it cannot be read, and what became of it."""
        started = time.perf_counter(), time.thread_time()
        name, identity = str(task.item.path), task.item.identity
        photo = None
        try:
            photo = open_photo(
                task.item.path,
                name=name,
                product=identity.product,
                category=identity.category,
                merchant=identity.merchant,
                attested_by=self._attested_by,
            )
            decoded = _step("decode", *started)
            trail = self._pipeline.run(photo, task.extra)
            return photo, replace(trail, steps=(decoded, *trail.steps))
        except ENDS_THE_BATCH:
            raise
        except Exception as error:  # noqa: BLE001 - one broken photo never ends a batch
            finding = failure(error)
        blank = Trail(
            name=name,
            digest=photo.origin.digest if photo else _digest(task.item.path),
            recipe_digest=self._pipeline.digest,
            decision=decide((), 0.0),
            steps=(_step("decode", *started),),
            category=identity.category,
            attested_by=self._attested_by,
        )
        return photo, self._failed(blank, finding)

    def _encode(self, trail: Trail, target: str) -> tuple[Trail, list[File]]:
        """The files to write; a photo that cannot be encoded goes to review without one."""
        try:
            return trail, self._outputs.files(trail, target)
        except Exception as error:  # noqa: BLE001 - see _run
            return self._failed(replace(trail, photo=None), failure(error)), []

    def _failed(self, trail: Trail, finding: Finding) -> Trail:
        after = (*trail.findings_after, finding)
        return replace(
            trail,
            findings_before=trail.findings_before or (finding,),
            findings_after=after,
            decision=decide(after, self._pipeline.recipe.threshold),
            score_before=trail.score_before or quality_score((finding,)),
            score_after=quality_score(after),
        )

    def _find_done(self, journal: Journal, task: Task) -> Record | None:
        """The record of an earlier call, if it is about these bytes, done this way, and complete."""
        record = journal.find(task.item.target)
        if record is None or record.key != self._key(task, _digest(task.item.path)):
            return None
        written = [name for name in (record.output, *record.channels) if name]
        complete = all((self._outputs.folder / name).is_file() for name in written)
        return replace(record, path=str(task.item.path)) if complete and record.final else None

    def _forget_earlier(self, target: str, files: Sequence[File]) -> None:
        """Remove what an earlier recipe wrote for this photo in another place, before the new is written."""
        earlier = self._journal.find(target) if self._journal is not None else None
        if earlier is not None:
            stale = {name for name in (earlier.output, *earlier.channels) if name}
            for name in stale - {file.name for file in files}:
                (self._outputs.folder / name).unlink(missing_ok=True)

    def _preview(self, photo: Photo | None, trail: Trail, target: str) -> dict[str, str]:
        if photo is None or self._previews is None:
            return {}
        try:
            return write_previews(photo, trail, self._previews, _sha(target.encode())[:24])
        except OSError as error:
            raise OutputError(path=self._previews, detail=error.strerror) from error

    def _key(self, task: Task, digest: str) -> str:
        """Digest of everything that decides what is written for a photo and where."""
        outputs, identity = self._outputs, task.item.identity
        facts = [
            digest,
            self._pipeline.digest,
            [outputs.format, outputs.by_verdict],
            [identity.product, identity.category, identity.merchant, self._attested_by],
            [finding.as_dict() for finding in task.extra],
        ]
        return _sha(json.dumps(facts).encode())


def _step(stage: str, wall: float, cpu: float) -> Step:
    """A step that began at these readings of the clocks and ends now."""
    return Step(stage, Outcome.UNCHANGED, time.perf_counter() - wall, time.thread_time() - cpu)


def _digest(path: Path) -> str:
    """SHA-256 of a file; empty when it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
