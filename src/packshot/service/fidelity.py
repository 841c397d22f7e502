"""Edge fidelity and artefacts of one output, as docs/metrics.md defines them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from packshot.executors.profile import HARM
from packshot.finding import Mask
from packshot.photo import Pixels
from packshot.trail import Outcome, Trail

_TRIED = frozenset({Outcome.APPLIED, Outcome.PARTLY_UNDONE, Outcome.UNDONE})


def edge_fidelity(before: Pixels, after: Pixels, mask: Mask | None) -> float | None:
    """How well the edges outside the edit survived, 0 to 1.

    The correlation of the gradient magnitudes (Sobel 3 x 3 on luma) of both photos over the pixels that were
    not edited, the larger photo reduced to the smaller's size by area average. None where it is undefined:
    another frame, or no edges. After the edge-preservation index of Sattar et al. (1997), IEEE TIP 6(6).
    """
    height, width = before.shape[:2]
    if abs(after.shape[0] / height - after.shape[1] / width) > 0.02 * after.shape[0] / height:
        return None  # cropped or padded: no pixel has a counterpart
    smaller = min(before, after, key=lambda pixels: pixels.shape[0] * pixels.shape[1]).shape[1::-1]
    first, second = (
        _edges(cv2.resize(pixels, smaller, interpolation=cv2.INTER_AREA)) for pixels in (before, after)
    )
    counted = np.ones(first.shape, bool)
    if mask is not None:
        edited = cv2.resize(mask.astype(np.uint8), smaller, interpolation=cv2.INTER_NEAREST) > 0
        counted = cv2.erode((~edited).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    if counted.sum() < 2 or first[counted].std() == 0 or second[counted].std() == 0:
        return None
    return float(np.clip(np.corrcoef(first[counted], second[counted])[0, 1], 0, 1))


def has_artefact(trail: Trail) -> bool | None:
    """Whether a no-harm check saw harm in what was tried; None for a photo that nothing was tried on."""
    tried = [step for step in trail.steps if step.outcome in _TRIED]
    if not tried:
        return None
    return any(finding.code in HARM for step in tried for finding in step.findings)


def has_residue(trail: Trail) -> bool | None:
    """Whether an erasure left something of the text; None for a photo on which none was tried."""
    tried = [step for step in trail.steps if step.stage == "erase_text" and step.outcome in _TRIED]
    if not tried:
        return None
    return any(finding.code == "residue" for step in tried for finding in step.findings)


def _edges(pixels: Pixels) -> NDArray[np.float32]:
    luma = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    across, down = (cv2.Sobel(luma, cv2.CV_32F, dx, 1 - dx, ksize=3) for dx in (1, 0))
    magnitude: NDArray[np.float32] = cv2.magnitude(across, down)
    return magnitude
