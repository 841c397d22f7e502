import numpy as np
import pytest
from scenes import codes, detailed, finding, product, saved, view_of

from packshot.inspection.compression import Compression, measure_compression


@pytest.mark.parametrize("pixels", [detailed(), product(), saved(detailed(), 90)])
def test_what_was_never_saved_badly_passes(pixels):
    assert codes(Compression, pixels) == {}


@pytest.mark.parametrize("quality", [10, 15, 20, 30])
def test_quality_is_read_from_the_pixels(quality):
    assert measure_compression(view_of(saved(detailed(), quality)))[1] == pytest.approx(quality, abs=3)


def test_severity_follows_quality():
    assert codes(Compression, saved(detailed(), 15)) == {"jpeg_artifacts": "error"}
    assert codes(Compression, saved(detailed(), 35)) == {"jpeg_artifacts": "warning"}


def test_the_grid_is_found_at_any_phase():
    found = finding(Compression, saved(detailed(), 15)[3:, 5:])
    assert found.evidence["quality"] == pytest.approx(15, abs=3)


def test_doubled_pixels_are_no_jpeg_grid():
    doubled = np.repeat(np.repeat(detailed(200), 2, axis=0), 2, axis=1)
    assert codes(Compression, doubled) == {}
