"""Photos with known flaws, and how near to the truth a repair comes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np

from packshot.edges.decode import open_photo
from packshot.errors import UsageError
from packshot.executors.manifest import Identity
from packshot.executors.record import Record
from packshot.executors.sources import Item, collect
from packshot.finding import Mask
from packshot.photo import Pixels
from packshot.simulate import DegradationKind, OverlayKind, Truth, degrade, stamp

SHIPPED = (
    *("coffee.png", "chelsea.png", "astronaut.png", "rocket.jpg"),
    *("motorcycle_left.png", "brick.png", "gravel.png"),
)
"""Photographs inside scikit-image's wheel; its others are fetched at first use or are no photographs."""

FLAWS = (
    *(OverlayKind.DATE_STAMP, OverlayKind.CAPTION, OverlayKind.PROMO, OverlayKind.WATERMARK),
    *(DegradationKind.LOW_RESOLUTION, OverlayKind.BADGE, None, OverlayKind.BANNER, OverlayKind.CAPTCHA),
)
"""What the photos get in turn; None is left as it is and must come out as it is."""

PHOTOS = "photos"
"""Sub-folder with the flawed photos and nothing else, so that it can be given to any command."""

TRUTH = "truth"
"""Sub-folder with what was done to each of them."""

_STRENGTH = 0.4  # of a degradation: about half the size, so that enlarging is allowed
_HARM = 0.1  # dB


@dataclass(frozen=True, slots=True)
class Gain:
    """A photo's nearness to the truth where its flaw is, before and after: PSNR in dB, infinite when equal.

    ``resized`` says that the result has another size than the truth, so that equality cannot be expected.
    """

    target: str
    verdict: str
    before: float
    after: float
    resized: bool

    @property
    def decibels(self) -> float | None:
        """What the repair gained; None for a photo that had no flaw."""
        return None if math.isinf(self.before) else self.after - self.before

    @property
    def harmed(self) -> bool:
        """Whether the repair took the photo farther from the truth."""
        if self.decibels is None:
            return not self.resized and not math.isinf(self.after)
        return self.decibels < -_HARM

    @property
    def sentence(self) -> str:
        """For the report."""
        return f"Against the truth: {_db(self.before)} → {_db(self.after)}"

    @property
    def row(self) -> tuple[str, ...]:
        """For a table."""
        gain = "no flaw" if self.decibels is None else f"{self.decibels:+.1f} dB"
        return self.target, self.verdict, _db(self.before), _db(self.after), gain


def flawed_photos(paths: Sequence[Path], folder: Path) -> list[Item]:
    """Give each photo one flaw and write it and the truth about it to their sub-folders of ``folder``.

    Args:
        paths: clean photos or folders; none for those that ship with scikit-image.
        folder: where to.

    Raises:
        UsageError: no paths were given and scikit-image is not installed; or see :func:`collect`.
        PackshotError: a photo cannot be read.
    """
    items = []
    (folder / PHOTOS).mkdir(parents=True, exist_ok=True)
    for number, item in enumerate(collect(paths or _shipped()).items):
        flaw = FLAWS[number % len(FLAWS)]
        name = f"{item.target.replace('/', '-')}-{flaw.value if flaw else 'clean'}"
        _flawed(name, open_photo(item.path).pixels, flaw, number).save(folder)
        path = (folder / f"{name}.png").replace(folder / PHOTOS / f"{name}.png")
        items.append(Item(path, name, Identity()))
    return items


def gains(records: Sequence[Record], out: Path) -> list[Gain]:
    """How near each written photo is to the truth kept in ``out``, compared at the truth's size."""
    measured = []
    for record in records:
        if record.output is not None:
            clean, area = _truth(out / TRUTH, record.target)
            flawed, result = (open_photo(path).pixels for path in (Path(record.path), out / record.output))
            before, after = (_psnr(pixels, clean, area) for pixels in (flawed, result))
            resized = result.shape != clean.shape
            measured.append(Gain(record.target, record.verdict.value, before, after, resized))
    return measured


def mean_gain(measured: Sequence[Gain]) -> float | None:
    """Mean gain over the flawed photos; None without any, or when one became equal to the truth."""
    flawed = [gain.decibels for gain in measured if gain.decibels is not None]
    mean = sum(flawed) / len(flawed) if flawed else math.inf
    return mean if math.isfinite(mean) else None


def _shipped() -> list[Path]:
    if find_spec("skimage") is None:
        detail = (
            "The demo's photographs come with scikit-image: pip install 'packshot[demo]', or name photos."
        )
        raise UsageError(detail=detail)
    folder = Path(str(files("skimage") / "data"))
    return [folder / name for name in SHIPPED]


def _flawed(name: str, clean: Pixels, flaw: OverlayKind | DegradationKind | None, seed: int) -> Truth:
    if isinstance(flaw, OverlayKind):
        stamped = stamp(clean, flaw, seed)
        return Truth(name, stamped.pixels, clean, stamped.alpha, overlay=flaw)
    if flaw is not None:
        return Truth(name, degrade(clean, flaw, _STRENGTH, seed), clean, degradation=flaw)
    return Truth(name, clean, clean)


def _truth(folder: Path, name: str) -> tuple[Pixels, Mask]:
    """A photo before it was spoiled, and where: under the overlay, or all of it."""
    clean = open_photo(folder / f"{name}.clean.png").pixels
    alpha = folder / f"{name}.alpha.png"
    if alpha.exists():
        return clean, open_photo(alpha).pixels.max(2) > 0
    return clean, np.ones(clean.shape[:2], bool)


def _psnr(pixels: Pixels, truth: Pixels, area: Mask) -> float:
    """``10 log10(255² / MSE)`` over ``area`` at the size of ``truth``; infinite when equal."""
    if pixels.shape != truth.shape:
        larger = pixels.shape[0] > truth.shape[0]
        method = cv2.INTER_AREA if larger else cv2.INTER_LANCZOS4
        pixels = cv2.resize(pixels, truth.shape[1::-1], interpolation=method)
    error = float(np.mean((pixels[area].astype(np.float32) - truth[area]) ** 2))
    return 10 * math.log10(255**2 / error) if error else math.inf


def _db(level: float) -> str:
    return "identical" if math.isinf(level) else f"{level:.1f} dB"
