"""Checks that need no truth, on some of the photos that a candidate sees before it has any products."""

from __future__ import annotations

from collections.abc import Mapping

from packshot.errors import PackshotError
from packshot.executors.invariants import Held, Invariant, check_all
from packshot.executors.treatment import Input
from packshot.ledger.tables import Item
from packshot.recipe import Recipe
from packshot.service.context import Context
from packshot.service.lanes import Change
from packshot.service.options import Options

SHARE = 0.2
"""Of the photos of a replay or a shadow; a check takes about three runs of a recipe."""

ALLOWED: Mapping[str, float] = {
    "second_pass": 0.1,
    "flip": 0.1,
    "clean_unchanged": 0.05,
    "printed_text": 0.1,
}
"""Share of photos on which each need not hold, where it does for the live recipe."""


def check(context: Context, item: Item, given: Input, change: Change) -> dict[str, bool]:
    """Whether each check that applies holds for the candidate, or fails for the live recipe as well.

    Some recipes break one on purpose: one that enlarges everything changes clean photos, too.
    """
    found = {one.name: one for one in _of(context, item, given, change.candidate)}
    if any(one.outcome is Held.FAILED for one in found.values()):
        usual = {one.name for one in _of(context, item, given, change.baseline) if one.outcome is Held.FAILED}
    else:
        usual = set()
    return {
        name: one.outcome is Held.PASSED or name in usual
        for name, one in found.items()
        if one.outcome is not Held.NOT_APPLICABLE
    }


def _of(context: Context, item: Item, given: Input, recipe: Recipe) -> tuple[Invariant, ...]:
    treatment = context.treatments.of(Options.model_validate(item.options), recipe)
    try:
        return check_all(treatment, given, context.memo)
    except PackshotError:  # its failure on this photo is counted as such
        return ()
