"""Changes: what is live, what is under way, what was, and beginning something."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import yaml
from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.datastructures import FormData

from packshot.errors import PackshotError, UsageError
from packshot.rollout.errors import PlanError
from packshot.rollout.plan import Plan
from packshot.rollout.progress import OPEN
from packshot.rollout.trial import Trial
from packshot.service import experiments, rollouts, switches
from packshot.web.auth import Parts
from packshot.web.problems import STATUS
from packshot.web.review import offers
from packshot.web.review.pages import PageRoute, go, page
from packshot.web.review.rollout import Admin
from packshot.web.review.rollout_view import STATUSES
from packshot.web.review.visitor import Sent, Viewer, Visitor

router = APIRouter(prefix="/rollouts", route_class=PageRoute, include_in_schema=False)

_SHOWN = 50
_TEXT = "the text"
_FIELDS = ("model", "category", "plan")


@router.get("")
def listing(request: Request, parts: Parts, who: Viewer) -> Response:
    """What is live, what is under way, what was; and beginning something."""
    return page(request, "rollouts.html", who, **_listed(parts), **_forms(parts))


@router.post("/use")
def use(request: Request, parts: Parts, who: Admin, sent: Sent) -> Response:
    """Have another model fill a role: begins a rollout of that one change."""

    def begin() -> str:
        role, _, backend = _said(sent, "model").partition(" ")
        if not backend:
            raise UsageError(detail="Choose a model first.")
        made = switches.use(parts, role, backend, _said(sent, "category") or None, who.name)
        return f"/rollouts/{made}"

    return _begun(request, parts, who, sent=sent, begin=begin, form="model")


@router.post("")
def start(request: Request, parts: Parts, who: Admin, sent: Sent) -> Response:
    """Begin what a plan says: a rollout, or an experiment."""

    def begin() -> str:
        raw = _read(_said(sent, "plan"))
        if isinstance(raw, dict) and "experiment" in raw:
            return f"/experiments/{experiments.start(parts, Trial.from_dict(raw, _TEXT), who.name)}"
        return f"/rollouts/{rollouts.apply(parts, Plan.from_dict(raw, _TEXT), who.name)}"

    return _begun(request, parts, who, sent=sent, begin=begin, form="plan")


def _said(sent: FormData, field: str) -> str:
    value = sent.get(field)
    return value.strip() if isinstance(value, str) else ""


def _read(text: str) -> Any:  # noqa: ANN401 - whatever it says
    """The YAML that somebody wrote into the page.

    Raises:
        PlanError: it is none, or has an alias, with which a few lines can stand for millions.
    """
    try:
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text)):
            raise PlanError(where=_TEXT, detail="it has an alias (*name); write it out")
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise PlanError(where=_TEXT, detail=str(error)) from error
    except ValueError as error:  # a day such as 2027-02-30
        raise PlanError(where=_TEXT, detail=f"it holds a value that cannot be: {error}") from error
    except RecursionError as error:
        raise PlanError(where=_TEXT, detail="it is nested too deeply") from error


def _begun(
    request: Request, parts: Parts, who: Visitor, *, sent: FormData, begin: Callable[[], str], form: str
) -> Response:
    """Begin something, or say beside the form why not, with what was written still there."""
    try:
        return go(request, begin())
    except PackshotError as error:
        wrong, status = str(error), STATUS.get(error.code, HTTPStatus.UNPROCESSABLE_ENTITY)
    forms = _forms(parts) | {"wrong": {form: wrong}, "written": {name: _said(sent, name) for name in _FIELDS}}
    if request.headers.get("hx-request"):
        return page(request, "rollout_begin.html", who, status=status, **forms)
    return page(request, "rollouts.html", who, status=status, **_listed(parts), **forms)


def _forms(parts: Parts) -> dict[str, Any]:
    """What the forms need: the models to choose from, and what has to end before anything can begin."""
    recipe = parts.lanes.snapshot().live
    with parts.ledger.reading() as session:
        change = rollouts.open_rollout(session)
        trials = [row for row in experiments.listing(session, _SHOWN) if row.running]
    return {
        "models": offers.backends(recipe),
        "categories": sorted(recipe.categories),
        "change": change,
        "trials": trials,
        "wrong": {},
        "written": dict.fromkeys(_FIELDS, ""),
    }


def _listed(parts: Parts) -> dict[str, Any]:
    with parts.ledger.reading() as session:
        live = switches.live_view(session)
        through = rollouts.find(session, live["rollout"]) if live["rollout"] else None
        found = [rollouts.view(row) for row in rollouts.listing(session, _SHOWN)]
        trials = [experiments.view(row) for row in experiments.listing(session, _SHOWN)]
    return {
        "live": live,
        "through": through,
        "content": yaml.safe_dump(live["content"], sort_keys=False, allow_unicode=True),
        "statuses": STATUSES,
        "running": [one for one in found if one["status"] in OPEN],
        "ended": [one for one in found if one["status"] not in OPEN],
        "experiments": trials,
    }
