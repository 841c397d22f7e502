"""A mix of flawed and sound photos, with the truth about each: for the demo, benchmarks and self-tests."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from packshot.photo import Pixels
from packshot.simulate.canvas import Coverage
from packshot.simulate.degrade import FINDING, DegradationKind, degrade
from packshot.simulate.overlays import OverlayKind
from packshot.simulate.stamp import generator, stamp

OVERLAID = 0.7
"""Share of the flawed photos that carry an overlay; the others are degraded as a whole."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What was done to a photo.

    Attributes:
        name: of the photo, unique in its batch.
        pixels: the photo as a merchant would send it, uint8 (H, W, 3).
        clean: the photo before anything was done, uint8 (H, W, 3); equal to ``pixels`` for a sound one.
        alpha: opacity of the overlay per pixel of ``pixels``, float32 (H, W), 0..1; None without one.
        overlay: what was stamped, or None.
        degradation: what spoils the photo as a whole, or None.
    """

    name: str
    pixels: Pixels = field(repr=False)
    clean: Pixels = field(repr=False)
    alpha: Coverage | None = field(repr=False, default=None)
    overlay: OverlayKind | None = None
    degradation: DegradationKind | None = None

    @property
    def finding(self) -> str | None:
        """The code of the finding that the flaw should lead to; None for a sound photo."""
        if self.overlay is not None:
            return "overlay_text"
        return FINDING[self.degradation] if self.degradation is not None else None

    def save(self, folder: Path) -> None:
        """Write ``NAME.png`` and, in ``truth/``, ``NAME.clean.png``, ``NAME.alpha.png``, ``NAME.json``.

        The folder itself holds only what a merchant would send. Opacity is stored in 255 steps.
        """
        hidden = folder / "truth"
        hidden.mkdir(parents=True, exist_ok=True)
        Image.fromarray(self.pixels).save(folder / f"{self.name}.png")
        Image.fromarray(self.clean).save(hidden / f"{self.name}.clean.png")
        if self.alpha is not None:
            # Rounded up: a pixel that the overlay touches at all must not come back as untouched.
            steps = np.ceil(self.alpha * 255).astype(np.uint8)
            Image.fromarray(steps).save(hidden / f"{self.name}.alpha.png")
        facts = {"overlay": self.overlay, "degradation": self.degradation, "finding": self.finding}
        (hidden / f"{self.name}.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, name: str) -> Truth:
        """Read what :meth:`save` wrote.

        Raises:
            FileNotFoundError: the folder holds no truth about ``name``.
        """
        hidden = folder / "truth"
        facts = json.loads((hidden / f"{name}.json").read_text(encoding="utf-8"))
        overlay = OverlayKind(facts["overlay"]) if facts["overlay"] else None
        degradation = DegradationKind(facts["degradation"]) if facts["degradation"] else None
        alpha = None
        if overlay is not None:
            alpha = np.asarray(Image.open(hidden / f"{name}.alpha.png"), np.float32) / np.float32(255)
        pixels = np.asarray(Image.open(folder / f"{name}.png"))
        return cls(
            name, pixels, np.asarray(Image.open(hidden / f"{name}.clean.png")), alpha, overlay, degradation
        )


def load_batch(folder: Path) -> Iterator[Truth]:
    """Every photo that was saved in ``folder``, by name, one at a time."""
    for path in sorted((folder / "truth").glob("*.json")):
        yield Truth.load(folder, path.stem)


def flawed_batch(photos: Mapping[str, Pixels], share: float, seed: int) -> Iterator[Truth]:
    """Give a ``share`` of the photos one flaw each and leave the others as they are, one at a time.

    Which photos are flawed depends on ``seed``, their number is ``share`` times theirs, rounded; kinds take
    turns, so that each is as frequent.

    Args:
        photos: clean photos by name, uint8 (H, W, 3).
        share: of the photos to spoil, 0..1.
        seed: with the names decides everything.
    """
    rng = generator(seed, "batch")
    names = sorted(photos)
    flawed = [names[index] for index in rng.permutation(len(names))[: round(share * len(names))]]
    overlaid = set(flawed[: round(OVERLAID * len(flawed))])
    turn = {name: number for number, name in enumerate(flawed)}
    for name in names:
        pixels, own = photos[name], int(rng.integers(2**32))
        if name not in turn:
            yield Truth(name, pixels, pixels)
        elif name in overlaid:
            kind = list(OverlayKind)[turn[name] % len(OverlayKind)]
            stamped = stamp(pixels, kind, own)
            yield Truth(name, stamped.pixels, pixels, stamped.alpha, overlay=kind)
        else:
            spoiler = list(DegradationKind)[turn[name] % len(DegradationKind)]
            strength = float(generator(own, "strength").uniform(0.5, 1))
            yield Truth(name, degrade(pixels, spoiler, strength, own), pixels, degradation=spoiler)
