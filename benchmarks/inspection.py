"""How well each inspector tells a degraded photo from a clean one, and how often it cries wolf.

Prints, for photos at their own size and brought to 1000 and 400 px, the area under the ROC curve of each raw
statistic (clean against degraded), the recall at the thresholds in use, the share of untouched photos with a
warning or an error, and the CPU time of each inspector on a photo of one megapixel.

    python benchmarks/inspection.py --photos ../shared/photos
"""

from __future__ import annotations

import argparse
import csv
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from packshot.finding import Finding, Severity
from packshot.inspection.compression import Compression, measure_compression
from packshot.inspection.content import Content
from packshot.inspection.exposure import Exposure, measure_tones
from packshot.inspection.inspector import Inspector, Setup
from packshot.inspection.noise import Noise, measure_noise
from packshot.inspection.resolution import Resolution, measure_bandwidth, measure_staircase
from packshot.inspection.sharpness import Sharpness, measure_sharpness
from packshot.inspection.view import View
from packshot.photo import Photo, Pixels

INSPECTORS = (Content, Exposure, Resolution, Sharpness, Noise, Compression)


def _saved(pixels: Pixels, quality: int) -> Pixels:
    encoded = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.ascontiguousarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR)[..., ::-1])


def _levels(values: NDArray[np.floating]) -> Pixels:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _blurred(pixels: Pixels, sigma: float) -> Pixels:
    return cv2.GaussianBlur(pixels, (0, 0), sigma)


def _grainy(pixels: Pixels, sigma: float) -> Pixels:
    return _levels(pixels + np.random.default_rng(7).normal(0, sigma, pixels.shape))


def _enlarged(pixels: Pixels, factor: float, interpolation: int, quality: int | None) -> Pixels:
    height, width = pixels.shape[:2]
    size = round(width / factor), round(height / factor)
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    small = small if quality is None else _saved(small, quality)
    return cv2.resize(small, (width, height), interpolation=interpolation)


def _screenshot(pixels: Pixels, factor: float) -> Pixels:
    shot = _enlarged(pixels, factor, cv2.INTER_LINEAR, 80)
    bar = len(shot) // 14
    shot[:bar], shot[-bar:] = 245, 30
    size = bar / 50
    cv2.putText(shot, "12:45   Shop", (10, bar - 8), cv2.FONT_HERSHEY_SIMPLEX, size, (20, 20, 20), 2)
    return _saved(shot, 90)


def _sharpened(pixels: Pixels, amount: float) -> Pixels:
    original = pixels.astype(np.float32)
    return _levels(original + amount * (original - cv2.GaussianBlur(original, (0, 0), 1.5)))


Degradation = Callable[[Pixels], Pixels]
DEGRADATIONS: dict[str, tuple[str, Degradation]] = {
    "blur 1.6": ("blurry", lambda p: _blurred(p, 1.6)),
    "blur 2.5": ("blurry", lambda p: _blurred(p, 2.5)),
    "JPEG 50": ("jpeg_artifacts", lambda p: _saved(p, 50)),
    "JPEG 30": ("jpeg_artifacts", lambda p: _saved(p, 30)),
    "JPEG 15": ("jpeg_artifacts", lambda p: _saved(p, 15)),
    "noise 6": ("noisy", lambda p: _grainy(p, 6)),
    "noise 12": ("noisy", lambda p: _grainy(p, 12)),
    "noise 12, JPEG 85": ("noisy", lambda p: _saved(_grainy(p, 12), 85)),
    "JPEG 85, bicubic x1.7": ("low_effective_resolution", lambda p: _enlarged(p, 1.7, cv2.INTER_CUBIC, 85)),
    "JPEG 85, bicubic x2.2": ("low_effective_resolution", lambda p: _enlarged(p, 2.2, cv2.INTER_CUBIC, 85)),
    "bicubic x2.2, JPEG 85": (
        "low_effective_resolution",
        lambda p: _saved(_enlarged(p, 2.2, cv2.INTER_CUBIC, None), 85),
    ),
    "bicubic x2.2, noise 3": (
        "low_effective_resolution",
        lambda p: _grainy(_enlarged(p, 2.2, cv2.INTER_CUBIC, None), 3),
    ),
    "screenshot x1.7": ("low_effective_resolution", lambda p: _screenshot(p, 1.7)),
    "screenshot x2.5": ("low_effective_resolution", lambda p: _screenshot(p, 2.5)),
    "pixels x2": ("pixelated", lambda p: _enlarged(p, 2, cv2.INTER_NEAREST, None)),
    "pixels x3": ("pixelated", lambda p: _enlarged(p, 3, cv2.INTER_NEAREST, None)),
    "pixels x3, JPEG 85": ("pixelated", lambda p: _saved(_enlarged(p, 3, cv2.INTER_NEAREST, None), 85)),
    "sharpened k=1": ("oversharpened", lambda p: _sharpened(p, 1)),
    "sharpened k=2": ("oversharpened", lambda p: _sharpened(p, 2)),
    "sharpened k=3.5": ("oversharpened", lambda p: _sharpened(p, 3.5)),
    "exposure x1.6": ("clipped", lambda p: _levels(p * 1.6)),
    "exposure x2.5": ("light", lambda p: _levels(p * 2.5)),
    "exposure x0.4": ("dark", lambda p: _levels(p * 0.4)),
    "exposure x0.25": ("dark", lambda p: _levels(p * 0.25)),
}


