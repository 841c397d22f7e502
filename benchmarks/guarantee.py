"""Guaranteed automation, with simulated reviewers.

``python benchmarks/guarantee.py --photos ../shared/photos`` takes the clean product photos of dev in several
sizes and compressions, gives ``FLAWED`` of them a known flaw and treats all of them (without the crop, so
that the truth can be held against the result). A reviewer who knows the truth says which results must not be
published. The photos are then split at random, by the photo that they were made from: the risk model is
fitted on the first part, the threshold is chosen on the second, and what comes of it is counted on the third.

Prints for each promise and target: labels, in how many splits a threshold was found, bad publications, and
the automation rate, of all photos and of those that pass the pipeline's own checks. Exits with 1 where a
promise is broken, or where less than ``ASKED`` of the passing photos are automatic at 1 %. More tables leave
out flawed photos, to show what the share of flawed ones does. Treated photos are kept in ``--cache``.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image
from removal import clean_products
from rich.console import Console
from rich.table import Table

from packshot.edges.decode import open_photo
from packshot.executors.outputs import Outputs
from packshot.executors.treatment import Input, Treated, Treatment
from packshot.photo import Pixels
from packshot.pipeline import Pipeline
from packshot.quality.reviewer import refused
from packshot.recipe import Recipe
from packshot.rollout.conformal import Guarantee, Kind, Label, control
from packshot.rollout.ladder import ladder
from packshot.rollout.risk import Example, RiskModel, figures, fit
from packshot.service.fidelity import edge_fidelity
from packshot.simulate import Truth, flawed_batch

VARIANTS = ((1000, 95), (800, 88), (640, 80), (1000, 90))
"""Long side in px and JPEG quality in which each photo comes."""

FLAWED = 0.375
"""Share of the photos with a flaw."""

ASKED = 0.8
"""Share of the photos that should be automatic at 1 %."""

TARGETS = (0.005, 0.01, 0.02, 0.05)
CONFIDENCE = 0.9
FIT, CALIBRATE = 0.25, 0.45  # shares of the sources; the rest is counted on
SLIP = 0.02  # share of the reviewer's words that are wrong, in the variant with mistakes
TITLE = "{:.1%} flawed, {:.0%} of the reviewer's words wrong"
AS_SIMULATED = TITLE.format(FLAWED, 0.0)


class Shrunk(Mapping[str, Pixels]):
    """Photos by name, at most ``side`` px, read when they are asked for."""

    def __init__(self, paths: Sequence[Path], side: int) -> None:
        self._paths = {path.stem: path for path in paths}
        self._side = side

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, name: str) -> Pixels:
        image = Image.fromarray(open_photo(self._paths[name]).on_white())
        image.thumbnail((self._side, self._side), Image.Resampling.LANCZOS)
        return np.asarray(image)


@dataclass(frozen=True, slots=True)
class Case:
    """One treated photo: what it was made from, its flaw, its figures, and why a reviewer refuses it.

    ``figures`` is None for a photo that the pipeline itself does not publish.
    """

    source: str
    flaw: str | None
    figures: Mapping[str, float] | None
    refused: str | None

    def label(self, model: RiskModel, wrong: bool = False) -> Label:
        """What the reviewer says."""
        risk = None if self.figures is None else model.risk(self.figures)
        return Label(risk, bool(self.refused) != wrong)


def treated_photos(paths: Sequence[Path], cache: Path, workers: int) -> list[Case]:
    """Every photo in every variant, treated; what is in ``cache`` already is read from there."""
    pipeline = Pipeline.from_recipe(Recipe.from_dict({"stages": ["erase_text", "upscale"]}))
    treatment = Treatment(pipeline, Outputs(cache, "jpeg"))
    cache.mkdir(parents=True, exist_ok=True)
    cases: list[Case] = []
    for number, (side, quality) in enumerate(VARIANTS):
        kept = cache / f"{pipeline.digest[:16]}-{number}.jsonl"
        if not kept.exists():
            batch = flawed_batch(Shrunk(paths, side), FLAWED, number)
            with ThreadPoolExecutor(workers) as pool:
                lines = [json.dumps(row) for row in _in_turn(pool, treatment, batch, quality, workers)]
            kept.write_text("\n".join(lines), encoding="utf-8")
        cases += [_case(json.loads(line)) for line in kept.read_text(encoding="utf-8").splitlines()]
    return cases


def _in_turn(
    pool: ThreadPoolExecutor, treatment: Treatment, batch: Iterator[Truth], quality: int, workers: int
) -> Iterator[dict[str, Any]]:
    """Rows in order, with few photos in memory at a time."""
    waiting = []
    for truth in batch:
        waiting.append(pool.submit(_row, treatment, truth, quality))
        if len(waiting) > 2 * workers:
            yield waiting.pop(0).result()
    yield from (one.result() for one in waiting)


def _row(treatment: Treatment, truth: Truth, quality: int) -> dict[str, Any]:
    """What is kept of one photo: its trail as the ledger keeps it, and the reviewer's word."""
    file = io.BytesIO()
    Image.fromarray(truth.pixels).save(file, "JPEG", quality=quality, subsampling=0)
    name = truth.name
    treated = treatment.apply(Input(file.getvalue(), f"{name}.jpg", name, attested_by="benchmark"))
    assert treated.photo is not None
    assert treated.trail.photo is not None
    return {
        "source": name,
        "flaw": truth.overlay or truth.degradation,
        "body": _body(treated),
        "edges": _edges(treated),
        "refused": refused(truth, treated.photo.pixels, treated.trail.photo.pixels),
    }


def _body(treated: Treated) -> dict[str, Any]:
    assert treated.photo is not None
    return treated.trail.as_dict() | {"size_before": [treated.photo.width, treated.photo.height]}


