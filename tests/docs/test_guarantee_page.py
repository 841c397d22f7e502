"""docs/guarantee.md is true: its figures are those of the code, and it names every setting."""

import math
import re
from pathlib import Path

import pytest

from packshot.rollout.conformal import Kind, Label, control
from packshot.rollout.labelling import Sampling
from packshot.service import labels, selftest
from packshot.service.settings import Settings

PAGE = (Path(__file__).parents[2] / "docs" / "guarantee.md").read_text(encoding="utf-8")
SETTINGS = ("at_most_bad", "promise", "confidence", "settle_hours", "refit_hours")


def given(good, bad=0, kind=Kind.CONFIDENT):
    made = [Label(0.1, number < bad) for number in range(good + bad)]
    return control(made, 0.01, kind, confidence=0.9, rungs=(1.0,))


def test_the_worked_example_comes_out():
    first = given(210)
    assert (first.threshold, first.enough) == (None, 230)
    assert f"{100 * (1 - 0.1 ** (1 / 210)):.2f} %" in PAGE
    assert given(229).threshold is None
    assert given(230).threshold == 1.0
    assert f"{math.log(0.1) / math.log(0.99):.1f}" in PAGE
    assert given(386, 1).threshold is None
    assert given(387, 1).threshold == 1.0
    assert "At 388 labels one bad one is allowed" in PAGE


@pytest.mark.parametrize("kind", Kind)
def test_the_labels_that_are_needed_are_those(kind):
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{kind.value}`"))
    needed = int(re.findall(r"\| (\d+) \|$", row)[0])
    assert given(needed, kind=kind).threshold is not None
    assert given(needed - 1, kind=kind).threshold is None


def test_the_shares_that_are_drawn_are_those():
    sampling = Sampling("salt")
    for share in (sampling.floor, sampling.edge, sampling.fit, 1 - sampling.fit):
        assert f"{100 * share:.0f} %" in PAGE


def test_every_setting_and_what_it_is_by_default_is_named():
    operations = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
    for name in SETTINGS:
        assert f"PACKSHOT_{name.upper()}" in PAGE
        default = Settings.model_fields[name].default
        row = next(line for line in operations.splitlines() if f"`PACKSHOT_{name.upper()}`" in line)
        assert f"{default:g}" in row if isinstance(default, float) else str(default or "none") in row


def test_what_is_kept_and_learnt_from_is_named():
    assert f"newest {selftest.LEARNT:,} simulated" in PAGE
    assert f"newest {labels.USED:,}" in PAGE
