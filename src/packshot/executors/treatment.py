"""What happens to one photo between its bytes and its files. Whatever happens, it ends in a trail."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from packshot.edges.decode import open_photo
from packshot.executors.digests import digest, file_digest
from packshot.executors.failures import ENDS_THE_BATCH, failure
from packshot.executors.manifest import Identity
from packshot.executors.outputs import File, Outputs
from packshot.finding import Finding
from packshot.memo import Memo
from packshot.photo import Photo
from packshot.pipeline import Pipeline
from packshot.trail import Outcome, Step, Trail
from packshot.verdict import decide, quality_score


@dataclass(frozen=True, slots=True)
class Input:
    """A photo to be treated.

    Attributes:
        source: its file, or the bytes of one.
        name: what to call it in messages.
        target: what its outputs are called, without suffix.
        identity: product, category and merchant.
        attested_by: who states the right to alter it.
        extra: findings that need more than one photo to see, such as duplicates.
    """

    source: Path | bytes
    name: str
    target: str
    identity: Identity = field(default_factory=Identity)
    attested_by: str | None = None
    extra: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Treated:
    """What became of it: the photo as it came, None when it cannot be read; the story; the files to keep."""

    photo: Photo | None
    trail: Trail
    files: tuple[File, ...]


class Treatment:
    """Treats photos and encodes the results; writes nothing. Call :meth:`apply` from many threads."""

    def __init__(self, pipeline: Pipeline, outputs: Outputs) -> None:
        self.pipeline = pipeline
        self.outputs = outputs

    def apply(self, given: Input, memo: Memo | None = None) -> Treated:
        """Treat one photo; one that cannot be read, treated or encoded ends in a trail that says so.

        ``memo`` is for :meth:`packshot.pipeline.Pipeline.run`.

        Raises:
            WeightsError: a model's weights are missing.
        """
        photo, trail = self._run(given, memo)
        encoding = time.perf_counter(), time.thread_time()
        trail, files = self._encode(trail, given.target)
        trail = replace(trail, steps=(*trail.steps, _step("encode", *encoding)))
        return Treated(photo, trail, files)

    def failed(self, trail: Trail, finding: Finding) -> Trail:
        """``trail`` with one finding more, and the decision that it leads to."""
        after = (*trail.findings_after, finding)
        return replace(
            trail,
            findings_before=trail.findings_before or (finding,),
            findings_after=after,
            decision=decide(after, self.pipeline.recipe.threshold),
            score_before=trail.score_before or quality_score((finding,)),
            score_after=quality_score(after),
        )

    def _run(self, given: Input, memo: Memo | None) -> tuple[Photo | None, Trail]:
        started = time.perf_counter(), time.thread_time()
        photo = None
        try:
            photo = open_photo(
                given.source,
                name=given.name,
                product=given.identity.product,
                category=given.identity.category,
                merchant=given.identity.merchant,
                attested_by=given.attested_by,
            )
            decoded = _step("decode", *started)
            trail = self._with_renditions(self.pipeline.run(photo, given.extra, memo))
            return photo, replace(trail, steps=(decoded, *trail.steps))
        except ENDS_THE_BATCH:
            raise
        except Exception as error:  # noqa: BLE001 - one broken photo never ends a batch
            finding = failure(error)
        blank = Trail(
            name=given.name,
            digest=photo.origin.digest if photo else _digest_of(given.source),
            recipe_digest=self.pipeline.digest,
            decision=decide((), 0.0),
            steps=(_step("decode", *started),),
            category=given.identity.category,
            attested_by=given.attested_by,
        )
        return photo, self.failed(blank, finding)

    def _with_renditions(self, trail: Trail) -> Trail:
        """The decision once channels get files of their own: what those answer does not stand."""
        standing = tuple(f for f in trail.findings_after if not self.outputs.answers(f))
        if len(standing) == len(trail.findings_after):
            return trail
        decision = decide(standing, self.pipeline.recipe.threshold)
        return replace(trail, findings_after=standing, score_after=quality_score(standing), decision=decision)

    def _encode(self, trail: Trail, target: str) -> tuple[Trail, tuple[File, ...]]:
        """The files to keep; a photo that cannot be encoded goes to review without one."""
        try:
            return trail, tuple(self.outputs.files(trail, target))
        except Exception as error:  # noqa: BLE001 - see _run
            return self.failed(replace(trail, photo=None), failure(error)), ()


def _digest_of(source: Path | bytes) -> str:
    return digest(source) if isinstance(source, bytes) else file_digest(source)


def _step(stage: str, wall: float, cpu: float) -> Step:
    """A step that began at these readings of the clocks and ends now."""
    return Step(stage, Outcome.UNCHANGED, time.perf_counter() - wall, time.thread_time() - cpu)
