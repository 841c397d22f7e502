"""Whether an edit shows: a step along its outline that the photo around it does not have."""

from __future__ import annotations

import cv2
import numpy as np

from packshot.finding import Finding, Mask, Region, Severity
from packshot.morphology import grown
from packshot.photo import Photo, Pixels

# Mean luma step across the outline of an edit, minus the mean step in the ring around it, in grey levels.
# Good fillings of simulated overlays on dev product photos stay below 2.5; one of another shade reaches 4.
VISIBLE_STEP = 5.0


def seam(before: Photo, after: Photo, mask: Mask | None) -> Finding | None:
    """An error finding when the outline of the edited pixels can be seen; None when it cannot."""
    del before
    if mask is None or not mask.any():
        return None
    step = seam_step(after.pixels, mask)
    if step < VISIBLE_STEP:
        return None
    message = f"The edit's outline can be seen: a step of {step:.0f} grey levels against its surroundings."
    evidence = {"step": round(step, 2), "limit": VISIBLE_STEP}
    return Finding("seam", Severity.ERROR, min(1.0, step / 64), message, Region.of_mask(mask), evidence)


def seam_step(pixels: Pixels, mask: Mask) -> float:
    """Mean luma step across the outline of ``mask`` (H, W), minus that in the 5 px ring around it."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    ring = grown(mask, 5) & ~mask
    across, around = [], []
    for axis in (0, 1):
        step = np.abs(np.diff(grey, axis=axis))
        first, second = (mask[:-1], mask[1:]) if axis == 0 else (mask[:, :-1], mask[:, 1:])
        outer_first, outer_second = (ring[:-1], ring[1:]) if axis == 0 else (ring[:, :-1], ring[:, 1:])
        across.append(step[first != second])
        around.append(step[outer_first & outer_second])
    outline, reference = np.concatenate(across), np.concatenate(around)
    if not len(outline):
        return 0.0
    return float(outline.mean()) - (float(reference.mean()) if len(reference) else 0.0)
