"""Choosing the publishing threshold from what people said, and telling what it promises."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from packshot.errors import PackshotError
from packshot.ledger import audit
from packshot.ledger.identity import new_id
from packshot.ledger.locks import Lock, hold
from packshot.ledger.rollout_tables import GuaranteeRow, Label
from packshot.rollout import conformal
from packshot.rollout.conformal import Guarantee, Kind, control
from packshot.rollout.labelling import Part, Sampling, pooled
from packshot.rollout.ladder import ladder
from packshot.rollout.risk import Example, RiskModel, fit
from packshot.service import labels, lanes, recipes, selftest
from packshot.service.context import Context
from packshot.service.labels import Answer, Answers, answers, guarantee_of, promises, sampling_of
from packshot.service.settings import Settings

STEWARD = "packshot"
"""The actor of what nobody decided."""

HOUR = 3600.0
_CURVE = 120
"""Refits that are drawn."""


class NoTargetError(PackshotError):
    """There is no target. Set PACKSHOT_AT_MOST_BAD to the highest share of bad photos, such as 0.01."""

    code = "no_target"


@dataclass(frozen=True, slots=True)
class _Period:
    """The photos that were decided under one guarantee: how many by part, its threshold, its model."""

    photos: Mapping[str, int]
    threshold: float | None
    model: RiskModel | None


@dataclass(frozen=True, slots=True)
class _Gathered:
    """All that a threshold is chosen from.

    Attributes:
        answers: people's, of photos that the recipe would publish.
        others: by part, how many photos it would not.
        periods: by guarantee; None for the time without one.
        simulated: what self-tests found, to learn from only.
        settling: photos that came too recently to count.
    """

    answers: Answers
    others: Mapping[str, int]
    periods: Mapping[str | None, _Period]
    simulated: Sequence[Example]
    settling: int


def refit(context: Context, actor: str = STEWARD) -> GuaranteeRow:
    """Choose the threshold of every lane's recipe anew; what was chosen for the live one.

    Equal labels give an equal guarantee.

    Raises:
        NoTargetError: none is set.
    """
    if context.settings.at_most_bad is None:
        raise NoTargetError
    found = context.lanes.refresh()
    tried = [found.change.candidate] if found.change is not None else []
    tried += found.trial.recipes.values() if found.trial is not None else []
    live, sampling = found.live.digest(), sampling_of(context.ledger)
    others = {recipe.digest() for recipe in tried} - {live}
    for digest in sorted(others):
        _choose(context, digest, sampling, actor)
    return _choose(context, live, sampling, actor)


def is_due(session: Session, settings: Settings, recipe: str) -> bool:
    """Whether a threshold is to be chosen: none was for long, or the settings ask for another promise."""
    row = newest(session, recipe)
    if row is None or row.at + settings.refit_hours * HOUR <= time.time():
        return True
    return not promises(guarantee_of(row.guarantee), settings)


def newest(session: Session, recipe: str) -> GuaranteeRow | None:
    """The last guarantee that was chosen for a recipe."""
    rows = select(GuaranteeRow).where(GuaranteeRow.recipe_digest == recipe)
    return session.scalars(rows.order_by(GuaranteeRow.at.desc(), GuaranteeRow.id.desc()).limit(1)).first()


def view(session: Session, settings: Settings) -> dict[str, Any]:
    """The guarantee of the live recipe as users get to see it."""
    live = lanes.live_row(session)
    recipe = recipes.kept(session, live.recipe_digest).digest()
    row = newest(session, recipe)
    given = guarantee_of(row.guarantee) if row is not None else None
    if given is not None and not promises(given, settings):
        row = given = None
    threshold = given.threshold if given is not None else None
    return {
        "target": settings.at_most_bad,
        "promise": settings.promise,
        "confidence": settings.confidence if settings.promise == "confident" else None,
        "sentence": _sentence(session, settings, given, recipe),
        "recipe": recipe,
        "live_since": live.since,
        "threshold": threshold,
        "automation": given.automation if given is not None else None,
        "bound": given.bound if given is not None else None,
        "bad": given.bad if given is not None else None,
        "labels": row.counts if row is not None else None,
        "needed": given.enough - given.labels if given is not None and given.enough is not None else None,
        "basis": row.model["basis"] if row is not None else None,
        "chosen_at": row.at if row is not None else None,
        "to_label": labels.waiting(session, recipe),
        "history": [_point(one) for one in _history(session, recipe)],
        "self_test": selftest.view(session, recipe),
    }


def _sentence(session: Session, settings: Settings, given: Guarantee | None, recipe: str) -> str:
    if settings.at_most_bad is None:
        return "No target is set: the recipe's own verdict decides what is published."
    if given is None:
        said = "No threshold was chosen for this recipe yet: until then a person looks at every photo."
    else:
        said = given.sentence
    earlier = select(Label.item_id).where(Label.recipe_digest != recipe).limit(1)
    if session.scalar(earlier) is not None:
        said += " Labels of other recipes do not count: they began anew with the one that is live now."
    return said


def _history(session: Session, recipe: str) -> Sequence[GuaranteeRow]:
    rows = select(GuaranteeRow).where(GuaranteeRow.recipe_digest == recipe)
    return session.scalars(rows.order_by(GuaranteeRow.at.desc()).limit(_CURVE)).all()[::-1]


def _point(row: GuaranteeRow) -> dict[str, Any]:
    kept = row.guarantee
    return {"at": row.at} | {
        name: kept[name] for name in ("target", "threshold", "automation", "labels", "bad", "bound")
    }


def _choose(context: Context, recipe: str, sampling: Sampling, actor: str) -> GuaranteeRow:
    with context.ledger.reading() as session:
        before = newest(session, recipe)
        gathered = _gather(session, context.settings, recipe)
    given, model, counts = _chosen(gathered, sampling, context.settings)
    with context.ledger.transaction() as session:
        hold(session, Lock.LANES, "guarantee")
        meanwhile = newest(session, recipe)
        if meanwhile is not None and (before is None or meanwhile.id != before.id):
            return meanwhile  # another process was faster
        row = GuaranteeRow(
            id=new_id("gua"),
            recipe_digest=recipe,
            guarantee=asdict(given),
            model=model.as_dict(),
            counts=counts,
            at=time.time(),
        )
        session.add(row)
        said = {"recipe": recipe, "sentence": given.sentence, "threshold": given.threshold, **counts}
        audit.record(session, actor, "guarantee.chosen", row.id, said)
    return row


def _gather(session: Session, settings: Settings, recipe: str) -> _Gathered:
    """What is known by now of a recipe's photos.

    Photos of the last ``settle_hours`` are all left out, answered or not: those that are answered at once
    are not like those that are hard to answer.
    """
    until, mine = time.time() - settings.settle_hours * HOUR, Label.recipe_digest == recipe
    found = answers(session, recipe, until)
    counted = (
        select(Label.guarantee_id, Label.part, func.count(), func.count(Label.risk))
        .where(mine, Label.created_at > found.since, Label.created_at <= until)
        .group_by(Label.guarantee_id, Label.part)
    )
    photos: dict[str | None, dict[str, int]] = {}
    others: dict[str, int] = {}
    for guarantee, part, many, publishable in session.execute(counted):
        photos.setdefault(guarantee, {})[part] = many
        others[part] = others.get(part, 0) + many - publishable
    periods = {name: _period(session, name, many) for name, many in photos.items()}
    young = select(func.count()).where(mine, Label.asked, Label.risk.is_not(None), Label.created_at > until)
    simulated = selftest.examples(session, recipe, found.names)
    return _Gathered(found, others, periods, simulated, session.scalar(young) or 0)


def _period(session: Session, guarantee: str | None, photos: Mapping[str, int]) -> _Period:
    if guarantee is None:
        return _Period(photos, None, None)
    row = session.get_one(GuaranteeRow, guarantee)
    return _Period(photos, guarantee_of(row.guarantee).threshold, RiskModel.from_dict(row.model))


def _chosen(
    gathered: _Gathered, sampling: Sampling, settings: Settings
) -> tuple[Guarantee, RiskModel, dict[str, int]]:
    assert settings.at_most_bad is not None
    fitted, calibrated = (
        [one for one in gathered.answers.found if one.row.part == part] for part in (Part.FIT, Part.CALIBRATE)
    )
    model = fit([*(Example(one.figures, one.bad) for one in fitted), *gathered.simulated])
    reference = _labels(fitted, gathered, sampling, Part.FIT, model)
    drawn = _labels(calibrated, gathered, sampling, Part.CALIBRATE, model)
    # The two differ by rounding at most.
    floor = min([_floor(gathered.periods.values(), sampling), *(label.chance for label in drawn)])
    target, confidence = settings.at_most_bad, settings.confidence
    rungs = ladder(reference, len(drawn), target, floor=floor, confidence=confidence)
    given = control(drawn, target, Kind(settings.promise), floor=floor, confidence=confidence, rungs=rungs)
    counts = {
        "calibration": len(calibrated),
        "fit": len(fitted),
        "simulated": len(gathered.simulated),
        "silent": sum(one.silent for one in gathered.answers.found),
        "settling": gathered.settling,
        "unreadable": gathered.answers.unreadable,
        "photos": sum(sum(period.photos.values()) for period in gathered.periods.values()),
    }
    return _of_people(given, len(calibrated)), model, counts


def _of_people(given: Guarantee, asked: int) -> Guarantee:
    """Its counts in labels that people gave: photos that the recipe does not publish need none."""
    if given.enough is None or not given.labels or not asked:
        return replace(given, labels=asked)
    enough = math.ceil(given.enough * asked / given.labels)
    return replace(given, labels=asked, enough=max(enough, asked + 1))


def _labels(
    found: Sequence[Answer], gathered: _Gathered, sampling: Sampling, part: Part, model: RiskModel
) -> list[conformal.Label]:
    """Answers with the risk that the new model gives, and their chance over all periods; other photos."""
    names = gathered.answers.names
    table = np.array([[one.figures[name] for name in names] for one in found], np.float64)
    table = table.reshape(len(found), len(names))
    risks = _risks(model, names, table)
    chances: list[list[tuple[int, float]]] = [[] for _ in found]
    for guarantee, period in gathered.periods.items():
        many, then = period.photos.get(part, 0), _risks(period.model, names, table)
        for one, risk, known in zip(found, then, chances, strict=True):
            if one.row.guarantee_id == guarantee:
                known.append((many, one.row.chance))
            else:
                known.append((many, sampling.chance(part, risk, period.threshold)))
    made = [
        conformal.Label(risk, one.bad, pooled(known))
        for one, risk, known in zip(found, risks, chances, strict=True)
    ]
    return made + [conformal.Label(None, bad=False)] * gathered.others.get(part, 0)


def _risks(model: RiskModel | None, names: tuple[str, ...], table: NDArray[np.float64]) -> list[float | None]:
    """What :meth:`RiskModel.risk` gives, for many photos; None where it could not tell it."""
    if model is None or set(model.weights) - set(names):
        return [None] * len(table)
    weights = np.array([model.weights.get(name, 0.0) for name in names])
    return [float(risk) for risk in expit(table @ weights + model.intercept)]


def _floor(periods: Iterable[_Period], sampling: Sampling) -> float:
    """The lowest chance that any photo had of being labelled, over all periods."""
    lowest = [
        (one.photos.get(Part.CALIBRATE, 0), 1.0 if one.threshold is None else sampling.floor)
        for one in periods
    ]
    return pooled(lowest) if any(many for many, _ in lowest) else 1.0
