"""How far a hole reaches, and what a plain backdrop is filled with."""

import cv2
import numpy as np

from packshot.morphology import grown_round
from packshot.stages.plain import fill_plain
from packshot.stages.rim import distrusted, with_rim

SHAPE = (120, 200)


def letters():
    mask = np.zeros(SHAPE, np.uint8)
    cv2.putText(mask, "SALE", (40, 75), cv2.FONT_HERSHEY_SIMPLEX, 1.6, 1, 5)
    return mask.view(np.bool_)


def backdrop():
    """A soft gradient."""
    rows, columns = np.indices(SHAPE)
    return np.repeat((235 - rows / 12 + columns / 20)[..., None], 3, 2).astype(np.uint8)


def weave():
    rows, columns = np.indices(SHAPE)
    return np.repeat((128 + 60 * ((rows // 3 + columns // 3) % 2))[..., None], 3, 2).astype(np.uint8)


def test_the_rim_is_wide_on_flat_ground_and_tight_on_texture():
    mask = letters()
    flat, rough = with_rim(backdrop(), mask, 2, 8), with_rim(weave(), mask, 2, 8)
    assert (flat | grown_round(mask, 7) == flat).all()
    assert (rough & ~grown_round(mask, 3)).sum() == 0
    assert (mask & ~rough).sum() == 0


def test_gaps_between_strokes_are_closed():
    mask = np.zeros(SHAPE, bool)
    mask[40:80, 60:100] = True
    mask[58:62, 78:82] = False
    assert with_rim(weave(), mask, 1, 8)[58:62, 78:82].all()


def test_a_plain_fill_follows_the_gradient_and_not_the_ghost():
    truth, mask = backdrop(), letters()
    seen = truth.copy()
    seen[mask] = (200, 30, 30)
    ghost = grown_round(mask, 12) & ~mask
    seen[ghost] = np.clip(seen[ghost].astype(int) - (0, 0, 12), 0, 255)  # colours that bled
    hole = with_rim(seen, mask, 2, 8)
    filled = fill_plain(seen, hole, distrusted(seen, hole))
    assert filled is not None
    assert np.abs(filled[hole].astype(int) - truth[hole]).max() <= 3
    assert (filled[~hole] == seen[~hole]).all()


def test_texture_is_not_plain():
    hole = with_rim(weave(), letters(), 2, 8)
    assert fill_plain(weave(), hole, hole) is None


def test_no_surroundings_are_not_plain():
    everything = np.ones(SHAPE, bool)
    assert fill_plain(backdrop(), everything, everything) is None
