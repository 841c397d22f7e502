"""Masks made wider."""

from __future__ import annotations

import cv2
import numpy as np

from packshot.finding import Mask


def grown(mask: Mask, reach: int) -> Mask:
    """``mask`` (H, W) widened by ``reach`` pixels in every direction, square."""
    return _dilated(mask, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))


def grown_round(mask: Mask, reach: int) -> Mask:
    """``mask`` (H, W) widened by ``reach`` pixels, round."""
    return _dilated(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1)))


def _dilated(mask: Mask, kernel: np.ndarray) -> Mask:
    return np.asarray(cv2.dilate(mask.view(np.uint8), kernel)).view(np.bool_)
