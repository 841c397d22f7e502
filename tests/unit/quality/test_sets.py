from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from packshot.quality.sets import KINDS, Scene, Source, clean_scenes, evenly, stamped_scenes
from packshot.simulate import OverlayKind


def named(count: int) -> list[Source]:
    return [Source(Path(f"{number}.png"), str(number)) for number in range(count)]


@given(photos=st.integers(1, 40), count=st.integers(1, 200))
def test_photos_and_kinds_are_used_evenly_and_no_pair_twice_before_all_are_through(
    photos: int, count: int
) -> None:
    scenes = stamped_scenes(named(photos), count)
    assert [scene.number for scene in scenes] == list(range(count))
    for used in ([s.kind for s in scenes], [s.source.name for s in scenes]):
        times = [used.count(value) for value in set(used)]
        assert max(times) - min(times) <= 1
    chosen = len({scene.source for scene in scenes})
    assert chosen == min(photos, count)
    first = scenes[: chosen * len(KINDS)]
    assert len({(scene.source, scene.kind) for scene in first}) == len(first)


@given(st.integers(1, 500), st.integers(1, 100))
def test_even_drawing_begins_with_the_first_and_never_repeats(length: int, count: int) -> None:
    drawn = evenly(range(length), count)
    assert drawn[0] == 0
    assert len(set(drawn)) == len(drawn) == min(count, length)


def test_a_photo_is_not_clean_twice() -> None:
    assert len(clean_scenes(named(3), 10)) == 3


def test_a_scene_gives_the_same_sample_again(sources: list[Source]) -> None:
    scene = Scene(7, sources[0], OverlayKind.CAPTION)
    first, again = scene.sample(), scene.sample()
    assert (first.pixels == again.pixels).all()
    assert first.overlay.any()
    assert (first.pixels[first.alpha == 0] == first.truth[first.alpha == 0]).all()


def test_a_clean_scene_has_no_overlay(sources: list[Source]) -> None:
    sample = Scene(0, sources[0]).sample()
    assert (sample.pixels == sample.truth).all()
    assert not np.any(sample.overlay)