def statistic(code: str, view: View) -> float:
    """The raw value behind a finding, larger when worse; NaN where it cannot be measured."""
    value: float | None
    match code:
        case "blurry":
            value = measure_sharpness(view)[0]
        case "oversharpened":
            overshoot = measure_sharpness(view)[1]
            value = None if overshoot is None else overshoot.share
        case "jpeg_artifacts":
            quality = measure_compression(view)[1]
            value = -100.0 if quality is None else -quality
        case "noisy":
            measured = measure_noise(view)
            value = None if measured is None else measured[0]
        case "low_effective_resolution":
            bandwidth = measure_bandwidth(view)
            value = None if bandwidth is None else -bandwidth
        case "pixelated":
            staircase = measure_staircase(view)
            value = None if staircase is None else staircase.share
        case "clipped":
            value = measure_tones(view).spike
        case "light":
            value = measure_tones(view).black_point
        case "dark":
            value = -measure_tones(view).white_point
        case _:
            raise ValueError(code)
    return float("nan") if value is None else value


def area_under_curve(clean: Sequence[float], degraded: Sequence[float]) -> float:
    """Probability that a degraded photo measures worse than a clean one, ties counted half."""
    low, high = (np.array(values)[~np.isnan(values)] for values in (clean, degraded))
    return float(np.mean(low[:, None] < high) + np.mean(low[:, None] == high) / 2)


def load(path: Path, long_side: int | None) -> Pixels:
    """Decode a photo over white, reduced by Lanczos to a long side when it is longer."""
    with Image.open(path) as image:
        layer = image.convert("RGBA")
    flat = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
    if long_side is not None and max(flat.size) > long_side:
        flat.thumbnail((long_side, long_side), Image.Resampling.LANCZOS)
    return np.asarray(flat)


def inspect(pixels: Pixels, inspectors: Iterable[Inspector]) -> list[Finding]:
    """All findings of the inspectors on one photo."""
    view = View(Photo.from_array(pixels))
    return [finding for inspector in inspectors for finding in inspector.inspect(view)]


def print_recall(paths: Sequence[Path], long_side: int) -> None:
    """AUC and recall for each degradation of the photos at one size."""
    inspectors = [kind(Setup(rules=())) for kind in INSPECTORS]
    photos = [load(path, long_side) for path in paths]
    clean: dict[str, list[float]] = {}
    print(f"\n{len(photos)} photos of {long_side} px")
    print(f"{'degradation':24}{'code':26}{'AUC':>7}{'found':>7}{'error':>7}")
    for name, (code, degrade) in DEGRADATIONS.items():
        if code not in clean:
            clean[code] = [statistic(code, View(Photo.from_array(pixels))) for pixels in photos]
        degraded = [degrade(pixels) for pixels in photos]
        worse = [statistic(code, View(Photo.from_array(pixels))) for pixels in degraded]
        found = [[f.severity for f in inspect(pixels, inspectors) if f.code == code] for pixels in degraded]
        recall = np.mean([bool(severities) for severities in found])
        errors = np.mean([Severity.ERROR in severities for severities in found])
        print(
            f"{name:24}{code:26}{area_under_curve(clean[code], worse):7.3f}{recall:7.0%}{errors:7.0%}",
            flush=True,
        )


def print_alarms(paths: Sequence[Path], title: str, *, name_errors: bool) -> None:
    """Share of untouched photos with a finding of each code and severity."""
    inspectors = [kind(Setup(rules=())) for kind in INSPECTORS]
    counts: Counter[tuple[str, str]] = Counter()
    any_error = 0
    for path in paths:
        findings = inspect(load(path, None), inspectors)
        counts.update((finding.code, finding.severity.value) for finding in findings)
        errors = [finding for finding in findings if finding.severity is Severity.ERROR]
        any_error += bool(errors)
        for finding in errors if name_errors else ():
            print(f"  {path.name}: {finding.code} {dict(finding.evidence)}")
    print(f"\n{title}: {len(paths)} photos, {any_error / len(paths):.1%} with an error")
    for (code, severity), count in sorted(counts.items()):
        print(f"  {code:26}{severity:9}{count / len(paths):7.1%}")


def print_cost(paths: Sequence[Path]) -> None:
    """CPU milliseconds a photo, the shared planes charged to the first that asks."""
    inspectors = [kind(Setup(rules=())) for kind in INSPECTORS]
    spent: dict[str, list[float]] = {inspector.name: [] for inspector in inspectors}
    for path in paths:
        view = View(Photo.from_array(load(path, None)))
        for inspector in inspectors:
            start = time.thread_time()
            inspector.inspect(view)
            spent[inspector.name].append(1000 * (time.thread_time() - start))
    print(f"\nCPU ms, median of {len(paths)} photos")
    for name, times in spent.items():
        print(f"  {name:14}{np.median(times):7.1f}")
    print(f"  {'all':14}{np.median(np.sum(list(spent.values()), axis=0)):7.1f}")


def main() -> None:
    """Run all tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--photos", type=Path, required=True, help="folder that holds dev/manifest.csv")
    parser.add_argument("--count", type=int, default=64, help="photos to degrade at each size")
    parser.add_argument("--name-errors", action="store_true", help="list the untouched photos with an error")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    folder = options.photos / "dev"
    with (folder / "manifest.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    products = [folder / row["file"] for row in rows if row["set"] == "products"]
    large = [
        folder / row["file"]
        for row in rows
        if row["set"] in {"products", "closeups"}
        and max(int(row["width"]), int(row["height"])) in range(1000, 2000)
    ]
    print_cost(large[:: max(1, len(large) // 40)])
    for title in ("products", "closeups", "textures"):
        chosen = [folder / row["file"] for row in rows if row["set"] == title]
        print_alarms(chosen, title, name_errors=options.name_errors)
    print_recall(large[:: max(1, len(large) // options.count)][: options.count], 1000)
    print_recall(products[:: max(1, len(products) // options.count)][: options.count], 400)


if __name__ == "__main__":
    main()
