"""One contract for all fillers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from packshot.backend import Filler, require

NAMES = ("navier-stokes", "patchmatch", "fsr")


@pytest.fixture(params=NAMES)
def filler(request):
    return require(request.param, Filler)


def hole():
    mask = np.zeros((64, 96), bool)
    mask[30:35, 20:70] = True
    return mask


def test_only_the_hole_changes(filler):
    pixels = np.random.default_rng(0).integers(0, 256, (64, 96, 3)).astype(np.uint8)
    filled = filler.fill(pixels, hole())
    assert filled.shape == pixels.shape
    assert (filled[~hole()] == pixels[~hole()]).all()


def test_a_flat_area_is_restored(filler):
    flat = np.full((64, 96, 3), (180, 120, 90), np.uint8)
    broken = flat.copy()
    broken[hole()] = 0
    assert np.abs(filler.fill(broken, hole()).astype(int) - flat).max() <= 2


def test_the_same_input_gives_the_same_bytes_from_any_thread(filler):
    pixels = np.random.default_rng(1).integers(0, 256, (64, 96, 3)).astype(np.uint8)
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda _: filler.fill(pixels, hole()).tobytes(), range(4)))
    assert len(set(results)) == 1
