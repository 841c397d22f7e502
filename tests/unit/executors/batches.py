"""Small batches of drawn photos, run in this process."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from PIL import Image

from packshot.executors.batch import BatchResult, run_batch
from packshot.executors.local import Crew
from packshot.executors.outputs import Outputs
from packshot.executors.record import Record
from packshot.executors.sources import collect
from packshot.pipeline import Pipeline
from packshot.recipe import Recipe


class Silent:
    def begin(self, what: str, total: int) -> None: ...

    def done(self, path: str, outcome: str) -> None: ...


def photo(path: Path, seed: int = 0, size: tuple[int, int] = (40, 30), **options: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    coarse = np.random.default_rng(seed).integers(0, 255, (6, 8, 3), np.uint8)
    Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC).save(path, **options)
    return path


def run(*paths: Path, out: Path, pipeline: Pipeline | None = None, **options: object) -> BatchResult:
    keep, attested_by = bool(options.pop("keep", True)), options.pop("attested_by", None)
    pipeline = pipeline or Pipeline(Recipe.from_dict({"inspect": [], "stages": []}))
    outputs = Outputs(out, **{"by_verdict": True, **options})
    items = collect(paths, out=out).items
    crew = Crew(2, Event(), Silent())
    return run_batch(pipeline, items, outputs, crew=crew, attested_by=attested_by, keep=keep)


def by_name(result: BatchResult) -> dict[str, Record]:
    return {Path(record.path).name: record for record in result.records}


no_limit = pytest.mark.skipif(os.name == "nt", reason="Windows limits no file's size")


@contextmanager
def full_disk(room: int) -> Iterator[None]:
    """No file can grow beyond ``room`` bytes."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
