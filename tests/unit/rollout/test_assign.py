"""Assignment: stable, monotone in its share, even, and the same in every process."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packshot.rollout.assign import BUCKETS, arm, bucket, chosen

names = st.text(max_size=40)
shares = st.floats(0, 1)


def test_it_is_xxh3_of_salt_and_subject():
    # What is published must hold in another process, on another machine, next year.
    assert [bucket("salt", name) for name in ("a", "b", "jumper-42")] == [9762, 4824, 3917]


@given(names, names, shares, shares)
def test_a_larger_share_only_adds(salt, subject, one, other):
    small, large = sorted((one, other))
    assert chosen(salt, subject, large) or not chosen(salt, subject, small)


@given(names, names)
def test_nobody_at_zero_and_everybody_at_one(salt, subject):
    assert not chosen(salt, subject, 0.0)
    assert chosen(salt, subject, 1.0)


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5])
def test_the_share_is_kept(share):
    hit = sum(chosen("s", f"product {number}", share) for number in range(20_000))
    assert abs(hit / 20_000 - share) < 0.015


def test_two_salts_choose_independently():
    both = sum(chosen("a", f"{n}", 0.5) and chosen("b", f"{n}", 0.5) for n in range(20_000))
    assert abs(both / 20_000 - 0.25) < 0.015


def test_arms_have_their_shares_and_the_rest_has_none():
    found = Counter(arm("s", f"{number}", {"a": 0.5, "b": 0.2}) for number in range(20_000))
    assert abs(found["a"] / 20_000 - 0.5) < 0.015
    assert abs(found["b"] / 20_000 - 0.2) < 0.015
    assert found[None] == 20_000 - found["a"] - found["b"]


@given(names, st.lists(st.floats(0.01, 0.3), min_size=1, max_size=3))
def test_each_subject_has_one_arm_at_most(subject, given_shares):
    arms = {f"arm {number}": share for number, share in enumerate(given_shares)}
    assert arm("s", subject, arms) in {None, *arms}
    assert 0 <= bucket("s", subject) < BUCKETS
