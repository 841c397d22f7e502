"""What counts as residue of an erased word."""

import numpy as np

from packshot.fidelity.residue import residue
from packshot.finding import Box, Finding, Region, Severity

SHAPE = (100, 200)
WORD = Box(20, 40, 120, 60)
TREATED, ALIKE = frozenset({"overlay_text"}), frozenset({"printed_text"})


def seen(code, *boxes):
    mask = np.zeros(SHAPE, bool)
    for box in boxes:
        mask[box.slices] = True
    return Finding(code, Severity.ERROR, 1.0, "Seen.", Region.of_mask(mask))


def left_of(before, after):
    edited = np.zeros(SHAPE, bool)
    edited[40:60, 20:70] = True  # half of the word
    return residue(before, after, edited, TREATED, ALIKE)


def test_nothing_seen_is_no_residue():
    assert not left_of([seen("overlay_text", WORD)], []).any()


def test_what_stands_on_the_edit_is_residue():
    left = left_of([seen("overlay_text", WORD)], [seen("overlay_text", Box(60, 45, 75, 55))])
    assert left[50, 65]


def test_the_other_half_of_a_word_spoils_the_whole_word_whatever_it_is_taken_for():
    for code in ("overlay_text", "printed_text"):
        left = left_of([seen("overlay_text", WORD)], [seen(code, Box(80, 42, 118, 58))])
        assert left[WORD.slices].all(), code
        assert not left[80:].any(), code


def test_new_print_right_beside_the_word_is_the_rest_of_it():
    left = left_of([seen("overlay_text", WORD)], [seen("printed_text", Box(125, 42, 160, 58))])
    assert left[WORD.slices].all()


def test_print_that_was_there_before_is_not_residue():
    label = Box(80, 42, 118, 58)
    before = [seen("overlay_text", WORD), seen("printed_text", label)]
    assert not left_of(before, [seen("printed_text", label)]).any()


def test_new_print_elsewhere_is_not_residue():
    assert not left_of([seen("overlay_text", WORD)], [seen("printed_text", Box(20, 80, 60, 95))]).any()


def test_only_the_print_inside_counts_of_several_lines():
    after = [seen("printed_text", Box(20, 80, 60, 95), Box(80, 42, 118, 58))]
    left = left_of([seen("overlay_text", WORD)], after)
    assert left[WORD.slices].all()
    assert not left[80:].any()
