"""A simulated reviewer lets pass what is as good as the photo was, and nothing else."""

import cv2
import numpy as np
import pytest

from packshot.quality.reviewer import refused
from packshot.simulate import DegradationKind, OverlayKind, Truth, degrade, stamp


def product(side=240):
    across, down = np.meshgrid(np.linspace(-1, 1, side), np.linspace(-1, 1, side))
    inside = (across / 0.6) ** 2 + (down / 0.8) ** 2 < 1
    grain = np.random.default_rng(1).normal(0, 6, (side, side))
    shade = (140 + 50 * across - 30 * down + grain)[..., None] * np.array([0.9, 0.7, 0.5])
    return np.where(inside[..., None], shade, 250).clip(0, 255).astype(np.uint8)


CLEAN = product()


@pytest.mark.parametrize("kind", list(OverlayKind))
def test_an_overlay_that_can_be_seen_is_refused_and_one_that_is_gone_passes(kind):
    left = 0
    for seed in range(6):
        stamped = stamp(CLEAN, kind, seed)
        truth = Truth("a", stamped.pixels, CLEAN, stamped.alpha, overlay=kind)
        assert refused(truth, stamped.pixels, CLEAN) is None
        left += refused(truth, stamped.pixels, stamped.pixels) == "overlay not seen"
    assert left >= 3  # some are so faint that a reviewer would not see them


def test_half_an_overlay_is_refused():
    stamped = stamp(CLEAN, OverlayKind.CAPTION, 3)
    truth = Truth("a", stamped.pixels, CLEAN, stamped.alpha, overlay=OverlayKind.CAPTION)
    result, middle = CLEAN.copy(), stamped.box.x0 + stamped.box.width // 2
    result[:, middle:] = stamped.pixels[:, middle:]
    assert refused(truth, stamped.pixels, result) == "overlay left"


def test_a_wrong_filling_is_refused():
    stamped = stamp(CLEAN, OverlayKind.CAPTION, 3)
    truth = Truth("a", stamped.pixels, CLEAN, stamped.alpha, overlay=OverlayKind.CAPTION)
    result = CLEAN.copy()
    x0, y0, x1, y1 = stamped.box.as_list()
    result[y0:y1, x0:x1] = 255 - CLEAN[y0:y1, x0:x1]
    assert refused(truth, stamped.pixels, result) in ("filled wrongly", "overlay left")


def test_a_sound_photo_passes_as_it_is_and_not_with_a_hole():
    truth = Truth("a", CLEAN, CLEAN)
    assert refused(truth, CLEAN, CLEAN) is None
    result = CLEAN.copy()
    result[100:130, 100:130] = 0
    assert refused(truth, CLEAN, result) == "touched elsewhere"


def test_another_size_is_held_against_the_truth():
    truth = Truth("a", CLEAN, CLEAN)
    assert refused(truth, CLEAN, cv2.resize(CLEAN, (480, 480), interpolation=cv2.INTER_CUBIC)) is None


@pytest.mark.parametrize("kind", [DegradationKind.BLUR, DegradationKind.OVEREXPOSE, DegradationKind.PIXELATE])
def test_a_strong_degradation_that_stays_is_refused(kind):
    pixels = degrade(CLEAN, kind, 1.0, 3)
    truth = Truth("a", pixels, CLEAN, degradation=kind)
    assert refused(truth, pixels, pixels) in ("detail", "exposure")
