"""docs/rollouts.md is true: its examples are plans, and it names every metric, key and verdict."""

import re
from pathlib import Path

import pytest
import yaml

from packshot.recipe import Recipe
from packshot.rollout.gate import Verdict
from packshot.rollout.metric import METRICS
from packshot.rollout.plan import DEFAULT_GUARDRAILS, Phase, Plan
from packshot.rollout.progress import Action
from packshot.rollout.trial import Trial
from packshot.service.recipes import merged

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "rollouts.md").read_text(encoding="utf-8")
EXAMPLES = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: next(iter(example)))
def test_examples_can_be_used_as_they_are(example):
    if "rollout" in example:
        plan = Plan.from_dict(example, "rollouts.md")
        candidates = [plan.candidate]
    else:
        candidates = list(Trial.from_dict(example, "rollouts.md").arms.values())
    for candidate in candidates:
        merged(Recipe.from_dict({}), candidate, "rollouts.md")


def test_every_key_of_a_plan_is_named():
    assert [key for key in (*Plan.model_fields, *Phase.model_fields) if f"`{key}`" not in PAGE] == []


def test_every_verdict_and_action_is_named():
    assert [verdict for verdict in Verdict if f"`{verdict.value}`" not in PAGE] == []
    by_hand = {action.value.replace("roll_back", "rollback") for action in Action} - {"start"}
    assert [action for action in by_hand if action not in PAGE] == []


def test_the_guardrails_by_default_are_those():
    told = dict(
        re.findall(r"`(\w+)` ([0-9]+(?:\.[0-9]+)?)", PAGE.split("Guardrails by default:")[1].split("\n\n")[0])
    )
    assert {name: float(margin) for name, margin in told.items()} == DEFAULT_GUARDRAILS


def test_every_metric_is_named_and_defined():
    metrics = (DOCS / "metrics.md").read_text(encoding="utf-8").split("## Of rollouts")[1]
    assert [name for name in METRICS if f"`{name}`" not in PAGE] == []
    assert [name for name in METRICS if f"`{name}`" not in metrics] == []
