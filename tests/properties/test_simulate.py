import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from packshot.simulate import DegradationKind, OverlayKind, degrade, stamp

sides = st.integers(8, 160)
seeds = st.integers(0, 2**32)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(list(OverlayKind)), sides, sides, seeds, st.integers(0, 255))
def test_pixels_without_overlay_are_untouched(
    kind: OverlayKind, height: int, width: int, seed: int, level: int
) -> None:
    noise = np.random.default_rng(seed).integers(-8, 9, (height, width, 3))
    photo = np.clip(level + noise, 0, 255).astype(np.uint8)
    stamped = stamp(photo, kind, seed)
    outside = stamped.alpha == 0
    np.testing.assert_array_equal(stamped.pixels[outside], photo[outside])
    assert outside[: stamped.box.y0].all()
    assert outside[:, stamped.box.x1 :].all()
    assert stamped.alpha.min() >= 0
    assert stamped.alpha.max() <= 1


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(list(DegradationKind)), sides, sides, st.floats(0, 1), seeds)
def test_degrading_keeps_the_convention(
    kind: DegradationKind, height: int, width: int, strength: float, seed: int
) -> None:
    photo = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    spoiled = degrade(photo, kind, strength, seed)
    assert spoiled.dtype == np.uint8
    assert spoiled.ndim == 3
    assert spoiled.shape[2] == 3
