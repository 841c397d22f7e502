"""What a card says: what is gone, what still stands, and in which words."""

from pathlib import Path
from typing import Any

import pytest

from packshot.edges.report.cards import Card, State, Tone, card_of
from packshot.edges.report.page import code_counts
from packshot.edges.report.wording import LONGEST_QUOTE, reasons, sentence
from packshot.inspection import overlay_text

HERE = [10, 10, 50, 30]
NEAR = [12, 10, 50, 31]
ELSEWHERE = [100, 100, 140, 120]


def found(
    code: str, severity: str = "error", box: list[int] | None = None, **evidence: Any
) -> dict[str, Any]:
    message = evidence.pop("message", f"{code} {severity}.")
    return {"code": code, "severity": severity, "message": message, "box": box, "evidence": evidence}


def overlay(text: str, box: list[int] | None, kind: str = "caption") -> dict[str, Any]:
    return found(
        "overlay_text", box=box, kind=kind, text=text, message=f"A {kind} saying '{text}' lies there."
    )


def erased(box: list[int], kind: str = "caption") -> dict[str, Any]:
    return found("erased", "info", box, kind=kind, message=f"{kind} was erased.")


def step(stage: str, *findings: dict[str, Any], outcome: str = "applied") -> dict[str, Any]:
    return {"stage": stage, "outcome": outcome, "findings": list(findings)}


def card(
    before: list[dict[str, Any]],
    after: list[dict[str, Any]],
    *steps: dict[str, Any],
    size_after: tuple[int, int] = (200, 200),
    changed: bool = True,
) -> Card:
    line = {
        "path": "photo.jpg",
        "verdict": "publish",
        "changed": changed,
        "output": "publish/photo.jpg",
        "reasons": [],
        "size_before": (200, 200),
        "size_after": size_after,
        "findings_before": before,
        "findings_after": [*after, *(note for each in steps for note in each["findings"])],
        "steps": list(steps),
    }
    return card_of(line, Path())


def cured(made: Card) -> list[bool]:
    return [flaw.cured for flaw in made.flaws]


def test_an_error_is_cured_when_only_a_warning_is_left() -> None:
    too_small = found("low_resolution", channel="web", message="451 px; asks for 500.")
    advice = found("low_resolution", "warning", channel="web", message="500 px; advises 1000.")
    made = card([too_small], [advice], step("upscale"), size_after=(500, 500))
    assert cured(made) == [True]
    assert [(entry.message, entry.tone) for entry in made.entries] == [
        ("500 px; advises 1000.", Tone.WARNING),
        ("451 px; asks for 500.", Tone.CURED),
    ]
    (count,) = code_counts([made])
    assert (count.photos, count.cured) == (1, 1)
    assert cured(card([advice], [advice])) == [False]
    assert cured(card([advice], [too_small])) == [False]


def test_another_channels_finding_keeps_no_flaw_standing() -> None:
    strict, mild = (found("odd_aspect_ratio", channel=name) for name in ("strict", "mild"))
    assert cured(card([strict, mild], [mild])) == [True, False]


def test_what_stands_elsewhere_keeps_no_flaw_standing() -> None:
    before = [overlay("SALE", HERE), overlay("2004", ELSEWHERE)]
    assert cured(card(before, [overlay("SALE", NEAR)])) == [False, True]
    assert cured(card(before, [overlay("SA", [300, 300, 320, 310])])) == [True, True]


def test_on_another_grid_findings_are_recognised_by_what_they_say() -> None:
    before = [overlay("SALE", HERE), overlay("2004", ELSEWHERE)]
    unplaced = overlay("2004", None)
    unplaced["evidence"]["contrast"] = 12.0
    assert cured(card(before, [unplaced], size_after=(400, 400))) == [True, False]
    moved = overlay("2004", HERE)
    assert cured(card(before, [moved], step("crop"))) == [True, False]


@pytest.mark.parametrize(
    "code",
    [
        *("maybe_printed", "not_rebuildable", "strokes_unclear", "needs_rights", "residue"),
        *("agency_mark", "credit_line", "outside_hint"),
    ],
)
def test_what_a_treatment_says_it_left_is_not_repaired(code: str) -> None:
    told = {} if code == "residue" else {"kind": "logo"}
    note = found(code, box=NEAR, **told)
    assert cured(card([overlay("ACME", HERE, "logo")], [], step("erase_text", note))) == [False]
    assert cured(card([overlay("ACME", ELSEWHERE, "logo")], [], step("erase_text", note))) == [True]


def test_what_was_left_condemns_neither_other_kinds_nor_other_flaws_at_its_place() -> None:
    tiled = found("needs_rights", box=[0, 0, 200, 200], kind="tiled_watermark")
    assert cured(card([overlay("2004", HERE, "date_stamp")], [], step("erase_text", tiled))) == [True]
    residue = found("residue", box=[0, 0, 200, 200])
    assert cured(card([found("border", box=HERE)], [], step("erase_text", residue))) == [True]


def test_before_and_after_are_aligned_unless_the_photo_was_reframed() -> None:
    assert card([], [], step("erase_text"), step("upscale"), size_after=(400, 401)).aligned
    assert card([], [], step("crop", outcome="unchanged")).aligned
    assert not card([], [], step("crop")).aligned, "although the size is the same"


def test_notes_name_the_text_and_equal_ones_are_counted() -> None:
    before = [overlay("SALE", HERE, "promo"), overlay("SALE", ELSEWHERE, "promo"), overlay("4.4.23", None)]
    stamp = found("erased", "info", kind="date_stamp", text="4.4.23", message="date_stamp was erased.")
    made = card(before, [], step("erase_text", erased(HERE, "promo"), erased(ELSEWHERE, "promo"), stamp))
    notes = [(note.message, note.count) for note in made.notes]
    assert notes == [("Promo 'SALE' was erased.", 2), ("Date stamp '4.4.23' was erased.", 1)]


def test_an_erasure_that_was_taken_back_says_so() -> None:
    seam = found("seam", box=HERE)
    made = card([overlay("SALE", HERE)], [], step("erase_text", erased(HERE), seam, outcome="undone"))
    assert "Caption 'SALE' was erased, then put back." in {note.message for note in made.notes}


def test_a_photo_that_was_not_changed_has_one_address() -> None:
    made = card([], [], changed=False)
    assert (made.state, made.original, made.output) == (State.PASSED, "./photo.jpg", None)
    assert card([], []).output == "./publish/photo.jpg"


def test_a_cut_quote_ends_in_an_ellipsis() -> None:
    assert LONGEST_QUOTE == overlay_text._LONGEST_QUOTE
    cut, whole = "x" * LONGEST_QUOTE, "x" * (LONGEST_QUOTE - 1)
    assert sentence(overlay(cut, HERE)) == f"A caption saying '{cut}…' lies there."
    assert sentence(overlay(whole, HERE)) == f"A caption saying '{whole}' lies there."
    line = {"reasons": [overlay(cut, HERE)["message"], "score"], "findings_after": [overlay(cut, HERE)]}
    assert reasons(line) == [f"A caption saying '{cut}…' lies there.", "score"]
