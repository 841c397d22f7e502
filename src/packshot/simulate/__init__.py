"""Known flaws on clean photos, with the truth kept: for the demo, the benchmark, training and self-tests."""

from packshot.simulate.degrade import DegradationKind, degrade
from packshot.simulate.overlays import Overlay, OverlayKind, draw
from packshot.simulate.stamp import Stamped, stamp
from packshot.simulate.truth import Truth, flawed_batch, load_batch

__all__ = [
    "DegradationKind",
    "Overlay",
    "OverlayKind",
    "Stamped",
    "Truth",
    "degrade",
    "draw",
    "flawed_batch",
    "load_batch",
    "stamp",
]
