"""erase_text: what may be filled is filled, what may not is left and says why."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from packshot.finding import Finding, Mask, Region, Severity
from packshot.photo import Photo, Pixels
from packshot.stages.erase_text import KINDS_OF_HINT, EraseText, EraseTextOptions


def backdrop() -> Pixels:
    """A soft gradient, as studios have."""
    rows = np.linspace(200, 240, 160)[:, None, None]
    return np.broadcast_to(rows, (160, 240, 3)).astype(np.uint8)


def bar() -> Mask:
    mask = np.zeros((160, 240), bool)
    mask[70:76, 60:180] = True
    return mask


def overlay(kind: str = "caption", owner: str | None = None, *, erasable: bool = True) -> Finding:
    evidence = {
        "plate": False,
        "kind": kind,
        "owner": owner,
        "erasable": erasable,
        "text": "NEW",
        "contrast": 90.0,
    }
    return Finding("overlay_text", Severity.ERROR, 0.99, "text", Region.of_mask(bar()), evidence)


def stamped(pixels: Pixels | None = None, attested_by: str | None = None) -> Photo:
    painted = np.array(backdrop() if pixels is None else pixels)
    painted[bar()] = (200, 20, 20)
    return replace(Photo.from_array(painted), attested_by=attested_by)


def stage(**options: str) -> EraseText:
    return EraseText(EraseTextOptions.model_validate(options), EraseText.roles)


def test_strokes_on_a_backdrop_are_filled_and_nothing_else_is_touched() -> None:
    photo = stamped()
    result = stage().treat(photo, [overlay()])
    assert result.mask is not None
    assert (result.photo.pixels[~result.mask] == photo.pixels[~result.mask]).all()
    assert np.abs(result.photo.pixels.astype(int) - backdrop()).max() <= 2
    assert [finding.code for finding in result.findings] == ["erased"]


@pytest.mark.parametrize("kind", ["watermark", "tiled_watermark", "logo"])
def test_marks_of_ownership_need_somebody_with_the_right(kind: str) -> None:
    photo = stamped()
    left = stage().treat(photo, [overlay(kind)])
    assert left.photo is photo
    assert [(f.code, f.severity) for f in left.findings] == [("needs_rights", Severity.ERROR)]
    done = stage().treat(stamped(attested_by="catalogue team"), [overlay(kind)])
    assert [finding.code for finding in done.findings] == ["erased"]


@pytest.mark.parametrize(("owner", "code"), [("agency", "agency_mark"), ("credit", "credit_line")])
def test_agencies_and_credits_stay_whoever_attests(owner: str, code: str) -> None:
    photo = stamped(attested_by="catalogue team")
    result = stage().treat(photo, [overlay("watermark", owner)])
    assert result.photo is photo
    assert [finding.code for finding in result.findings] == [code]


@pytest.mark.parametrize("hint", KINDS_OF_HINT)
def test_a_hint_narrows(hint: str) -> None:
    kinds = {kind for group in KINDS_OF_HINT.values() for kind in group}
    for kind in kinds:
        result = stage(hint=hint).treat(stamped(attested_by="us"), [overlay(kind)])
        expected = "erased" if kind in KINDS_OF_HINT[hint] else "outside_hint"
        assert [finding.code for finding in result.findings] == [expected], kind


def test_strokes_that_were_not_seen_are_left() -> None:
    photo = stamped()
    result = stage().treat(photo, [overlay(erasable=False)])
    assert result.photo is photo
    assert [finding.code for finding in result.findings] == ["strokes_unclear"]


@pytest.mark.parametrize("doubt", ["judges_disagree", "much_text"])
def test_what_may_be_printed_is_left_to_a_person(doubt: str) -> None:
    photo = stamped()
    doubtful = overlay()
    doubtful = replace(doubtful, evidence={**doubtful.evidence, "doubt": doubt})
    result = stage().treat(photo, [doubtful])
    assert result.photo is photo
    assert [(f.code, f.severity) for f in result.findings] == [("maybe_printed", Severity.ERROR)]


def test_what_cannot_be_rebuilt_is_left() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (160, 240, 3)).astype(np.uint8)
    photo = replace(
        Photo.from_array(noise), attested_by="us"
    )  # a 'stamp' that hides nothing worse than itself
    result = stage().treat(photo, [overlay()])
    assert result.photo is photo
    assert [finding.code for finding in result.findings] == ["not_rebuildable"]


def test_conservative_mode_asks_for_more() -> None:
    grain = np.random.default_rng(0).normal(0, 18, (160, 240, 1))
    cloth = np.clip(backdrop() + grain, 0, 255).astype(np.uint8)
    photo = Photo.from_array(
        np.where(bar()[..., None], np.clip(cloth.astype(int) - 50, 0, 255), cloth).astype(np.uint8)
    )
    normal = stage().treat(photo, [overlay()])
    careful = stage(mode="conservative").treat(photo, [overlay()])
    assert [finding.code for finding in normal.findings] == ["erased"]
    assert [finding.code for finding in careful.findings] == ["not_rebuildable"]
