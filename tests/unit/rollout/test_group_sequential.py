"""Boundaries of planned looks against published ones."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from packshot.rollout.errors import DesignError
from packshot.rollout.group_sequential import Spending, boundaries

FIFTHS = (0.2, 0.4, 0.6, 0.8, 1.0)


@pytest.mark.parametrize(
    ("spending", "published"),
    [
        # R package ldbounds and SAS SEQDESIGN, five equal looks, two-sided 5 %
        (Spending.OBRIEN_FLEMING, (4.8769, 3.3569, 2.6803, 2.2898, 2.0310)),
        (Spending.POCOCK, (2.4380, 2.4268, 2.4101, 2.3966, 2.3859)),
    ],
)
def test_five_equal_looks_are_as_published(spending: Spending, published: tuple[float, ...]) -> None:
    assert boundaries(FIFTHS, 0.05, spending) == pytest.approx(published, abs=2e-4)


@pytest.mark.parametrize("spending", list(Spending))
def test_one_look_is_the_plain_test(spending: Spending) -> None:
    assert boundaries([1.0], 0.05, spending) == pytest.approx((1.959964,), abs=1e-5)


@pytest.mark.parametrize("spending", list(Spending))
def test_no_difference_is_called_one_as_often_as_planned(spending: Spending) -> None:
    random = np.random.default_rng(3)
    walk = np.cumsum(random.normal(0, np.sqrt(0.2), (200_000, 5)), axis=1) / np.sqrt(FIFTHS)
    wrong = (np.abs(walk) >= boundaries(FIFTHS, 0.05, spending)).any(axis=1).mean()
    assert wrong == pytest.approx(0.05, abs=0.002)


@given(
    st.lists(st.floats(0.02, 1.0), min_size=1, max_size=4, unique=True).map(sorted),
    st.sampled_from(list(Spending)),
)
def test_any_increasing_looks_have_boundaries_no_closer_than_a_single_test(fractions, spending) -> None:
    found = boundaries(fractions, 0.05, spending)
    assert len(found) == len(fractions)
    assert min(found) >= 1.9599
    if spending is Spending.OBRIEN_FLEMING and all(b - a > 0.1 for a, b in itertools.pairwise(fractions)):
        assert list(found) == sorted(found, reverse=True)


@pytest.mark.parametrize("fractions", [[], [0.0, 1.0], [0.5, 0.5], [0.6, 0.4], [0.5, 1.1]])
def test_looks_that_do_not_increase_are_refused(fractions: list[float]) -> None:
    with pytest.raises(DesignError, match="Looks must increase"):
        boundaries(fractions, 0.05, Spending.POCOCK)


def test_a_risk_outside_0_to_1_is_refused() -> None:
    with pytest.raises(DesignError, match="alpha"):
        boundaries([1.0], 1.0, Spending.POCOCK)
