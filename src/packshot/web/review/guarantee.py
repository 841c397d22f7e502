"""The guarantee: what is promised, what it rests on, and which photos to look at next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from packshot.service import browse, guarantee, labels
from packshot.service.selftest import NONE
from packshot.web.auth import Parts
from packshot.web.review.pages import PageRoute, page
from packshot.web.review.queue import row_of
from packshot.web.review.visitor import Viewer
from packshot.web.review.wording import UNKNOWN, percent

router = APIRouter(prefix="/guarantee", route_class=PageRoute, include_in_schema=False)

_NEXT = 12
_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Curve:
    """A figure over the refits: its name, what it says, and how its values are put in words."""

    field: str
    name: str
    about: str
    unit: str
    shown: Callable[[float | None], str]


def _fine(share: float | None) -> str:
    """A share with two decimals: risks are small."""
    return UNKNOWN if share is None else f"{100 * share:.2f} %"


def _count(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:,.0f}"


CURVES: Sequence[Curve] = (
    Curve("automation", "Automation", "of all photos need no person", "percent", percent),
    Curve("threshold", "Threshold", "of risk, below which photos are published", "percent", _fine),
    Curve("bound", "Bad photos at most", "shown by the labels", "percent", _fine),
    Curve("labels", "Labels", "that the threshold is chosen from", "labels", _count),
)


@router.get("")
def shown(request: Request, parts: Parts, who: Viewer) -> Response:
    """What is promised, what it rests on, and which photos to look at next."""
    with parts.ledger.reading() as session:
        view = guarantee.view(session, parts.settings)
        wanted = _NEXT if view["target"] is not None else 0
        items = labels.to_label(session, view["recipe"], view["threshold"], wanted)
        trails = browse.trails_of(session, items)
    history = view["history"]
    return page(
        request,
        "guarantee.html",
        who,
        view=view,
        promise=_promise(view),
        curves=CURVES,
        now=history[-1] if history and view["chosen_at"] is not None else {},
        span="day" if not history or history[-1]["at"] - history[0]["at"] < 2 * _DAY else "month",
        next=[row_of(item, trails.get(item.id)) for item in items],
        tested=_tested(view["self_test"]),
        progress=_progress(view),
    )


def _promise(view: Mapping[str, Any]) -> str:
    """What is asked for, in a sentence."""
    if view["target"] is None:
        return ""
    share = f"{100 * view['target']:g} %"
    if view["promise"] == "expected":
        return f"On average, at most {share} of all photos may be published without a person and bad."
    return (
        f"With {100 * view['confidence']:g} % confidence, at most {share} of the photos that are published "
        "without a person may be bad."
    )


def _tested(test: Mapping[str, Any] | None) -> Sequence[Mapping[str, Any]]:
    """Kinds of flaw, the worst first; photos without one last."""
    kinds = test["kinds"] if test is not None else ()
    return sorted(kinds, key=lambda one: (one["kind"] == NONE, -one["bad"], one["kind"]))


def _progress(view: Mapping[str, Any]) -> tuple[int, int] | None:
    """Labels there are, and labels that are enough; None where there is a threshold or it cannot be told."""
    if view["needed"] is None or view["labels"] is None:
        return None
    there = view["labels"]["calibration"]
    return there, there + view["needed"]
