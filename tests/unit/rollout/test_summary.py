"""Sums that add up."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packshot.rollout.summary import Paired, Split, Summary

values = st.lists(st.floats(-1e3, 1e3), max_size=30)


@given(values, values)
def test_a_summary_of_all_is_the_sum_of_the_summaries(left: list[float], right: list[float]) -> None:
    whole, parts = Summary.of(left + right), Summary.of(left) + Summary.of(right)
    assert parts.n == whole.n
    assert parts.total == pytest.approx(whole.total, abs=1e-9)
    assert parts.squares == pytest.approx(whole.squares)


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=30))
def test_mean_and_variance_are_the_textbook_ones(drawn: list[float]) -> None:
    summary = Summary.of(drawn)
    mean = sum(drawn) / len(drawn)
    assert summary.mean == pytest.approx(mean, abs=1e-9)
    assert summary.variance == pytest.approx(sum((x - mean) ** 2 for x in drawn) / (len(drawn) - 1), abs=1e-6)


@given(values)
def test_negation_mirrors_the_values(drawn: list[float]) -> None:
    assert -Summary.of(drawn) == Summary.of(-value for value in drawn)


def test_what_is_not_known_is_none() -> None:
    assert Summary().mean is None
    assert Summary().variance is None
    assert Summary.of([3.0]).variance is None
    assert Summary.of([3.0, 3.0]).variance == 0.0


def test_rounding_never_makes_a_variance_negative() -> None:
    assert Summary.of([0.1] * 3).variance == pytest.approx(0.0)
    assert (Summary.of([1e8 + 0.1] * 7).variance or 0.0) >= 0.0


@pytest.mark.parametrize("sums", [(-1, 0.0, 0.0), (1, math.nan, 1.0), (1, 0.0, math.inf), (1, 0.0, -1.0)])
def test_impossible_sums_are_refused(sums: tuple[int, float, float]) -> None:
    with pytest.raises(ValueError, match="no values"):
        Summary(*sums)


def test_photos_are_those_of_the_candidate() -> None:
    assert Paired(Summary(7)).photos == 7
    assert Split(Summary(70), Summary(7)).photos == 7
