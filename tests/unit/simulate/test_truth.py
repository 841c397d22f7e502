from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from packshot.simulate import DegradationKind, OverlayKind, Truth, flawed_batch, load_batch

Pixels = NDArray[np.uint8]


@pytest.fixture
def photos(photo: Pixels) -> dict[str, Pixels]:
    return {f"p{index:02d}": np.roll(photo, 5 * index, 1) for index in range(30)}


def test_the_asked_share_is_flawed_in_turn(photos: dict[str, Pixels]) -> None:
    batch = list(flawed_batch(photos, 0.37, 3))
    assert [truth.name for truth in batch] == sorted(photos)
    flawed = [truth for truth in batch if truth.finding]
    assert len(flawed) == 11
    stamped = [truth for truth in flawed if truth.overlay]
    assert len(stamped) == 8
    assert len({truth.overlay for truth in stamped}) == 8
    for truth in batch:
        np.testing.assert_array_equal(truth.clean, photos[truth.name])
        if truth.finding is None:
            np.testing.assert_array_equal(truth.pixels, truth.clean)


def test_a_batch_repeats_whatever_the_order_of_the_photos(photos: dict[str, Pixels]) -> None:
    first = list(flawed_batch(photos, 0.5, 9))
    again = list(flawed_batch(dict(reversed(photos.items())), 0.5, 9))
    for one, other in zip(first, again, strict=True):
        assert one.name == other.name
        np.testing.assert_array_equal(one.pixels, other.pixels)
    moved = list(flawed_batch(photos, 0.5, 10))
    assert [t.finding for t in first] != [t.finding for t in moved]


def test_truth_comes_back_from_its_folder(tmp_path: Path, photos: dict[str, Pixels]) -> None:
    batch = list(flawed_batch(photos, 0.6, 1))
    for truth in batch:
        truth.save(tmp_path)
    assert sorted(path.stem for path in tmp_path.glob("*.png")) == sorted(photos)
    for saved, truth in zip(load_batch(tmp_path), batch, strict=True):
        assert (saved.name, saved.overlay, saved.degradation) == (
            truth.name,
            truth.overlay,
            truth.degradation,
        )
        np.testing.assert_array_equal(saved.pixels, truth.pixels)
        np.testing.assert_array_equal(saved.clean, truth.clean)
        if truth.alpha is None:
            assert saved.alpha is None
        else:
            assert saved.alpha is not None
            np.testing.assert_allclose(saved.alpha, truth.alpha, atol=1 / 255)
            np.testing.assert_array_equal(saved.alpha > 0, truth.alpha > 0)


def test_findings_name_the_flaw(photo: Pixels) -> None:
    assert Truth("a", photo, photo).finding is None
    assert Truth("a", photo, photo, overlay=OverlayKind.BADGE).finding == "overlay_text"
    assert Truth("a", photo, photo, degradation=DegradationKind.BLUR).finding == "blurry"
