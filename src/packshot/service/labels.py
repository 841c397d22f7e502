"""What the guarantee in force says about a photo, and what is kept so that the next one can be chosen."""

from __future__ import annotations

import math
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from packshot.ledger.database import Ledger
from packshot.ledger.missing import insert_missing
from packshot.ledger.rollout_tables import GuaranteeRow, Label, SamplingRow
from packshot.ledger.tables import Item, Review, State, TrailRow
from packshot.recipe import Recipe
from packshot.rollout.conformal import Guarantee, Kind
from packshot.rollout.labelling import Part, Sampling
from packshot.rollout.risk import ModelError, RiskModel, TrailError, figures, fit
from packshot.service.context import Context
from packshot.service.lanes import Turn
from packshot.service.settings import Settings
from packshot.service.treating import Lived
from packshot.verdict import Verdict

USED = 5_000
"""The newest so many answers are used: with them comes what photos look like lately."""

_NAME = "labels"
_UNLEARNT = fit(())
_MOST = 32
_AT_ONCE = 500

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class InForce:
    """A guarantee that photos are decided under, and the model that gives their risk."""

    id: str
    guarantee: Guarantee
    model: RiskModel


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a guarantee says about one photo.

    Attributes:
        recipe: digest of the recipe whose lane it came in. What a job's own options change of it belongs to
            the mix of photos that the labels are drawn from.
        guarantee: the one in force; None for none, so that a person looks at every photo.
        photo: digest of its bytes.
        part: what its label is for.
        figures: what its risk is told from; None for a photo that needs no label.
        risk: 0..1; None for a photo that the recipe itself does not publish, or whose risk cannot be told.
        chance: with which a person was to be asked.
        asked: whether a person is.
        reason: why a person is to look at a photo that passes; None where the recipe's verdict stands.
    """

    recipe: str
    guarantee: str | None
    photo: str
    part: Part
    figures: Mapping[str, float] | None
    risk: float | None
    chance: float
    asked: bool
    reason: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """A photo that a person was asked about, and whether it was bad; ``silent`` says that nobody answered."""

    row: Label
    figures: Mapping[str, float]
    bad: bool
    silent: bool


@dataclass(frozen=True, slots=True)
class Answers:
    """What people said of photos that came in a time.

    Attributes:
        found: the oldest first.
        since: the photos came after it, seconds since 1970; minus infinity for all.
        names: of the figures that each of them has, sorted.
        unreadable: older ones that are left out, because their figures are others or none.
    """

    found: Sequence[Answer]
    since: float
    names: tuple[str, ...]
    unreadable: int


def rule(context: Context, item: Item, row: TrailRow, lived: Lived, turn: Turn) -> Ruling | None:
    """What the guarantee of its lane says about a photo that was just treated; None without a target."""
    target = context.settings.at_most_bad
    if target is None:
        return None
    recipe = turn.fallback if lived.fell_back and turn.fallback is not None else turn.recipe
    digest, photo = recipe.digest(), lived.treated.trail.digest
    with context.ledger.reading() as session:
        force = in_force(session, context.settings, digest)
        kept = session.get(SamplingRow, _NAME)
    sampling = Sampling(kept.salt) if kept is not None else sampling_of(context.ledger)
    model = force.model if force is not None else _UNLEARNT
    threshold = force.guarantee.threshold if force is not None else None
    told, risk, reason = None, None, None
    if lived.treated.trail.verdict is Verdict.PUBLISH:
        try:
            told = figures(
                row.body, edge_fidelity=lived.edges, conservative=_is_conservative(recipe, item.category)
            )
            risk = model.risk(told)
        except TrailError as error:
            told, reason = None, f"A person has to look at it: {error}"
    part = sampling.part(photo)
    chance = sampling.chance(part, risk, threshold)
    asked = sampling.asks(photo, chance)
    if risk is not None and asked:
        reason = _reason(risk, threshold, target)
    kept_figures = told if asked else None
    guarantee = force.id if force is not None else None
    return Ruling(digest, guarantee, photo, part, kept_figures, risk, chance, asked, reason)


def note(session: Session, item: Item, row: TrailRow, ruling: Ruling | None) -> None:
    """In the transaction that writes down a photo's trail: keep what was ruled.

    Each photo counts once: a file that is sent again tells nothing new, nor does one that was treated again.
    """
    if ruling is None or not row.first:
        return
    earlier = select(Label.item_id).where(Label.photo == ruling.photo, Label.recipe_digest == ruling.recipe)
    if session.scalar(earlier.limit(1)) is not None:
        return
    session.add(
        Label(
            item_id=item.id,
            trail_id=row.id,
            recipe_digest=ruling.recipe,
            guarantee_id=ruling.guarantee,
            photo=ruling.photo,
            part=ruling.part,
            figures=None if ruling.figures is None else dict(ruling.figures),
            risk=ruling.risk,
            chance=ruling.chance,
            asked=ruling.asked,
            created_at=row.created_at,
        )
    )


def answers(session: Session, recipe: str, until: float) -> Answers:
    """What people said of a recipe's publishable photos that came up to a time; silence means bad.

    It goes back to the first that cannot be read, or of which an earlier packshot told other figures: to
    leave out single ones would shift what the others stand for.
    """
    asked = select(Label).where(
        Label.recipe_digest == recipe, Label.asked, Label.risk.is_not(None), Label.created_at <= until
    )
    rows = session.scalars(asked.order_by(Label.created_at.desc(), Label.item_id.desc()).limit(USED)).all()
    names, since = (names_of(rows[0].figures) or ()) if rows else (), -math.inf
    sound = next((place for place, row in enumerate(rows) if names_of(row.figures) != names), len(rows))
    if sound < len(rows):
        since = rows[sound].created_at
    elif sound == USED:
        since = rows[-1].created_at
    used = [row for row in rows[:sound] if row.created_at > since]
    said = _said(session, [row.item_id for row in used])
    found = [
        Answer(row, row.figures or {}, said.get(row.item_id) != "approve", row.item_id not in said)
        for row in reversed(used)
    ]
    return Answers(found, since, names, len(rows) - sound)


def to_label(session: Session, recipe: str, threshold: float | None, limit: int) -> list[Item]:
    """Photos in review whose labels teach most: those whose risk is nearest to the threshold come first.

    Without a threshold it is those of the lowest risk, from which the first one is chosen.
    """
    order = (func.abs(Label.risk - (threshold or 0.0)), Label.created_at, Label.item_id)
    return list(session.scalars(_waiting(recipe).order_by(*order).limit(limit)))


def waiting(session: Session, recipe: str) -> int:
    """How many photos that pass wait for a person's word."""
    return session.scalar(_waiting(recipe).with_only_columns(func.count())) or 0


