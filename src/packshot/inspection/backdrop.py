"""Telling a plain studio backdrop from what stands before it."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from packshot.finding import Mask
from packshot.photo import Pixels

# Levels, on photos reduced to 256 px. A backdrop may fall off softly (vignette, shadow), so neighbours are
# held to a tight limit and the distance from the border's colour to a loose one, tighter in hue than in
# lightness.
_STEP = 10
_LIGHTNESS_REACH = 60
_CHROMA_REACH = 12
# A backdrop surrounds the subject: on three sides of the frame it fills at least this share of the border.
_MIN_SIDE_SHARE = 0.25


def find_subject(thumbnail: Pixels) -> Mask:
    """What is not plain backdrop.

    The backdrop is the part connected to the frame's border whose colour changes only softly and stays near
    the border's median colour. It keeps clear of the subject's outline, so the mask is a pixel or two
    generous.

    Args:
        thumbnail: RGB uint8 (h, w, 3) of at most about 256 px.

    Returns:
        Mask (h, w); True everywhere when there is no plain backdrop, or nothing but backdrop.
    """
    lab = cv2.cvtColor(thumbnail, cv2.COLOR_RGB2LAB)
    reach = np.array([_LIGHTNESS_REACH, _CHROMA_REACH, _CHROMA_REACH])
    middle = np.median(np.concatenate(_sides(lab)), axis=0)
    near = cv2.inRange(lab, np.maximum(middle - reach, 0), np.minimum(middle + reach, 255))
    steps = cv2.morphologyEx(thumbnail, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)).max(axis=2)
    plain = (near > 0) & (steps < _STEP)
    count, labels = cv2.connectedComponents(plain.astype(np.uint8), connectivity=4)
    shares = sorted(float(np.mean(side > 0)) for side in _sides(labels))
    backdrop = np.zeros(count, bool)
    if shares[1] >= _MIN_SIDE_SHARE:
        backdrop[np.concatenate(_sides(labels))] = True
    backdrop[0] = False
    subject: Mask = ~backdrop[labels]
    return subject if subject.any() else ~subject


def _sides(plane: NDArray[Any]) -> list[NDArray[Any]]:
    return [plane[0], plane[-1], plane[:, 0], plane[:, -1]]
