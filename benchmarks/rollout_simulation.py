"""What the gates do with recipes that are equal, worse, better or broken, over many simulated rollouts.

``python benchmarks/rollout_simulation.py --rollouts 1000`` draws photos, sums them up, and asks the real gate
(:func:`packshot.rollout.gate.judge`) at 80 looks a rollout, or after every photo where the defect is gross.
It also runs the change-point detector. It exits with 1 when a demand is not met.

The photos: 83 % pass live; of 100 pairs, 6 differ in that. 5 % have artefacts (4 of 100 pairs differ), 0.5 %
fail (0.4 of 100 pairs differ). Edge fidelity is 0.93 with standard deviation 0.05; pairs differ by 0.03
(Student's t with 5 degrees of freedom). Seconds are log-normal (0.5), pairs differ by 15 %, one in 50 by
threefold. A photo that goes wrong in one way tends to go wrong in others: all differences share half of their
variance.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from scipy.special import ndtr
from scipy.stats import t as student

from packshot.rollout.changepoint import Detector, baseline_limit
from packshot.rollout.gate import Guardrail, Verdict, judge
from packshot.rollout.summary import Observed, Paired, Split, Summary

Floats = NDArray[np.float64]
Random = np.random.Generator

LOOKS = 80
SHARE = 0.1  # of the products in a split canary
GUARDRAILS = (
    Guardrail("pass_rate", 0.02),
    Guardrail("artifact_rate", 0.03),
    Guardrail("failure_rate", 0.01),
    Guardrail("edge_fidelity", 0.02),
    Guardrail("latency", 0.2),
)
ALPHA = 0.01  # of both errors


@dataclass(frozen=True)
class Recipe:
    """A candidate, by what becomes of 100 pairs: how many of them get worse and better at passing."""

    worse: float = 0.03
    better: float = 0.03


@dataclass
class Result:
    """What became of the rollouts of one scenario."""

    rolled_back: list[int] = field(default_factory=list)
    advanced: list[int] = field(default_factory=list)
    rollouts: int = 0

    def share(self, photos: Sequence[int]) -> float:
        """Of the rollouts."""
        return len(photos) / self.rollouts


def _shared(random: Random, shape: tuple[int, int], count: int) -> list[Floats]:
    """``count`` arrays of uniform numbers that share half of their variance."""
    common = random.standard_normal(shape)
    return [ndtr((common + random.standard_normal(shape)) / math.sqrt(2.0)) for _ in range(count)]


def _flips(uniform: Floats, worse: float, better: float) -> Floats:
    """-1 for a photo that gets worse, 1 for one that gets better, else 0."""
    return (uniform > 1.0 - better).astype(float) - (uniform < worse)


def paired(random: Random, rollouts: int, photos: int, recipe: Recipe) -> dict[str, Floats]:
    """Candidate minus live of each photo, (rollouts, photos) a metric."""
    shape = rollouts, photos
    passing, artefact, failing, edges, seconds = _shared(random, shape, 5)
    slow = np.where(random.random(shape) < 0.02, random.choice((-1.1, 1.1), shape), 0.0)
    return {
        "pass_rate": _flips(passing, recipe.worse, recipe.better),
        "artifact_rate": -_flips(artefact, 0.02, 0.02),
        "failure_rate": -_flips(failing, 0.002, 0.002),
        "edge_fidelity": np.clip(0.03 / math.sqrt(5 / 3) * student.ppf(edges, 5), -1.0, 1.0),
        "latency": -0.15 * student.ppf(seconds, 5) / math.sqrt(5 / 3) + slow,
    }


def alone(random: Random, rollouts: int, photos: int, recipe: Recipe) -> dict[str, Floats]:
    """Values of one lane, (rollouts, photos) a metric."""
    passing, artefact, failing, edges, seconds = _shared(random, (rollouts, photos), 5)
    rate = 0.83 + recipe.better - recipe.worse
    return {
        "pass_rate": (passing > 1.0 - rate).astype(float),
        "artifact_rate": (artefact < 0.05).astype(float),
        "failure_rate": (failing < 0.005).astype(float),
        "edge_fidelity": np.clip(0.93 + 0.05 / math.sqrt(5 / 3) * student.ppf(edges, 5), 0.0, 1.0),
        "latency": 1.0 - 0.5 * student.ppf(seconds, 5) / math.sqrt(5 / 3),
    }


def _sums(values: dict[str, Floats], step: int) -> dict[str, list[list[Summary]]]:
    """Summaries at every ``step`` photos, by metric, rollout and look."""
    found = {}
    for name, drawn in values.items():
        totals, squares = (np.cumsum(kind, axis=1)[:, step - 1 :: step] for kind in (drawn, drawn**2))
        found[name] = [
            [
                Summary(step * (look + 1), float(a), float(b))
                for look, (a, b) in enumerate(zip(*row, strict=True))
            ]
            for row in zip(totals, squares, strict=True)
        ]
    return found


def follow(looks: Sequence[dict[str, Observed]], result: Result, *, on: bool) -> None:
    """Judges one rollout at each look, up to its end; ``on`` goes on after it could have advanced."""
    result.rollouts += 1
    advanced = None
    for observed in looks:
        verdict = judge(GUARDRAILS, (), observed, least=50, alpha_rollback=ALPHA, alpha_advance=ALPHA).verdict
        photos = observed["pass_rate"].photos
        if verdict is Verdict.ROLL_BACK:
            result.rolled_back.append(photos)
            break
        if verdict is Verdict.ADVANCE and advanced is None:
            advanced = photos
            if not on:
                break
    if advanced is not None:
        result.advanced.append(advanced)


def rollouts(random: Random, count: int, step: int, recipe: Recipe, *, on: bool, split: bool) -> Result:
    """``count`` rollouts of ``recipe`` with a look every ``step`` photos of the candidate."""
    result = Result()
    for start in range(0, count, 25):  # few at once: photos are kept only until they are summed
        part, photos = min(25, count - start), step * LOOKS
        if split:
            others = round((1.0 - SHARE) / SHARE)
            candidate = _sums(alone(random, part, photos, recipe), step)
            live = _sums(alone(random, part, photos * others, Recipe()), step * others)
            for row in range(part):
                looks: list[dict[str, Observed]] = [
                    {name: Split(live[name][row][look], candidate[name][row][look]) for name in live}
                    for look in range(LOOKS)
                ]
                follow(looks, result, on=on)
            continue
        sums = _sums(paired(random, part, photos, recipe), step)
        for row in range(part):
            follow(
                [{name: Paired(sums[name][row][look]) for name in sums} for look in range(LOOKS)],
                result,
                on=on,
            )
    return result


Draw = Callable[[], tuple[float, float]]
"""Live's and the candidate's transformed value of one photo."""


def defects(random: Random) -> dict[str, tuple[Guardrail, Draw]]:
    """Defects that shall be noticed early."""

    def yes(live: float, candidate: float) -> Draw:
        return lambda: (float(random.random() < live), float(random.random() < candidate))

    def slower(factor: float) -> Draw:
        def draw() -> tuple[float, float]:
            photo = random.normal(0.0, 0.5)
            return photo + random.normal(0.0, 0.12), photo + math.log(factor) + random.normal(0.0, 0.12)

        return draw

    def blurring() -> tuple[float, float]:
        live = 0.90 + random.normal(0.0, 0.04)
        return live, live - 0.05 + random.normal(0.0, 0.03)

    return {
        "fails on every photo": (Guardrail("failure_rate", 0.01), yes(0.0, 1.0)),
        "artefacts 100 % for 5 %": (Guardrail("artifact_rate", 0.03), yes(0.05, 1.0)),
        "artefacts 50 % for 5 %": (Guardrail("artifact_rate", 0.03), yes(0.05, 0.5)),
        "latency x 2, margin 50 %": (Guardrail("latency", 0.5), slower(2.0)),
        "latency x 2, margin 20 %": (Guardrail("latency", 0.2), slower(2.0)),
        "latency x 1.3, margin 20 %": (Guardrail("latency", 0.2), slower(1.3)),
        "edge fidelity -0.05 (sd 0.03), margin 0.02": (Guardrail("edge_fidelity", 0.02), blurring),
    }


def until_rollback(guardrail: Guardrail, draw: Draw, *, split: bool, most: int = 4_000) -> int:
    """Photos of the candidate until it is rolled back, with a look after each; one of five guardrails."""
    differences = live = candidate = Summary()
    for photo in range(1, most + 1):
        pair = draw()
        differences += Summary.of((pair[1] - pair[0],))
        candidate += Summary.of(pair[1:])
        live += (
            Summary.of((pair[0], *(draw()[0] for _ in range(round(1 / SHARE) - 2)))) if split else Summary()
        )
        seen: Observed = Split(live, candidate) if split else Paired(differences)
        judged = judge(
            (guardrail,), (), {guardrail.metric: seen}, least=most + 1, alpha_rollback=ALPHA / len(GUARDRAILS)
        )
        if judged.verdict is Verdict.ROLL_BACK:
            return photo
    return most


def first_alarm(random: Random, detector: Detector, rate: float, most: int) -> Detector:
    """The detector at its first alarm, or after ``most`` photos of which a ``rate`` is bad."""
    while detector.n < most and not detector.alarm:
        detector = detector.update(float(random.random() < rate))
    return detector


def _middle(photos: Sequence[int]) -> str:
    return f"{np.median(photos):,.0f} (90 %: {np.quantile(photos, 0.9):,.0f})" if photos else "-"


def main() -> None:
    """Print the tables; exit with 1 when a demand is not met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--rollouts", type=int, default=1_000, help="of each paired scenario; a split has a fifth"
    )
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    random, started = np.random.default_rng(arguments.seed), time.monotonic()
    console, demands = Console(width=118), list[tuple[str, bool]]()
    count, fewer = arguments.rollouts, max(1, arguments.rollouts // 5)

    table = Table("recipe", "looks", "rollouts", "rolled back", "advanced", "photos to advance: median")

    def scenario(title: str, recipe: Recipe, step: int, *, split: bool = False) -> Result:
        result = rollouts(random, fewer if split else count, step, recipe, on=recipe == Recipe(), split=split)
        table.add_row(
            title,
            f"{LOOKS}, to {step * LOOKS:,} {'canary photos' if split else 'pairs'}",
            str(result.rollouts),
            f"{result.share(result.rolled_back):.1%}",
            f"{result.share(result.advanced):.1%}",
            _middle(result.advanced),
        )
        return result

    equal, worse, better = Recipe(), Recipe(0.045, 0.015), Recipe(0.015, 0.045)
    early = scenario("equal (A/A), early looks", equal, 5)
    late = scenario("equal (A/A)", equal, 60)
    demands += [("A/A: false rollback <= 2 %", max(r.share(r.rolled_back) for r in (early, late)) <= 0.02)]
    edge = scenario("2 points worse: at the margin", Recipe(0.04, 0.02), 60)
    demands += [("at the margin: false promotion <= 1.5 %", edge.share(edge.advanced) <= 0.015)]
    bad = scenario("3 points worse", worse, 60)
    demands += [("3 points worse: false promotion <= 1 %", bad.share(bad.advanced) <= 0.01)]
    good = scenario("3 points better", better, 60)
    demands += [("3 points better: promoted >= 90 %", good.share(good.advanced) >= 0.9)]
    apart = scenario("equal (A/A), split at 10 %", equal, 150, split=True)
    demands += [("A/A split: false rollback <= 2 %", apart.share(apart.rolled_back) <= 0.02)]
    scenario("3 points better, split at 10 %", better, 60, split=True)
    console.print(table)

    table = Table("defect", "pairs to rollback: median", "canary photos in a split at 10 %: median")
    for title, (guardrail, draw) in defects(random).items():
        needed = {
            split: [until_rollback(guardrail, draw, split=split) for _ in range(max(5, count // 40))]
            for split in (False, True)
        }
        table.add_row(title, *(_middle(photos) for photos in needed.values()))
        if "100 %" in title or "every" in title:
            demands += [(f"{title}: rolled back within 15 pairs", bool(np.median(needed[False]) <= 15))]
    console.print(table)

    table = Table("change-point detector", "photos")
    lengths = [first_alarm(random, Detector(0.05, 1_000.0), 0.05, 50_000).n for _ in range(count)]
    table.add_row(
        "5 % as the baseline says, threshold 1,000: mean run to a false alarm", f"{np.mean(lengths):,.0f}"
    )
    demands += [("detector: mean run to a false alarm >= threshold", bool(np.mean(lengths) >= 1_000.0))]
    delays, begins = [], []
    for _ in range(fewer):
        # The baseline is what 2,000 photos tell; 500 normal photos go before the jump.
        limit = baseline_limit(2_000, int(random.binomial(2_000, 0.05)), 0.95)
        before = first_alarm(random, Detector(limit, 10_000.0), 0.05, 500)
        after = first_alarm(random, before, 0.15, 50_000)
        delays.append(after.n - before.n)
        begins.append(abs(after.began - before.n))
    table.add_row("jump from 5 % to 15 %, threshold 10,000: delay, median", _middle(delays))
    table.add_row("the same: error of when it began, median", _middle(begins))
    console.print(table)
    for demand, met in demands:
        console.print(f"{'met' if met else 'NOT MET':8}{demand}")
    console.print(f"{time.monotonic() - started:.0f} s")
    if not all(met for _, met in demands):
        sys.exit(1)


if __name__ == "__main__":
    main()
