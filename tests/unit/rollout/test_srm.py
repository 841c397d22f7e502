"""Products that are not spread as planned."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import dirichlet_multinomial, multinomial

from packshot.rollout.errors import DesignError
from packshot.rollout.srm import CONCENTRATION, Assigned, sample_ratio

SHARES = {"live": 0.9, "canary": 0.1}


def test_a_lane_that_gets_twice_its_share_is_found() -> None:
    ratio = sample_ratio(Assigned({"live": 800, "canary": 200}, SHARES))
    assert ratio.mismatch
    assert "canary 20.0% (planned 10.0%)" in ratio.sentence
    assert json.loads(json.dumps(ratio.as_dict()))["mismatch"] is True


def test_a_lane_that_gets_nothing_is_found() -> None:
    assert sample_ratio(Assigned({"live": 1_000}, SHARES)).mismatch


def test_the_p_value_is_one_over_the_bayes_factor() -> None:
    counts, shares = (410, 60, 50), (0.8, 0.1, 0.1)
    mixture = dirichlet_multinomial.pmf(counts, [CONCENTRATION * share for share in shares], 520)
    planned = multinomial.pmf(counts, 520, shares)
    assigned = Assigned(dict(zip("abc", counts, strict=True)), dict(zip("abc", shares, strict=True)))
    assert sample_ratio(assigned).p == pytest.approx(min(1.0, planned / mixture))
    skewed = Assigned({"a": 350, "b": 110, "c": 60}, assigned.shares)
    expected = multinomial.pmf([350, 110, 60], 520, shares) / dirichlet_multinomial.pmf(
        [350, 110, 60], [CONCENTRATION * share for share in shares], 520
    )
    assert sample_ratio(skewed).p == pytest.approx(expected)


def test_what_fits_is_no_mismatch_and_no_products_say_nothing() -> None:
    assert sample_ratio(Assigned({"live": 9_040, "canary": 960}, SHARES)).p == 1.0
    assert sample_ratio(Assigned({}, SHARES)).p == 1.0


@given(st.integers(0, 5_000), st.integers(0, 5_000), st.floats(0.1, 10.0))
def test_shares_count_relative_to_each_other(live: int, canary: int, scale: float) -> None:
    counts = {"live": live, "canary": canary}
    scaled = {lane: share * scale for lane, share in SHARES.items()}
    plain = sample_ratio(Assigned(counts, SHARES))
    assert 0.0 <= plain.p <= 1.0
    assert sample_ratio(Assigned(counts, scaled)).p == pytest.approx(plain.p)


def test_a_sound_assignment_is_rarely_called_broken_at_any_time() -> None:
    random, low = np.random.default_rng(5), 0
    for _ in range(500):
        canary = np.cumsum(random.random(3_000) < 0.1)[::50]
        total = np.arange(1, 3_001)[::50]
        low += any(
            sample_ratio(Assigned({"live": int(n - k), "canary": int(k)}, SHARES)).p < 0.05
            for n, k in zip(total, canary, strict=True)
        )
    assert low / 500 <= 0.05


@pytest.mark.parametrize(
    ("counts", "shares"),
    [({"shadow": 1}, SHARES), ({}, {}), ({"live": 1}, {"live": 0.0}), ({"live": -1}, {"live": 1.0})],
)
def test_a_plan_that_cannot_be_is_refused(counts: dict[str, int], shares: dict[str, float]) -> None:
    with pytest.raises(DesignError, match="positive share"):
        sample_ratio(Assigned(counts, shares))
