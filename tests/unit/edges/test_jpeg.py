"""The quality of a JPEG, read from its tables."""

import numpy as np
import pytest

from packshot.edges.jpeg import compression_of, estimate_quality


@pytest.mark.parametrize("quality", range(2, 101))
def test_libjpeg_quality_is_exact(quality, encoded):
    data = encoded(np.zeros((8, 8, 3), np.uint8), "JPEG", quality=quality)
    assert compression_of(data)[0] == quality


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
def test_subsampling_is_read(subsampling, encoded):
    data = encoded(np.zeros((8, 8, 3), np.uint8), "JPEG", subsampling=subsampling)
    assert compression_of(data)[1] == subsampling


def test_grey_jpeg_counts_as_subsampled(encoded):
    assert compression_of(encoded(np.zeros((8, 8), np.uint8), "JPEG", quality=80)) == (80, "4:2:0")


def test_foreign_tables_get_a_quality_of_like_strength():
    assert estimate_quality([1] * 64) == 100
    assert 80 <= estimate_quality(np.linspace(3, 25, 64).astype(int)) <= 90
    finer, coarser = estimate_quality([4] * 64), estimate_quality([40] * 64)
    assert finer > coarser