def _waiting(recipe: str) -> Select[Item]:
    mine = Label.recipe_digest == recipe, Label.asked, Label.risk.is_not(None)
    return select(Item).join(Label, Label.item_id == Item.id).where(*mine, Item.state == State.NEEDS_REVIEW)


def names_of(told: object) -> tuple[str, ...] | None:
    """The names of figures, sorted; None where they are no finite numbers by name."""
    if not isinstance(told, dict) or not told:
        return None
    sound = all(isinstance(one, int | float) and math.isfinite(one) for one in told.values())
    return tuple(sorted(told)) if sound else None


def _said(session: Session, items: Sequence[str]) -> dict[str, str]:
    """The first decision that stands about each item that has one."""
    said: dict[str, str] = {}
    for begin in range(0, len(items), _AT_ONCE):
        standing = select(Review.item_id, Review.action).where(
            Review.item_id.in_(items[begin : begin + _AT_ONCE]), Review.undone_at.is_(None)
        )
        for item, action in session.execute(standing.order_by(Review.created_at, Review.id)):
            said.setdefault(item, action)
    return said


_parsed: dict[str, InForce | None] = {}  # by name; rows never change, so what was read of one stays true


def in_force(session: Session, settings: Settings, recipe: str) -> InForce | None:
    """The newest guarantee of a recipe, if it is what is promised now; None has every photo reviewed."""
    newest = select(GuaranteeRow.id).where(GuaranteeRow.recipe_digest == recipe)
    name = session.scalar(newest.order_by(GuaranteeRow.at.desc(), GuaranteeRow.id.desc()).limit(1))
    if name is None:
        return None
    if name not in _parsed:
        while len(_parsed) >= _MOST:
            _parsed.pop(next(iter(_parsed)), None)
        _parsed[name] = _read(session.get_one(GuaranteeRow, name))
    found = _parsed.get(name)
    return found if found is not None and promises(found.guarantee, settings) else None


def promises(guarantee: Guarantee, settings: Settings) -> bool:
    """Whether a guarantee is the one that the settings ask for."""
    if guarantee.target != settings.at_most_bad or guarantee.kind != settings.promise:
        return False
    return guarantee.kind is Kind.EXPECTED or guarantee.confidence == settings.confidence


def guarantee_of(kept: Mapping[str, Any]) -> Guarantee:
    """A guarantee as it is kept.

    Raises:
        TypeError, ValueError, KeyError: it is something else.
    """
    return Guarantee(**{**kept, "kind": Kind(kept["kind"])})


def sampling_of(ledger: Ledger) -> Sampling:
    """How this ledger draws photos; its salt is made by whoever needs it first."""
    with ledger.transaction() as session:
        insert_missing(session, SamplingRow, name=_NAME, salt=secrets.token_hex(16))
        return Sampling(session.get_one(SamplingRow, _NAME).salt)


def _read(row: GuaranteeRow) -> InForce | None:
    """A kept guarantee; None for one that cannot be read, which publishes nothing."""
    try:
        return InForce(row.id, guarantee_of(row.guarantee), RiskModel.from_dict(row.model))
    except (ModelError, TypeError, ValueError, KeyError) as error:
        _log.warning("guarantee.unreadable", guarantee=row.id, reason=str(error))
        return None


def _is_conservative(recipe: Recipe, category: str | None) -> bool:
    return recipe.profile_of(category).mode == "conservative"


def _reason(risk: float, threshold: float | None, target: float) -> str:
    """Why a person is asked about a photo that passes."""
    share = f"{100 * target:g} %"
    if threshold is None:
        return (
            f"It passes. Too few photos are labelled yet to promise that at most {share} are bad: "
            "until then a person looks at every one."
        )
    if risk >= threshold:
        said = f"its risk of being bad, {100 * risk:.2f} %, is not below {100 * threshold:.2f} %"
        return f"It passes, but {said}, up to which at most {share} can be promised."
    return "It passes and was drawn at random for a person's word: the publishing threshold is chosen by it."
