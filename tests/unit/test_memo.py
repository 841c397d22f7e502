"""What is kept, for how long, and under which address."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from threading import Barrier

import numpy as np
import pytest

from packshot import backend as backends
from packshot.examination import Looked
from packshot.finding import Box, Finding, Region, Severity
from packshot.memo import Memo, address
from packshot.photo import Photo
from packshot.pipeline import Pipeline
from packshot.recipe import Recipe
from packshot.trail import Step

KIB = 1024
LANCZOS = {
    f"{role}_x{n}{end}": f"lanczos-x{n}"
    for role in ("upscaler",)
    for n in (2, 4)
    for end in ("", "_degraded")
}
NO_WEIGHTS = {
    "inspect": ["low_resolution", "noise", "exposure", "compression", "odd_aspect_ratio"],
    "stages": ["upscale"],
    "backends": LANCZOS,
    "channels": ["google"],
    "as_of": "2026-01-01",
}


@dataclass(frozen=True)
class Part:
    arrays: tuple[np.ndarray, ...] = ()
    file: bytes = b""

    def holds(self) -> Iterable[np.ndarray | bytes]:
        return (*self.arrays, self.file)


@dataclass(frozen=True)
class OtherPart(Part):
    """The same content, of another kind."""


def array(kib: int) -> np.ndarray:
    return np.zeros(kib * KIB, np.uint8)


def pipeline(**changes: object) -> Pipeline:
    return Pipeline(Recipe.from_dict({**NO_WEIGHTS, **changes}))


@pytest.fixture
def photo() -> Photo:
    return Photo.from_array(np.random.default_rng(0).integers(0, 255, (70, 90, 3), np.uint8))


def test_what_is_kept_is_recalled_and_counted() -> None:
    memo, part = Memo(KIB * KIB), Part()
    assert memo.recall("a", Part) is None
    memo.keep("a", part)
    assert memo.recall("a", Part) is part
    assert memo.recall("a", OtherPart) is None
    assert (memo.hits, memo.misses, len(memo)) == (1, 2, 1)


def test_the_least_recently_used_goes_first() -> None:
    memo = Memo(350 * KIB)
    for name in "abc":
        memo.keep(name, Part((array(100),)))
    memo.recall("a", Part)
    memo.keep("d", Part((array(100),)))
    assert [memo.recall(name, Part) is not None for name in "abcd"] == [True, False, True, True]
    assert memo.held_bytes <= 350 * KIB


def test_what_results_share_counts_once_and_until_the_last_of_them_goes() -> None:
    memo, shared = Memo(500 * KIB), array(300)
    memo.keep("a", Part((shared,)))
    alone = memo.held_bytes
    memo.keep("b", Part((shared[: 10 * KIB],)))  # a view keeps all of it alive
    assert memo.held_bytes < alone + 20 * KIB
    memo.keep("c", Part((array(180),)))
    assert memo.recall("a", Part) is None
    assert memo.recall("b", Part) is not None
    memo.keep("d", Part((array(170),)))  # of b and c, c was used less lately
    assert memo.recall("c", Part) is None
    assert memo.recall("b", Part) is not None


def test_keeping_again_replaces() -> None:
    memo = Memo(KIB * KIB)
    memo.keep("a", Part((array(100),), b"x" * 5000))
    memo.keep("a", Part((array(10),)))
    assert len(memo) == 1
    assert memo.held_bytes < 20 * KIB


def test_files_count_and_what_is_too_large_is_not_kept_and_pushes_nothing_out() -> None:
    memo = Memo(100 * KIB)
    memo.keep("small", Part())
    memo.keep("file", Part((), b"x" * 100 * KIB))
    memo.keep("array", Part((array(100),)))
    assert memo.recall("small", Part) is not None
    assert len(memo) == 1


def test_results_without_arrays_are_bounded_too() -> None:
    memo = Memo(100 * KIB)
    for number in range(1000):
        memo.keep(str(number), Part())
    assert 0 < len(memo) < 20
    assert memo.held_bytes <= 100 * KIB


def test_nobody_can_change_what_others_will_be_given() -> None:
    memo, mask = Memo(KIB * KIB), np.zeros((4, 4), bool)
    memo.keep("a", Part((mask,)))
    with pytest.raises(ValueError, match="read-only"):
        mask[0, 0] = True


def test_threads_that_want_the_same_at_once_all_get_it(photo: Photo) -> None:
    memo, chain, barrier = Memo(64 * KIB * KIB), pipeline(), Barrier(4)

    def run(_: int) -> bytes:
        barrier.wait()
        trail = chain.run(photo, (), memo)
        assert trail.photo is not None
        return trail.photo.pixels.tobytes()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(run, range(4)))) == 1
    assert all(step.reused for step in chain.run(photo, (), memo).steps)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("ab", "c"), ("a", "bc")),
        ((1,), (1.0,)),
        ((1,), ("1",)),
        ((1,), (True,)),
        ((None,), ("None",)),
        ((b"a",), ("a",)),
        (((1, 2), 3), (1, (2, 3))),
        (([],), ({},)),
        (({"a": 1},), ({"a": 2},)),
        ((np.zeros((2, 3)),), (np.zeros((3, 2)),)),
        ((np.zeros(8, bool),), (np.zeros(8, np.uint8),)),
        ((np.zeros(8, bool),), (np.zeros(9, bool),)),
        ((np.uint8(1),), (np.int8(1),)),
        ((date(2026, 1, 1),), ("2026-01-01",)),
        ((Part(),), (OtherPart(),)),
        ((Severity.INFO,), ("info",)),
    ],
    ids=str,
)
def test_different_parts_have_different_addresses(one: tuple[object, ...], other: tuple[object, ...]) -> None:
    assert address(*one) != address(*other)


def test_equal_parts_have_equal_addresses() -> None:
    assert address({"a": 1, "b": [2]}) == address({"b": [2], "a": 1})
    assert address({3, 1, 2}) == address(frozenset({2, 3, 1}))
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    assert address(pixels[:, ::-1]) == address(np.ascontiguousarray(pixels[:, ::-1]))


def test_a_findings_mask_is_part_of_its_address() -> None:
    mask = np.zeros((3, 3), bool)
    other = mask.copy()
    other[1, 1] = True
    one, two = (
        Finding("red", Severity.ERROR, 1.0, "red", Region(Box(0, 0, 3, 3), area)) for area in (mask, other)
    )
    assert address(one) != address(two)


def test_what_has_no_content_to_tell_has_no_address() -> None:
    with pytest.raises(TypeError, match=r"no address for a builtins\.object"):
        address(object())


def reused(trail_steps: Iterable[Step]) -> dict[str, bool]:
    return {step.stage: step.reused for step in trail_steps}


ALL = {"inspect": True, "upscale": True, "inspect_again": True}


def test_the_same_recipe_reuses_all_and_reports_what_it_took(photo: Photo) -> None:
    memo, chain = Memo(64 * KIB * KIB), pipeline()
    first, second = chain.run(photo, (), memo), chain.run(photo, (), memo)
    assert not any(step.reused for step in first.steps)
    assert reused(second.steps) == ALL
    upscaled = {trail.steps[1].cpu_seconds for trail in (first, second)}
    assert len(upscaled) == 1  # not measured again, but handed on
    assert all("reused" not in step.as_dict() for step in first.steps)
    assert all(step.as_dict()["reused"] is True for step in second.steps)


class Dear(Memo):
    """Says of every inspection that it took 50 s of a processor and 100 s altogether."""

    def recall(self, where, kind):
        found = super().recall(where, kind)
        return replace(found, cpu_seconds=50.0, seconds=100.0) if kind is Looked and found else found


def test_a_run_that_reuses_counts_what_the_first_one_took(photo: Photo) -> None:
    memo = Dear(64 * KIB * KIB)
    pipeline().run(photo, (), memo)
    steps = pipeline(stages=[]).run(photo, (), memo).steps
    assert [round(step.cpu_seconds / 50) for step in steps] == [len(NO_WEIGHTS["inspect"]), 0]
    assert [round(step.seconds / 100) for step in steps] == [len(NO_WEIGHTS["inspect"]), 0]


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ({"threshold": 0.1}, {"inspect", "upscale", "inspect_again"}),
        ({"stages": [{"upscale": {"max_scale": 2}}]}, {"inspect"}),
        ({"backends": {**LANCZOS, "interpolator_x4": "span-x4"}}, {"inspect"}),
        ({"stages": []}, {"inspect"}),
        ({"channels": ["google", "zalando"]}, set()),
        ({"categories": {"lamps": {"mode": "conservative"}}}, {"inspect", "upscale", "inspect_again"}),
    ],
    ids=str,
)
def test_what_a_change_touches_is_worked_out_again(
    photo: Photo, change: dict[str, object], kept: set[str]
) -> None:
    memo = Memo(64 * KIB * KIB)
    pipeline().run(photo, (), memo)
    steps = pipeline(**change).run(photo, (), memo).steps
    assert {step.stage for step in steps if step.reused} == kept


@pytest.mark.parametrize(
    "other",
    [
        lambda photo: photo.with_pixels(255 - photo.pixels),  # the digest of the file is still the same
        lambda photo: photo.with_pixels(photo.pixels, np.full(photo.pixels.shape[:2], 7, np.uint8)),
        lambda photo: replace(photo, category="lamps"),
        lambda photo: replace(photo, attested_by="A"),
        lambda photo: replace(photo, merchant="M"),
        lambda photo: replace(photo, origin=replace(photo.origin, format="jpeg")),
    ],
)
def test_another_photo_or_identity_reuses_nothing(photo: Photo, other) -> None:
    memo = Memo(64 * KIB * KIB)
    pipeline().run(photo, (), memo)
    assert not any(step.reused for step in pipeline().run(other(photo), (), memo).steps)


def test_other_weights_under_the_same_name_are_another_backend(
    photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    memo = Memo(64 * KIB * KIB)
    pipeline().run(photo, (), memo)
    lanczos = backends.load_backend("lanczos-x4")
    monkeypatch.setattr(type(lanczos), "card", replace(lanczos.card, weights=(("lanczos", "0" * 64),)))
    assert reused(pipeline().run(photo, (), memo).steps) == {**ALL, "upscale": False, "inspect_again": False}


def test_further_findings_are_seen_by_stages_and_not_by_inspectors(photo: Photo) -> None:
    memo = Memo(64 * KIB * KIB)
    pipeline().run(photo, (), memo)
    note = Finding("noisy", Severity.WARNING, 0.5, "The batch says so.")
    steps = pipeline().run(photo, (note,), memo).steps
    assert reused(steps) == {"inspect": True, "upscale": False, "inspect_again": False}


def test_a_pack_of_rules_is_known_by_its_content(photo: Photo, tmp_path) -> None:
    pack = tmp_path / "mine.yaml"
    rule = (
        "title: Mine\nrules:\n- {kind: min_long_side, px: %d, severity: error, effective_from: null, "
        "source_url: 'https://example.org', verified_on: 2026-01-01, confidence: primary}\n"
    )
    memo = Memo(64 * KIB * KIB)
    sizes = []
    for px in (100, 120, 100):
        pack.write_text(rule % px)
        trail = pipeline(channels=[str(pack)]).run(photo, (), memo)
        assert trail.photo is not None
        sizes.append((trail.photo.width, any(step.reused for step in trail.steps)))
    assert sizes == [(100, False), (120, False), (100, True)]


def test_a_stage_that_did_nothing_does_not_part_the_ways(photo: Photo) -> None:
    """Both recipes skip the stage in which they differ: what follows is the same."""
    memo, after = Memo(64 * KIB * KIB), {"inspect": ["noise", "exposure"], "stages": ["inpaint", "upscale"]}
    pipeline(**after).run(photo, (), memo)
    changed = pipeline(**after, categories={}).recipe.model_copy(
        update={"backends": {**LANCZOS, "filler_flat": "patchmatch"}}
    )
    steps = Pipeline(changed).run(photo, (), memo).steps
    assert reused(steps) == {"inspect": True, "inpaint": False, "upscale": True, "inspect_again": False}


def test_without_a_memo_nothing_is_addressed(photo: Photo, monkeypatch: pytest.MonkeyPatch) -> None:
    chain = pipeline()
    monkeypatch.setattr("packshot.examination.address", None)
    monkeypatch.setattr("packshot.stage_run.address", None)
    assert not any(step.reused for step in chain.run(photo).steps)