def _edges(treated: Treated) -> float | None:
    if not treated.trail.changed or treated.photo is None or treated.trail.photo is None:
        return None
    return edge_fidelity(treated.photo.pixels, treated.trail.photo.pixels, treated.trail.mask)


def _case(row: Mapping[str, Any]) -> Case:
    body = row["body"]
    told = figures(body, edge_fidelity=row["edges"]) if body["verdict"] == "publish" else None
    return Case(row["source"], row["flaw"], told, row["refused"])


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of one split under one guarantee: counts on the photos that nothing was chosen from."""

    labels: int
    threshold: bool
    photos: int
    publishable: int
    published: int
    bad: int


def trials(cases: Sequence[Case], slip: float, rng: np.random.Generator) -> dict[tuple[Kind, float], Trial]:
    """One random split under every promise and target."""
    names = sorted({case.source for case in cases})
    place = dict(zip(names, rng.permutation(len(names)) / len(names), strict=True))
    parts = np.digitize([place[case.source] for case in cases], [FIT, FIT + CALIBRATE])
    fitted, calibrated, counted = ([c for c, p in zip(cases, parts, strict=True) if p == n] for n in range(3))
    model = fit([
        Example(case.figures, bool(case.refused) != (rng.random() < slip))
        for case in fitted
        if case.figures is not None
    ])  # fmt: skip
    reference = [case.label(model) for case in fitted]
    labels = [case.label(model, rng.random() < slip) for case in calibrated]
    unseen = [case.label(model) for case in counted]
    made = {}
    for target in TARGETS:
        rungs = ladder(reference, len(labels), target, confidence=CONFIDENCE)
        for kind in Kind:
            given = control(labels, target, kind, confidence=CONFIDENCE, rungs=rungs)
            made[kind, target] = _counted(given, unseen)
    return made


def _counted(given: Guarantee, unseen: Sequence[Label]) -> Trial:
    published = [one for one in unseen if one.risk is not None and given.publishes(one.risk)]
    publishable = sum(one.risk is not None for one in unseen)
    bad = sum(one.bad for one in published)
    return Trial(given.labels, given.threshold is not None, len(unseen), publishable, len(published), bad)


def thinned(cases: Sequence[Case], share: float, rng: np.random.Generator) -> list[Case]:
    """As many of the flawed photos, drawn at random, that they are ``share`` of what is left."""
    sound = sum(case.flaw is None for case in cases)
    keep = share / (1 - share) * sound / (len(cases) - sound)
    return [case for case in cases if case.flaw is None or rng.random() < keep]


def report(title: str, many: Sequence[dict[tuple[Kind, float], Trial]], console: Console) -> list[str]:
    """Print one table; what it fails."""
    shown = Table(
        *("promise", "target %", "labels", "found %", "bad of all %", "bad of published %", "splits above %"),
        *("automatic %", "of passing %"),
        title=title,
    )
    failed = []
    for kind in Kind:
        for target in TARGETS:
            runs = [one[kind, target] for one in many]
            of_all = [run.bad / run.photos for run in runs]
            of_published = [run.bad / run.published for run in runs if run.published]
            counted = of_all if kind is Kind.EXPECTED else of_published
            above = sum(share > target for share in counted) / len(runs)
            automatic = float(np.mean([run.published / run.photos for run in runs]))
            passing = float(np.mean([run.published / run.publishable for run in runs]))
            found = float(np.mean([run.threshold for run in runs]))
            cells = [f"{100 * cell:.2f}" for cell in (found, np.mean(of_all), above, automatic, passing)]
            cells.insert(2, f"{100 * np.mean(of_published):.2f}" if of_published else "-")
            labels = f"{np.mean([run.labels for run in runs]):.0f}"
            shown.add_row(kind.value, f"{100 * target:g}", labels, *cells)
            noise = 2 * float(np.std(of_all)) / len(runs) ** 0.5  # two standard errors over the splits
            if kind is Kind.EXPECTED and np.mean(of_all) - noise > target:
                failed.append(f"{title}: expected {target:g} is broken: {np.mean(of_all):.4f}")
            luck = 2 * (CONFIDENCE * (1 - CONFIDENCE) / len(runs)) ** 0.5
            if kind is Kind.CONFIDENT and above > 1 - CONFIDENCE + luck:
                failed.append(f"{title}: confident {target:g} is broken in {above:.0%} of the splits")
            if title == AS_SIMULATED and target == 0.01 and passing < ASKED:
                failed.append(f"{title}: {kind.value} at 1 %: {passing:.1%} automatic, {ASKED:.0%} asked")
    console.print(shown)
    return failed


def main() -> None:
    """Print the tables and exit with 1 where a demand fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True, help="folder that holds dev/")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "packshot-guarantee")
    parser.add_argument("--splits", type=int, default=100)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    cases = treated_photos(clean_products(arguments.photos, 10_000), arguments.cache, arguments.workers)
    passing = [case for case in cases if case.figures is not None]
    console = Console(width=130)
    console.print(f"{len(cases)} photos, {len(passing)} pass the pipeline's own checks.")
    console.print("refused of those:", dict(Counter(c.refused for c in passing if c.refused).most_common()))
    failed = []
    for share, slip in ((FLAWED, 0.0), (FLAWED, SLIP), (0.1, 0.0), (0.05, 0.0), (0.02, 0.0)):
        many = []
        for number in range(arguments.splits):
            rng = np.random.default_rng([number, round(1000 * share), round(1000 * slip)])
            many.append(trials(thinned(cases, share, rng) if share < FLAWED else cases, slip, rng))
        title = TITLE.format(share, slip)
        problems = report(title, many, console)
        failed += problems if slip == 0.0 else []
    for problem in failed:
        console.print(f"FAILED {problem}")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
