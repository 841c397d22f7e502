"""Predicted movements: right on average, honest about what is not known."""

import numpy as np

from packshot.rollout.replay import movements
from packshot.rollout.summary import Paired, Split, Summary


def differences(values):
    return Paired(Summary.of(values))


def test_a_movement_lies_in_its_interval_and_says_that_it_moves():
    rng = np.random.default_rng(0)
    seen = {
        "pass_rate": differences(rng.choice([-1.0, 0.0, 1.0], 400, p=[0.02, 0.78, 0.2])),
        "edge_fidelity": differences(rng.normal(0, 0.02, 400)),
    }
    fidelity, passing = movements(seen)
    assert (fidelity.metric, fidelity.moves) == ("edge_fidelity", False)
    assert passing.moves
    assert passing.lower < 0.18 < passing.upper
    assert passing.lower < passing.effect < passing.upper
    assert passing.as_dict()["moves"] is True


def test_worse_is_negative_also_where_lower_is_better():
    seen = {"cpu": differences(np.log(2) + np.random.default_rng(1).normal(0, 0.1, 200))}
    (cpu,) = movements(seen)
    assert cpu.effect < -0.8
    assert cpu.upper < 0


def test_nothing_known_is_none_and_not_zero():
    (empty,) = movements({"latency": Split(Summary(), Summary())})
    assert (empty.n, empty.effect, empty.lower, empty.upper, empty.moves) == (0, None, None, None, False)


def test_intervals_rarely_miss():
    rng, missed = np.random.default_rng(2), 0
    for _ in range(200):
        (one,) = movements({"edge_fidelity": differences(np.clip(rng.normal(0.01, 0.05, 150), -1, 1))})
        missed += not one.lower <= 0.01 <= one.upper
    assert missed <= 10
