"""Label-free checks pass sound treatments and catch unsound ones, made of small real stages."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from packshot import pipeline as core
from packshot import weights
from packshot.errors import WeightsError
from packshot.executors import invariants
from packshot.executors.invariants import Held, Invariant, check_all, edit_distance
from packshot.executors.outputs import Outputs
from packshot.executors.treatment import Input, Treatment
from packshot.executors.weights_needed import missing_weights
from packshot.finding import Finding, Severity
from packshot.memo import Memo
from packshot.photo import Photo, Pixels
from packshot.pipeline import Pipeline
from packshot.recipe import Recipe
from packshot.stage import Geometry, Result, StageOptions

LANCZOS = {
    **{f"upscaler_x{n}{end}": f"lanczos-x{n}" for n in (2, 4) for end in ("", "_degraded")},
    "text_detector": "ppocr-v6-small",
}
LETTERS = st.text("abc", max_size=8)


class Alter:
    """Treats every photo by a function of its pixels."""

    name: ClassVar[str] = "alter"
    treats: ClassVar[frozenset[str]] = frozenset({"low_resolution"})
    alike: ClassVar[frozenset[str]] = frozenset()
    settled: ClassVar[frozenset[str]] = frozenset()
    after: ClassVar[frozenset[str]] = frozenset()
    geometry: ClassVar[Geometry] = Geometry.REFRAMES
    roles: ClassVar[Mapping[str, str]] = {}
    checks = ()
    Options: ClassVar[type[StageOptions]] = StageOptions
    how: ClassVar[Callable[[Pixels], Pixels]]

    def __init__(self, options: StageOptions, backends: Mapping[str, str]) -> None:
        del options, backends

    def wants(self, photo: Photo, findings: Sequence[Finding]) -> bool:
        del findings
        return not np.array_equal(type(self).how(photo.pixels), photo.pixels)

    def treat(self, photo: Photo, findings: Sequence[Finding]) -> Result:
        del findings
        return Result(photo.with_pixels(type(self).how(photo.pixels)))


def png(pixels: Pixels) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def drawn(height: int = 120, width: int = 200) -> Pixels:
    pixels = np.full((height, width, 3), 250, np.uint8)
    cv2.ellipse(pixels, (width // 3, height // 2), (width // 5, height // 3), 0, 0, 360, (150, 60, 40), -1)
    return pixels


def treatment(raw: Mapping[str, object]) -> Treatment:
    return Treatment(Pipeline(Recipe.from_dict({"inspect": [], **raw})), Outputs(Path()))


def altering(monkeypatch: pytest.MonkeyPatch, how: Callable[[Pixels], Pixels], **raw: object) -> Treatment:
    stage = type("Altering", (Alter,), {"how": staticmethod(how)})
    for space in (vars(core), Recipe.from_dict.__globals__, vars(invariants)):
        monkeypatch.setitem(space, "STAGES", {"alter": stage})
    return treatment({"stages": ["alter"], **raw})


def check(one: Treatment, pixels: Pixels, extra: tuple[Finding, ...] = ()) -> dict[str, Invariant]:
    given_ = Input(png(pixels), "a.png", "a", extra=extra)
    found = {invariant.name: invariant for invariant in check_all(one, given_)}
    assert list(found) == ["second_pass", "flip", "clean_unchanged", "printed_text"]
    assert all((i.value is None) == (i.outcome is Held.NOT_APPLICABLE) for i in found.values())
    return found


def test_a_treatment_that_does_nothing_holds_to_what_applies() -> None:
    outcomes = {name: one.outcome for name, one in check(treatment({"stages": []}), drawn()).items()}
    assert outcomes.pop("flip") is outcomes.pop("clean_unchanged") is Held.PASSED
    assert set(outcomes.values()) == {Held.NOT_APPLICABLE}


def test_a_treatment_that_is_repeated_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    found = check(altering(monkeypatch, lambda pixels: pixels[:-1]), drawn())
    assert found["second_pass"].outcome is Held.FAILED
    assert found["second_pass"].value == 1.0
    assert "alter sets to work anew" in found["second_pass"].detail
    assert found["clean_unchanged"].outcome is Held.FAILED
    assert found["flip"].outcome is Held.PASSED


def test_the_share_of_pixels_that_a_second_pass_changes_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def darken_a_row(pixels: Pixels) -> Pixels:
        darker = pixels.copy()
        darker[0] -= 1
        return darker

    found = check(altering(monkeypatch, darken_a_row), drawn(100))
    assert found["second_pass"].value == pytest.approx(0.01)


def test_a_treatment_that_leans_to_one_side_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def blacken_left(pixels: Pixels) -> Pixels:
        half = pixels.copy()
        half[:, : half.shape[1] // 2] = 0
        return half

    found = check(altering(monkeypatch, blacken_left), drawn())  # on its own result it has nothing to do
    assert found["flip"].outcome is Held.FAILED
    assert found["flip"].value > 50
    assert found["second_pass"].outcome is Held.PASSED


def test_another_frame_for_the_mirrored_photo_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def cut_where_dark(pixels: Pixels) -> Pixels:
        return pixels[:, 10:] if pixels[:, :80].mean() < 249 else pixels

    found = check(altering(monkeypatch, cut_where_dark), drawn())
    assert found["flip"].outcome is Held.FAILED
    assert found["flip"].value == 255.0


def test_a_frame_that_is_rounded_to_one_side_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    def cut_right(by: int) -> Callable[[Pixels], Pixels]:
        return lambda pixels: pixels[:, :-by] if pixels.shape[1] == 200 else pixels

    grain = np.random.default_rng(0).integers(0, 255, (60, 200, 3), np.uint8)
    for by, outcome in ((1, Held.PASSED), (2, Held.FAILED)):
        found = check(altering(monkeypatch, cut_right(by)), grain)
        assert found["flip"].outcome is outcome


def test_another_verdict_for_the_mirrored_photo_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    class LeftEdge:
        name = "left_edge"
        codes = frozenset({"dark"})
        roles: ClassVar[Mapping[str, str]] = {}

        def __init__(self, setup: object) -> None:
            del setup

        def inspect(self, view: core.Examination) -> tuple[Finding, ...]:
            dark = view.pixels[:, :80].mean() < 249
            return (Finding("dark", Severity.ERROR, 1.0, "Dark on the left."),) if dark else ()

    for space in (vars(core), Recipe.from_dict.__globals__):
        monkeypatch.setitem(space, "INSPECTORS", {"left_edge": LeftEdge})
    found = check(treatment({"inspect": ["left_edge"], "stages": []}), drawn())
    assert found["flip"].outcome is Held.FAILED
    assert found["flip"].value == 0.0
    assert "publish instead of review" in found["flip"].detail


def test_a_photo_that_asks_for_treatment_is_not_clean() -> None:
    google = {
        "channels": ["google"],
        "as_of": "2026-01-01",
        "inspect": ["low_resolution"],
        "backends": LANCZOS,
    }
    sound = treatment({**google, "stages": ["upscale"]})
    assert check(sound, drawn(60, 80))["clean_unchanged"].outcome is Held.NOT_APPLICABLE
    advised = check(sound, drawn(300, 300))  # larger is advised only
    assert advised["clean_unchanged"].outcome is Held.PASSED


def test_an_option_that_treats_every_photo_breaks_clean_ones() -> None:
    found = check(treatment({"stages": [{"upscale": {"scale": 2}}], "backends": LANCZOS}), drawn(40, 60))
    assert found["clean_unchanged"].outcome is Held.FAILED
    assert found["second_pass"].outcome is Held.FAILED


def test_what_somebody_says_of_a_photo_cannot_be_mirrored() -> None:
    note = Finding("near_duplicate", Severity.WARNING, 0.5, "Like another.")
    found = check(treatment({"stages": []}), drawn(), (note,))
    assert found["flip"].outcome is found["clean_unchanged"].outcome is Held.NOT_APPLICABLE


def test_nothing_applies_without_a_result() -> None:
    found = check_all(treatment({"stages": []}), Input(b"no photo", "a", "a"))
    assert [invariant.outcome for invariant in found] == [Held.NOT_APPLICABLE] * 4


def test_a_memo_spares_the_first_run() -> None:
    memo, one = Memo(1 << 26), treatment({"inspect": ["noise"], "stages": []})
    photo = Input(png(drawn()), "a.png", "a")
    one.apply(photo, memo)
    hits = memo.hits
    assert check_all(one, photo, memo) == check_all(one, photo)
    assert memo.hits > hits


@pytest.fixture
def reading() -> dict[str, object]:
    """A recipe that looks at text and enlarges by interpolation."""
    raw = {"inspect": ["overlay_text"], "stages": [{"upscale": {"scale": 2}}, {"crop": {"ratio": "1:1"}}]}
    raw["backends"] = LANCZOS
    try:
        weights.pull(missing_weights(Recipe.from_dict(raw).all_backends()))
    except WeightsError as error:
        pytest.skip(f"no weights: {error}")
    return raw


def labelled() -> Pixels:
    """A product with its name printed on it, before a plain backdrop."""
    pixels = np.full((300, 500, 3), 250, np.uint8)
    pixels[60:240, 100:400] = (60, 90, 160)
    pixels = np.ascontiguousarray(pixels)
    cv2.putText(
        pixels, "OLIVE SOAP", (120, 160), cv2.FONT_HERSHEY_SIMPLEX, 1.3, (225, 225, 235), 3, cv2.LINE_AA
    )
    return pixels


def test_print_reads_the_same_in_another_frame(reading: dict[str, object]) -> None:
    found = check(treatment(reading), labelled())["printed_text"]
    assert found.outcome is Held.PASSED, found.detail
    assert "of 9 printed characters" in found.detail


def test_print_that_a_treatment_made_illegible_is_caught(
    reading: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = {"inspect": reading["inspect"]}
    blurring = altering(monkeypatch, lambda pixels: cv2.blur(pixels, (25, 25)), **alone)
    found = check(blurring, labelled())["printed_text"]
    assert found.outcome is Held.FAILED
    assert found.value > 0.5
    assert "OLIVE" in found.detail


def test_no_print_is_nothing_to_compare(reading: dict[str, object]) -> None:
    found = check(treatment(reading), drawn())["printed_text"]
    assert (found.outcome, found.detail) == (
        Held.NOT_APPLICABLE,
        "No text is left on it that is surely read.",
    )


@given(LETTERS, LETTERS, LETTERS)
def test_the_edit_distance_is_a_metric(one: str, two: str, three: str) -> None:
    assert edit_distance(one, two) == edit_distance(two, one)
    assert (edit_distance(one, two) == 0) == (one == two)
    assert edit_distance(one, three) <= edit_distance(one, two) + edit_distance(two, three)
    assert abs(len(one) - len(two)) <= edit_distance(one, two) <= max(len(one), len(two))


def test_edits_are_counted() -> None:
    assert edit_distance("kitten", "sitting") == 3
