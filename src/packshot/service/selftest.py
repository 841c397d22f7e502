"""Known flaws on merchants' own clean photos, treated as live photos are, without any effect on them.

What comes of them teaches the risk model, and shows whether flaws are found as well as before. No publishing
threshold is ever chosen from it: merchants do not send these flaws as often.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, features
from scipy.stats import fisher_exact
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from packshot.edges.decode import open_photo
from packshot.errors import PackshotError
from packshot.executors.manifest import Identity
from packshot.executors.treatment import Input
from packshot.ledger.identity import new_id
from packshot.ledger.rollout_tables import SelfTestRow
from packshot.ledger.tables import Batch, Item, State, TrailRow
from packshot.photo import Pixels
from packshot.quality.reviewer import refused
from packshot.quality.sets import SMALLEST
from packshot.recipe import Recipe
from packshot.rollout.risk import Example, figures
from packshot.service import alerts
from packshot.service.context import Context
from packshot.service.figures import edges_of
from packshot.service.labels import names_of
from packshot.service.options import Options
from packshot.simulate import DegradationKind, OverlayKind, Truth, degrade, stamp
from packshot.simulate.stamp import generator
from packshot.stage import Geometry
from packshot.stages import STAGES
from packshot.verdict import Verdict

NONE = "none"
"""Stands for the kind of flaw of a photo that is left as it is."""

LEARNT = 2_000
"""The newest so many simulated photos are learnt from."""

_SIDE = 1000  # px; larger photos are reduced to it first, which keeps a night short
_SOUND = 4  # every so-manieth photo is left as it is
_QUALITY = 95
_CHOICE = 2_000  # newest published photos that are looked through
_NIGHTS = 60  # kept
_BEFORE = 20  # nights that one night is compared with
_DOUBT = 0.01  # risk, each night, of announcing a drop that is luck

Kind = OverlayKind | DegradationKind


@dataclass(frozen=True, slots=True)
class Source:
    """A clean photo of a merchant: its artefact, and what it was sent as."""

    digest: str
    identity: Identity
    attested_by: str | None


@dataclass(frozen=True, slots=True)
class _Case:
    """What came of one photo. ``figures`` is None where the recipe does not publish it."""

    kind: str
    found: bool
    figures: dict[str, float] | None
    bad: bool


def run(
    context: Context, photos: int = 40, seed: int = 0, proceed: Callable[[], bool] = lambda: True
) -> SelfTestRow | None:
    """Spoil, treat and judge ``photos`` clean ones; what was written down, None where it was to end.

    Nothing is written before the end, so that a killed run leaves nothing behind and is done again.

    Args:
        context: the service; its photos are read, none is changed.
        photos: how many, at least 1; fewer where there are no more clean ones.
        seed: chooses photos and flaws.
        proceed: asked before each photo, may wait; False ends the run.

    Raises:
        WeightsError: weights of the live recipe are missing.
    """
    recipe = context.lanes.snapshot().live
    with context.ledger.reading() as session:
        sources = clean_photos(session, photos, seed)
    kinds, notes = _kinds(seed)
    cases = []
    for number, source in enumerate(sources):
        if not proceed():
            return None
        kind = None if number % _SOUND == 0 else kinds[(number - number // _SOUND) % len(kinds)]
        try:
            pixels = _reduced(context.artefacts.get(source.digest))
        except PackshotError as error:
            notes.append(f"A photo was left out: {error}")
            continue
        if min(pixels.shape[:2]) >= SMALLEST:
            cases.append(_case(context, recipe, source, _spoilt(pixels, kind, seed + number)))
    if not cases:
        notes.append("No photo was published untouched yet, so nothing was tried.")
    return _written(context, recipe.digest(), cases, notes)


def clean_photos(session: Session, photos: int, seed: int) -> list[Source]:
    """Photos that were published as they came and on which nothing was found, of each merchant in turn."""
    query = (
        select(Item, TrailRow.body, Batch.attested_by)
        .join(TrailRow, TrailRow.id == Item.trail_id)
        .join(Batch, Batch.id == Item.batch_id)
        .where(Item.state == State.DONE, ~TrailRow.failed_checks, TrailRow.mask.is_(None))
        .order_by(Item.created_at.desc(), Item.id)
        .limit(_CHOICE)
    )
    by_merchant: dict[str, dict[str, Source]] = {}
    for item, body, attested_by in session.execute(query).yield_per(100):
        told = [one for one in body["findings_before"] if one["severity"] != "info"]
        if body["verdict"] == Verdict.PUBLISH and not body["changed"] and not told:
            identity = Identity(item.product, item.category, item.merchant)
            known = by_merchant.setdefault(item.merchant or "", {})
            known.setdefault(item.photo, Source(item.photo, identity, attested_by))
    rng = generator(seed, "sources")
    shuffled = []
    for _, known in sorted(by_merchant.items()):
        chosen = [known[digest] for digest in sorted(known)]
        shuffled += [(turn, chosen[place]) for turn, place in enumerate(rng.permutation(len(chosen)))]
    shuffled.sort(key=lambda pair: pair[0])
    return [source for _, source in shuffled[:photos]]


def is_due(session: Session, recipe: str, since: float) -> bool:
    """Whether no self-test of a recipe ended after ``since``, seconds since 1970."""
    row = _newest(session, recipe)
    return row is None or row.at <= since


def examples(session: Session, recipe: str, names: tuple[str, ...]) -> list[Example]:
    """What the risk model may learn from self-tests of a recipe: the newest ones.

    Args:
        session: where to read.
        recipe: its digest.
        names: of the figures that they must have, sorted; those of the newest where empty.
    """
    nights = select(SelfTestRow.examples).where(SelfTestRow.recipe_digest == recipe)
    found: list[Example] = []
    for night in session.scalars(nights.order_by(SelfTestRow.at.desc(), SelfTestRow.id)):
        for one in night:
            its = names_of(one["figures"])
            names = names or its or ()
            if its is not None and its == names:
                found.append(Example(one["figures"], one["bad"]))
    return found[:LEARNT]


def view(session: Session, recipe: str) -> dict[str, Any] | None:
    """The last self-test of a recipe as users get to see it; None without one."""
    row = _newest(session, recipe)
    return None if row is None else {"at": row.at, "note": row.note, "kinds": row.kinds}


def _newest(session: Session, recipe: str) -> SelfTestRow | None:
    rows = select(SelfTestRow).where(SelfTestRow.recipe_digest == recipe)
    return session.scalars(rows.order_by(SelfTestRow.at.desc(), SelfTestRow.id.desc()).limit(1)).first()


def _kinds(seed: int) -> tuple[list[Kind], list[str]]:
    """Flaws to put on, another one first each night; and what is left out."""
    notes = []
    kinds: list[Kind] = list(DegradationKind)
    if features.check("freetype2"):  # with it comes Pillow's own face, so that there always is a font
        kinds = [*OverlayKind, *kinds]
    else:
        notes.append("No font can be drawn: Pillow was built without FreeType, so overlays are left out.")
    start = generator(seed, "kinds").permutation(len(kinds))
    return [kinds[place] for place in start], notes


def _reduced(data: bytes) -> Pixels:
    image = Image.fromarray(open_photo(data, name="self-test").on_white())
    image.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    return np.asarray(image)


def _spoilt(pixels: Pixels, kind: Kind | None, seed: int) -> Truth:
    if kind is None:
        return Truth("self-test", pixels, pixels)
    if isinstance(kind, OverlayKind):
        stamped = stamp(pixels, kind, seed)
        return Truth("self-test", stamped.pixels, stamped.clean, stamped.alpha, overlay=kind)
    strength = float(generator(seed, "strength").uniform(0.5, 1))
    return Truth("self-test", degrade(pixels, kind, strength, seed), pixels, degradation=kind)


def _case(context: Context, recipe: Recipe, source: Source, truth: Truth) -> _Case:
    file = io.BytesIO()
    Image.fromarray(truth.pixels).save(file, "JPEG", quality=_QUALITY, subsampling=0)
    given = Input(file.getvalue(), "self-test.jpg", "self-test", source.identity, source.attested_by)
    treated = context.treatments.of(Options(), _comparable(recipe)).apply(given)
    flaw = truth.overlay or truth.degradation
    kind = NONE if flaw is None else flaw.value
    found = truth.finding in {finding.code for finding in treated.trail.findings_before}
    before, after = treated.photo, treated.trail.photo
    if treated.trail.verdict is not Verdict.PUBLISH or before is None or after is None:
        return _Case(kind, found, None, bad=False)
    size = {"size_before": [before.width, before.height]}
    told = figures(
        treated.trail.as_dict() | size,
        edge_fidelity=edges_of(treated),
        conservative=recipe.profile_of(source.identity.category).mode == "conservative",
    )
    return _Case(kind, found, told, refused(truth, before.pixels, after.pixels) is not None)


def _comparable(recipe: Recipe) -> Recipe:
    """The recipe without what moves the frame: else no pixel of a result could be held against the truth."""
    kept = [spec for spec in recipe.stages if STAGES[spec.name].geometry is not Geometry.REFRAMES]
    return recipe.model_copy(update={"stages": tuple(kept)})


def _written(context: Context, recipe: str, cases: Sequence[_Case], notes: list[str]) -> SelfTestRow:
    kinds = _counted(cases)
    learnt = [{"figures": one.figures, "bad": one.bad} for one in cases if one.figures is not None]
    with context.ledger.transaction() as session:
        nights = select(SelfTestRow).order_by(SelfTestRow.at.desc(), SelfTestRow.id.desc())
        earlier = session.scalars(nights.limit(_BEFORE)).all()
        drops = _drops(kinds, [one for row in earlier for one in row.kinds])
        if drops:
            told = {"recipe": recipe, "drops": drops}
            alerts.announce(session, context.settings, "guarantee.self_test_dropped", told)
        note = " ".join(dict.fromkeys([*notes, *drops])) or None
        row = SelfTestRow(
            id=new_id("slf"), recipe_digest=recipe, kinds=kinds, examples=learnt, note=note, at=time.time()
        )
        session.add(row)
        session.flush()
        stale = session.scalars(nights.with_only_columns(SelfTestRow.id).offset(_NIGHTS)).all()
        session.execute(delete(SelfTestRow).where(SelfTestRow.id.in_(stale)))
    return row


def _counted(cases: Sequence[_Case]) -> list[dict[str, Any]]:
    """By kind of flaw: photos, those it was found on, those that would go out, and those that go out bad."""
    counted = []
    for kind in sorted({case.kind for case in cases}):
        mine = [case for case in cases if case.kind == kind]
        published = [case for case in mine if case.figures is not None]
        counted.append(
            {
                "kind": kind,
                "photos": len(mine),
                "found": sum(case.found for case in mine),
                "published": len(published),
                "bad": sum(case.bad for case in published),
            }
        )
    return counted


def _drops(now: Sequence[Mapping[str, Any]], before: Sequence[Mapping[str, Any]]) -> list[str]:
    """What is worse than in the nights before, and hardly by luck (Fisher's exact test, by all kinds)."""
    kinds = sorted({one["kind"] for one in now} - {NONE})
    tests = [("All flaws", set(kinds)), *((kind, {kind}) for kind in kinds)]
    said = []
    for name, wanted in tests:
        photos, found, bad = _sums(now, wanted)
        earlier, then_found, then_bad = _sums(before, wanted)
        for what, few, many in (
            ("found on", (found, photos - found), (then_found, earlier - then_found)),
            ("kept from going out bad", (photos - bad, bad), (earlier - then_bad, then_bad)),
        ):
            doubt = fisher_exact(np.array([few, many]), alternative="less").pvalue
            if doubt < _DOUBT / (2 * len(tests)):
                said.append(f"{name}: {what} {few[0]} of {photos} photos, before {many[0]} of {earlier}.")
    return said


def _sums(counted: Sequence[Mapping[str, Any]], kinds: set[str]) -> tuple[int, int, int]:
    """Photos, found and bad ones of these kinds."""
    mine = [one for one in counted if one["kind"] in kinds]
    photos, found, bad = (sum(one[name] for one in mine) for name in ("photos", "found", "bad"))
    return photos, found, bad
