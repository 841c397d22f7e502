"""What a model can do, said as capabilities; and how a model is found by name.

A stage asks for a capability (:class:`Upscaler`), never for a model. A backend is a class with a ``card`` and
the methods of one capability. Constructing it is cheap: weights are fetched and compiled at the first call.
Backends are found through the entry-point group ``packshot.backends``; ours declare themselves there too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import entry_points
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from packshot.errors import BackendError, UnknownNameError
from packshot.finding import Mask
from packshot.photo import Pixels

ENTRY_POINT_GROUP = "packshot.backends"

Capability = TypeVar("Capability")

Unit = NDArray[np.float32]
"""One float32 plane (H, W) with values in 0..1."""


@dataclass(frozen=True, slots=True)
class Card:
    """What a caller must know of a model, as data.

    Attributes:
        name: the entry-point name.
        version: of our adapter; raised when the same weights would give other pixels.
        licence: SPDX identifier of the weights or algorithm.
        weights: SHA-256 of each weight file, by its name in the lock; empty for algorithms.
        precision: numeric precision of inference: f32, bf16, u8.
        scale: how much larger the output is than the input, per side.
        cpu_seconds_per_megapixel: measured cost on one core, per input megapixel; None where it depends on
            the mask.
    """

    name: str
    version: str
    licence: str
    weights: tuple[tuple[str, str], ...] = ()
    precision: str = "u8"
    scale: int = 1
    cpu_seconds_per_megapixel: float | None = None


@dataclass(frozen=True, slots=True)
class TextBox:
    """A line of text: four corners, clockwise from top left, in pixels (float32, (4, 2)); score 0..1."""

    corners: NDArray[np.float32]
    score: float


@dataclass(frozen=True, slots=True)
class Line:
    """What a line of text says, and how sure its reader is, 0..1."""

    text: str
    score: float


@dataclass(frozen=True, slots=True)
class Places:
    """N places on one photo that may be overlays, as a judge sees them.

    Attributes:
        letters: each place's centre at the photo's own size, uint8 (N, 96, 96, 5).
        around: each whole place and what surrounds it, uint8 (N, 80, 80, 5).
        photo: the whole photo with the place marked, uint8 (N, 64, 64, 5).
        traits: measurements by name, each float32 (N,).

    The five channels are red, green, blue, stroke probability, and whose place it is: 255 the place itself,
    128 another one, 64 beyond the photo's edge, 0 none.
    """

    letters: NDArray[np.uint8] = field(repr=False)
    around: NDArray[np.uint8] = field(repr=False)
    photo: NDArray[np.uint8] = field(repr=False)
    traits: Mapping[str, NDArray[np.float32]] = field(repr=False)

    def __len__(self) -> int:
        """How many."""
        return len(self.letters)


class Backend(Protocol):
    """Anything with a card."""

    @property
    def card(self) -> Card:
        """The model's needs and identity."""
        ...


@runtime_checkable
class TextDetector(Backend, Protocol):
    """Finds lines of text, overlaid or printed alike."""

    def detect(self, pixels: Pixels) -> list[TextBox]:
        """Text lines in ``pixels`` (H, W, 3)."""
        ...


@runtime_checkable
class TextReader(Backend, Protocol):
    """Reads one line of text."""

    def read(self, pixels: Pixels, box: TextBox) -> Line:
        """The text inside ``box`` of ``pixels`` (H, W, 3)."""
        ...


@runtime_checkable
class StrokeMasker(Backend, Protocol):
    """Finds the pixels of overlaid strokes."""

    def strokes(self, pixels: Pixels) -> Unit:
        """Probability of overlay for each pixel of ``pixels`` (H, W, 3)."""
        ...


@runtime_checkable
class OverlayJudge(Backend, Protocol):
    """Tells what was laid over a photo from what is printed in it."""

    def log_odds(self, places: Places) -> NDArray[np.float32]:
        """Log-odds that each of N places was laid over the photo, float32 (N,)."""
        ...


@runtime_checkable
class Filler(Backend, Protocol):
    """Paints plausible content into a hole."""

    def fill(self, pixels: Pixels, hole: Mask) -> Pixels:
        """``pixels`` (H, W, 3) with the True pixels of ``hole`` (H, W) replaced."""
        ...


@runtime_checkable
class Upscaler(Backend, Protocol):
    """Enlarges by ``card.scale`` per side."""

    def upscale(self, pixels: Pixels) -> Pixels:
        """``pixels`` (H, W, 3) as (H * scale, W * scale, 3)."""
        ...


@runtime_checkable
class Segmenter(Backend, Protocol):
    """Separates the product from what is behind it."""

    def matte(self, pixels: Pixels) -> Unit:
        """How much each pixel of ``pixels`` (H, W, 3) belongs to the product."""
        ...


def backend_names() -> list[str]:
    """Names of all installed backends, sorted."""
    return sorted(point.name for point in entry_points(group=ENTRY_POINT_GROUP))


@cache
def load_backend(name: str) -> Any:  # noqa: ANN401 - callers check the capability they need
    """The backend called ``name``; one instance a process, shared by all threads.

    Raises:
        UnknownNameError: no installed package declares it.
    """
    for point in entry_points(group=ENTRY_POINT_GROUP):
        if point.name == name:
            return point.load()()
    raise UnknownNameError(kind="backend", name=name, choices=", ".join(backend_names()))


def require(name: str, capability: type[Capability]) -> Capability:
    """The backend called ``name``, checked to have ``capability``.

    Raises:
        UnknownNameError: no installed package declares it.
        BackendError: it does something else.
    """
    backend = load_backend(name)
    if not isinstance(backend, capability):
        raise BackendError(
            name=name, detail=f"is not a {capability.__name__}; `packshot models list` shows them."
        )
    return backend
