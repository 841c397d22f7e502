import numpy as np
import pytest
from scenes import codes, finding, grainy, product, saved

from packshot.inspection.noise import Noise


def test_a_clean_photo_passes():
    assert codes(Noise, product()) == {}


@pytest.mark.parametrize("sigma", [6, 12, 20])
def test_noise_is_measured_in_grey_levels(sigma):
    found = finding(Noise, grainy(product(backdrop=220), sigma))
    assert found.code == "noisy"
    # Luma averages the independent noise of three channels.
    luma = sigma * np.sqrt(0.299**2 + 0.587**2 + 0.114**2)
    assert found.evidence["sigma"] == pytest.approx(luma, rel=0.2)


def test_noise_is_seen_through_jpeg():
    assert "noisy" in codes(Noise, saved(grainy(product(backdrop=220), 12), 85))


def test_coarse_texture_is_not_noise():
    rng = np.random.default_rng(0)
    weave = np.repeat(np.repeat(rng.integers(80, 170, (150, 150, 1)), 3, axis=0), 3, axis=1)
    assert codes(Noise, np.broadcast_to(weave, (450, 450, 3)).astype(np.uint8)) == {}


def test_a_photo_smaller_than_a_block_says_nothing():
    assert codes(Noise, grainy(np.full((10, 10, 3), 128, np.uint8), 20)) == {}
