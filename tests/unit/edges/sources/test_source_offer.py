"""Names of offers: safe, and different for different texts."""

import re
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packshot.edges.sources.offer import category_of, is_photo_name, safe_name

WORDS = st.text() | st.text("ab-./ 0123456789abcdef", max_size=30)


@given(WORDS)
def test_names_are_safe(text):
    name = safe_name(text)
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}", name)
    assert not name.endswith(".")
    assert safe_name(text) == name


@given(WORDS, WORDS)
def test_different_texts_have_different_names(one, other):
    assert (safe_name(one) == safe_name(other)) == (one == other)


def test_a_plain_text_is_its_own_name_and_no_text_can_pass_for_a_changed_one():
    assert safe_name("SKU123-2.jpg") == "SKU123-2.jpg"
    changed = safe_name("knit/jumper.jpg")
    assert changed.startswith("knit_jumper.jpg-")
    assert safe_name(changed) != changed
    assert safe_name("../../etc/passwd").startswith("etc_passwd-")


@pytest.mark.parametrize(
    ("path", "taken"),
    [
        ("a.JPG", True),
        ("knit/a.jpeg", True),
        ("a.jpg.part", False),
        ("a.jpg.tmp", False),
        (".a.jpg", False),
        (".trash/a.jpg", False),
        ("a.txt", False),
        ("jpg", False),
    ],
)
def test_what_is_a_photo(path, taken):
    assert is_photo_name(PurePosixPath(path)) is taken


def test_the_first_folder_is_the_category():
    assert category_of(PurePosixPath("knit/2026/a.jpg")) == "knit"
    assert category_of(PurePosixPath("a.jpg")) is None
    assert category_of(PurePosixPath(" /a.jpg")) is None
