"""Treating one photo in its lane. Where another recipe than the live one fails, the live one steps in."""

from __future__ import annotations

import hashlib
import time
from contextlib import nullcontext
from dataclasses import dataclass, replace

import cv2
import numpy as np
import structlog

from packshot.edges.decode import open_photo
from packshot.errors import PackshotError
from packshot.executors.manifest import Identity
from packshot.executors.side_by_side import Figures
from packshot.executors.treatment import Input, Treated, Treatment
from packshot.finding import Finding
from packshot.ledger import queue
from packshot.ledger.tables import Item
from packshot.memo import Memo
from packshot.service import figures
from packshot.service.context import Context
from packshot.service.credentials import credentialed
from packshot.service.lanes import Turn
from packshot.service.masks import decode_mask
from packshot.service.memory import Peak
from packshot.service.options import Options
from packshot.stages.inpaint import painted

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Lived:
    """What a lane made of a photo.

    Attributes:
        treated: the result that counts.
        edges: its edge fidelity.
        figures: those of the lane whose turn it was.
        fell_back: whether that lane failed, so that the live one made the result.
        seconds: of wall time, all of it.
        other: figures of the live lane where it stepped in.
    """

    treated: Treated
    edges: float | None
    figures: Figures
    fell_back: bool
    seconds: float
    other: Figures | None = None


def treat(context: Context, item: Item, given: Input, turn: Turn) -> Lived:
    """Treat a photo; a failure of a lane that is on trial harms no photo.

    Raises:
        WeightsError: weights of the live recipe are missing.
        RecipeError, UnknownNameError: its options name what does not exist.
    """
    options = Options.model_validate(item.options)
    started = time.perf_counter()
    memo = context.memo if turn.mirror is not None else None
    if turn.fallback is None:
        made = _attempt(context, context.treatments.of(options, turn.recipe), given, memo, turn)
        known = made.figures if item.begun_in is None else figures.CRASHED
        return replace(made, figures=known, seconds=time.perf_counter() - started)
    tried: Figures = figures.CRASHED
    if item.begun_in is None:  # else the worker before died of it, so that this lane is not tried again
        try:
            made = _attempt(context, context.treatments.of(options, turn.recipe), given, memo, turn)
        except (PackshotError, MemoryError) as error:
            _log.warning("lane.failed", job=item.id, lane=turn.lane, reason=str(error))
        else:
            if not figures.failed(made.treated):
                return replace(made, seconds=time.perf_counter() - started)
            tried = made.figures
    stepped_in = _attempt(context, context.treatments.of(options, turn.fallback), given, memo, turn)
    seconds = time.perf_counter() - started
    return replace(stepped_in, figures=tried, fell_back=True, seconds=seconds, other=stepped_in.figures)


def _attempt(context: Context, treatment: Treatment, given: Input, memo: Memo | None, turn: Turn) -> Lived:
    started = time.perf_counter()
    with context.memory.watch() if turn.watched else nullcontext(Peak()) as peak:
        treated = treatment.apply(given, memo)
    seconds = time.perf_counter() - started
    treated = replace(treated, files=tuple(credentialed(context.settings, treated)))
    edges = figures.edges_of(treated)
    found = figures.figures_of(treated, edges, peak.mib * 2**20 if turn.watched else None)
    return Lived(treated, edges, found, fell_back=False, seconds=seconds)


def given_of(context: Context, item: Item, data: bytes) -> Input:
    """What a recipe is given of an item; ``data`` are its photo's bytes."""
    options = Options.model_validate(item.options)
    with context.ledger.reading() as session:
        attested_by = queue.batch(session, item.batch_id).attested_by
    extra = _extra(context, options, data, item.name)
    identity = Identity(item.product, item.category, item.merchant)
    return Input(data, item.name, _target(item.name), identity, attested_by, extra)


def _extra(context: Context, options: Options, data: bytes, name: str) -> tuple[Finding, ...]:
    """What reviewers painted, as the finding that has it filled."""
    if options.paint is None:
        return ()
    mask = decode_mask(context.artefacts.get(options.paint))
    height, width = mask.shape
    photo = open_photo(data, name=name)
    if (photo.width, photo.height) != (width, height):
        resized = cv2.resize(
            mask.astype(np.uint8), (photo.width, photo.height), interpolation=cv2.INTER_NEAREST
        )
        mask = resized > 0
    return (painted(mask, options.painted_by or "somebody"),) if mask.any() else ()


def _target(name: str) -> str:
    """What the files of a photo are called: its name without the suffix of a photo, safe as a file's name."""
    stem = name.rsplit(".", 1)[0] if "." in name[1:] else name
    safe = "".join(c if c.isalnum() or c in "-_." else "-" for c in stem)[:80]
    return safe.strip(".") or hashlib.sha256(name.encode()).hexdigest()[:16]
