"""With a memo and without, whatever ran before: the same bytes, findings and verdict."""

from __future__ import annotations

from functools import cache
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from packshot import weights
from packshot.errors import WeightsError
from packshot.executors.weights_needed import missing_weights
from packshot.finding import Finding, Severity
from packshot.memo import Memo
from packshot.photo import Photo
from packshot.pipeline import Pipeline
from packshot.recipe import Recipe
from packshot.simulate import OverlayKind, stamp
from packshot.trail import Trail

LANCZOS = {f"upscaler_x{n}{end}": f"lanczos-x{n}" for n in (2, 4) for end in ("", "_degraded")}
WITHOUT_TEXT = ["format", "low_resolution", "odd_aspect_ratio", "border", "content", "exposure", "noise"]
WITHOUT_TEXT += ["compression", "resolution", "sharpness"]
MEASURED = {"inspect": WITHOUT_TEXT, "backends": LANCZOS, "stages": ["inpaint", "upscale"]}

LIGHT: list[dict[str, Any]] = [
    MEASURED,
    {**MEASURED, "threshold": 0.3},
    {**MEASURED, "channels": ["google", "amazon-main"]},
    {**MEASURED, "stages": ["inpaint", {"upscale": {"scale": 2}}]},
    {**MEASURED, "stages": [{"upscale": {"min_side": 90, "max_scale": 2}}]},
    {**MEASURED, "stages": ["inpaint"]},
    {**MEASURED, "backends": {**LANCZOS, "filler_flat": "patchmatch"}},
    {**MEASURED, "inspect": [*reversed(WITHOUT_TEXT)]},
    {**MEASURED, "categories": {"lamps": {"mode": "conservative", "upscale": {"scale": 2}}}},
    {**MEASURED, "categories": {"lamps": {"backends": {"filler_flat": "patchmatch"}}}},
]

HEAVY: list[dict[str, Any]] = [
    {},
    {"threshold": 0.2},
    {"backends": LANCZOS},
    {"stages": [{"erase_text": {"hint": "remove-promo"}}, "upscale", "crop"]},
    {"stages": ["erase_text", {"upscale": {"scale": 2}}]},
    {"categories": {"lamps": {"mode": "conservative", "backends": {"upscaler_x2": "lanczos-x2"}}}},
    {"backends": {"filler_flat": "patchmatch", "filler_texture": "navier-stokes"}},
    {"channels": ["google"], "stages": ["erase_text", "upscale", {"crop": {"ratio": "4:5"}}]},
]

NOTE = Finding("near_duplicate", Severity.WARNING, 0.5, "Like another.")


@cache
def pipeline(number: int, *, heavy: bool) -> Pipeline:
    return Pipeline(Recipe.from_dict((HEAVY if heavy else LIGHT)[number]))


@st.composite
def photos(draw: st.DrawFn, sides: st.SearchStrategy[int]) -> Photo:
    """A thing before a backdrop, plain or textured, noisy or clean, with something stamped on it or not."""
    height, width = draw(sides), draw(sides)
    pixels = np.full((height, width, 3), draw(st.sampled_from([128, 235, 255])), np.uint8)
    cv2.ellipse(pixels, (width // 2, height // 2), (width // 3, height // 3), 0, 0, 360, (150, 60, 40), -1)
    grain = draw(st.sampled_from([0, 0, 3, 14]))
    noise = np.random.default_rng(draw(st.integers(0, 9))).normal(0, 1, pixels.shape) * grain
    pixels = np.clip(pixels + noise, 0, 255).astype(np.uint8)
    kind = draw(st.sampled_from([None, *OverlayKind]))
    if kind is not None:
        pixels = stamp(pixels, kind, draw(st.integers(0, 99))).pixels
    photo = Photo.from_array(pixels, category=draw(st.sampled_from([None, "lamps", "apparel/knit"])))
    return photo.with_pixels(photo.pixels, np.full((height, width), 255, np.uint8)) if grain == 3 else photo


def content(trail: Trail) -> object:
    """All of a trail but its times."""
    told = trail.as_dict()
    for step in told["steps"]:
        for key in ("seconds", "cpu_seconds", "reused"):
            step.pop(key, None)
    found = (
        *trail.findings_before,
        *trail.findings_after,
        *(f for step in trail.steps for f in step.findings),
    )
    regions = [
        None
        if f.region is None
        else (f.region.box, None if f.region.mask is None else f.region.mask.tobytes())
        for f in found
    ]
    assert trail.photo is not None
    mask = None if trail.mask is None else (trail.mask.shape, trail.mask.tobytes())
    return told, regions, mask, trail.photo.pixel_digest(), trail.photo.origin, trail.photo.metadata


def check(photo: Photo, order: list[tuple[int, bool]], room: int, *, heavy: bool) -> None:
    memo = Memo(room)
    for number, noted in order:
        extra = (NOTE,) if noted else ()
        chain = pipeline(number, heavy=heavy)
        with_memo = chain.run(photo, extra, memo)
        assert content(with_memo) == content(chain.run(photo, extra))
        assert memo.held_bytes <= room
    last = chain.run(photo, extra, memo)
    if room >= 1 << 28:
        assert all(step.reused for step in last.steps if step.stage != "inspect_again")


def orders(recipes: list[dict[str, Any]], most: int) -> st.SearchStrategy[list[tuple[int, bool]]]:
    one = st.tuples(st.integers(0, len(recipes) - 1), st.booleans())
    return st.lists(one, min_size=2, max_size=most)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    photo=photos(st.integers(20, 140)),
    order=orders(LIGHT, 5),
    room=st.sampled_from([1, 60_000, 400_000, 1 << 28]),
)
def test_a_memo_changes_no_result(photo: Photo, order: list[tuple[int, bool]], room: int) -> None:
    check(photo, order, room, heavy=False)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(photo=photos(st.integers(120, 420)), order=orders(HEAVY, 4), room=st.sampled_from([800_000, 1 << 28]))
def test_nor_does_it_where_text_is_erased(photo: Photo, order: list[tuple[int, bool]], room: int) -> None:
    needed = frozenset[str]().union(*(Recipe.from_dict(raw).all_backends() for raw in HEAVY))
    try:
        weights.pull(missing_weights(needed))
    except WeightsError as error:
        pytest.skip(f"no weights: {error}")
    check(photo, order, room, heavy=True)
